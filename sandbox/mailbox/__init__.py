"""Where the sandbox's messages end up: a mail server that keeps what it is given, and a receiver of webhooks."""
