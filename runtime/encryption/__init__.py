"""Payloads that only holders of the keys can read: the keyring, the codec, and the tools that go with them."""
