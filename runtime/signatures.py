"""Signatures of Standard Webhooks: who sent a body, that nobody changed it, and that it is not an old one.

A sender sends `webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature`: `v1,` and the base64 of
the HMAC-SHA256 of `id.timestamp.body`; several signatures are separated by spaces. https://www.standardwebhooks.com
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
WINDOW = timedelta(minutes=5)
"""How far a timestamp may be from our clock, either way."""
_PREFIX = "whsec_"
_SHORTEST_KEY, _LONGEST_KEY = 24, 64
_MOST_SIGNATURES = 8
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class NotSigned(Exception):
    """The message is not from who it should be, or not from now. The text says what the sender can do about it."""


def signing_key(written: str) -> bytes:
    """The key of a secret as it is written: `whsec_` and base64. Raises ValueError, which repeats nothing of it."""
    if not written.startswith(_PREFIX):
        raise ValueError(f"a signing secret begins with {_PREFIX}")
    try:
        key = base64.b64decode(written.removeprefix(_PREFIX).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError(f"a signing secret is {_PREFIX} and base64") from None
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise ValueError(f"a signing secret has {_SHORTEST_KEY} to {_LONGEST_KEY} bytes, before base64")
    return key


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """The signature of one message."""
    signed = b".".join((message_id.encode("latin-1"), timestamp.encode("latin-1"), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signer(
    headers: Mapping[str, str], body: bytes, senders: Mapping[str, Sequence[bytes]], now: float
) -> tuple[str, str]:
    """Who sent the message, and its id. `now` is in seconds since 1970. Raises NotSigned."""
    message_id, timestamp = headers.get(ID_HEADER, ""), headers.get(TIMESTAMP_HEADER, "")
    if not _MESSAGE_ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        raise NotSigned(f"send {ID_HEADER}, {TIMESTAMP_HEADER} and {SIGNATURE_HEADER}")
    if abs(now - int(timestamp)) > WINDOW.total_seconds():
        raise NotSigned(
            f"{TIMESTAMP_HEADER} is more than {WINDOW.total_seconds():g} s from now: set your clock, sign anew"
        )
    sent = [each.encode("latin-1", "replace") for each in headers.get(SIGNATURE_HEADER, "").split(" ")]
    for name, keys in senders.items():
        for key in keys:
            ours = signature(key, message_id, timestamp, body).encode()
            if any(hmac.compare_digest(ours, theirs) for theirs in sent[:_MOST_SIGNATURES]):
                return name, message_id
    raise NotSigned("the signature is of no secret of this door")
