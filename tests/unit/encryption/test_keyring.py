from __future__ import annotations

import base64

import pytest

from runtime.encryption.keyring import Keyring, WrongKeys, new_key


def test_the_first_key_encrypts_and_all_are_known() -> None:
    keyring = Keyring.parse(f"{new_key('2026-12')}\n{new_key('2026-11')}\n")
    assert keyring.first == "2026-12"
    assert list(keyring.keys) == ["2026-12", "2026-11"]
    assert list(keyring.without("2026-12").keys) == ["2026-11"]


def test_two_new_keys_are_not_the_same() -> None:
    assert new_key("a") != new_key("a")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no key"),
        ("just-a-secret-without-an-id", "key number 1"),
        (":c2VjcmV0", "key number 1"),
        ("bad/id:c2VjcmV0", "key number 1"),
        ("a:###secret###", "key a is not"),
        ("a:\u00e4\u00f6", "key a is not"),
        ("a:" + base64.b64encode(b"sixteen bytes...").decode(), "16 bytes instead of 32"),
        (f"{new_key('a')} {new_key('a')}", "twice"),
    ],
    ids=["nothing", "no-id", "empty-id", "bad-id", "no-base64", "no-ascii", "too-short", "twice"],
)
def test_keys_that_cannot_be_used_are_named_without_their_secret(text: str, why: str) -> None:
    with pytest.raises(WrongKeys, match=why) as wrong:
        Keyring.parse(text)
    secrets = [word.partition(":")[2] for word in text.split()]
    assert not [secret for secret in secrets if secret and secret in str(wrong.value)]


def test_no_secret_is_shown_when_a_keyring_is() -> None:
    key = new_key("a")
    assert key.partition(":")[2] not in repr(Keyring.parse(key))


@pytest.mark.parametrize("key_id", ["", "a b", "\u00e4", "x" * 33, "-a"])
def test_an_id_that_would_not_fit_beside_a_payload_makes_no_key(key_id: str) -> None:
    with pytest.raises(WrongKeys):
        new_key(key_id)
