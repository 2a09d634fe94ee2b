"""Who may send events, how many, and nothing else under an id that was used: what the door asks before it reads."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from runtime.problems import Problem
from runtime.settings import DoorSettings
from runtime.signatures import ID_HEADER, SIGNATURE_HEADER, WINDOW, NotSigned, signer

BEARER = "bearer"
"""The sender that shows a token: nobody knows which of those who have it."""
_BURST = 2.0
"""Seconds' worth of events that may come at once."""
_REMEMBERED_FOR = 2 * WINDOW.total_seconds()
"""A timestamp may be a window ahead of us and is good until a window behind."""
_REMEMBERED = 100_000

Clock = Callable[[], float]


@dataclass(frozen=True)
class Message:
    """An admitted message: who sent it, and under which id if it was signed."""

    sender: str
    message_id: str | None = None


class Admission:
    """The door's keeper. `clock` is in seconds since 1970."""

    def __init__(self, settings: DoorSettings, clock: Clock = time.time) -> None:
        self._senders = {name: sender.keys for name, sender in settings.senders.items()}
        self._tokens = settings.tokens
        self._clock = clock
        self._rate = Rate(settings.rate, clock)

    def check_token(self, headers: Mapping[str, str]) -> None:
        """Turn away who is neither signed nor carries a token, before a body is read. Raises Problem."""
        if _is_signed(headers):
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != BEARER or not self._opens(token):
            wanted = (
                "sign the message as Standard Webhooks says" if self._senders else "send a bearer token of this door"
            )
            raise _unauthenticated(wanted)

    def admit(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Who sent it. Raises Problem: 401 for a signature that is not theirs, 429 when it was too much."""
        message = Message(BEARER)
        if _is_signed(headers):
            try:
                message = Message(*signer(headers, body, self._senders, self._clock()))
            except NotSigned as error:
                raise _unauthenticated(str(error)) from error
        wait = self._rate.take(message.sender)
        if wait > 0:
            seconds = str(math.ceil(wait))
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many",
                f"more than this door takes from one sender: come back in {seconds} s",
                headers={"Retry-After": seconds},
            )
        return message

    def _opens(self, token: str) -> bool:
        """Whether it is one of them, in a time that does not tell how much of it was right."""
        return any(hmac.compare_digest(token.encode("utf-8", "replace"), known.encode()) for known in self._tokens)


class Rate:
    """A bucket of tokens for each sender, refilled at `rate` a second."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._full = rate * _BURST
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, sender: str) -> float:
        """0 if the sender may go on, else for how many seconds it has to wait."""
        now = self._clock()
        level, since = self._buckets.get(sender, (self._full, now))
        level = min(self._full, level + max(0.0, now - since) * self._rate)
        admitted = level >= 1
        self._buckets[sender] = (level - 1 if admitted else level, now)
        return 0.0 if admitted else (1 - level) / self._rate


class Replays:
    """The ids of signed messages that were taken, for as long as their signatures are good."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._taken: OrderedDict[tuple[str, str], tuple[float, bytes, tuple[str, ...] | None]] = OrderedDict()

    def known(self, message: Message, body: bytes) -> tuple[str, ...] | None:
        """The cases that have the message already, if it was taken; None if it is new or under way.

        Raises Problem (409) if its id was used for another body.
        """
        if message.message_id is None:
            return None
        self._forget()
        key, content = (message.sender, message.message_id), _digest(body)
        _, before, cases = self._taken.setdefault(key, (self._clock(), content, None))
        if before != content:
            raise Problem(HTTPStatus.CONFLICT, "message_id_reused", f"{ID_HEADER} was used before for another body")
        return cases

    def settle(self, message: Message, cases: tuple[str, ...] | None) -> None:
        """Remember what became of it; None forgets it, so that the sender may correct it or try again."""
        if message.message_id is None:
            return
        key = (message.sender, message.message_id)
        noted = self._taken.pop(key, None)
        if noted is not None and cases is not None:
            self._taken[key] = (*noted[:2], cases)

    def _forget(self) -> None:
        oldest = self._clock() - _REMEMBERED_FOR
        while self._taken:
            at, _, _ = next(iter(self._taken.values()))
            if at > oldest and len(self._taken) < _REMEMBERED:
                return
            self._taken.popitem(last=False)


def _is_signed(headers: Mapping[str, str]) -> bool:
    return ID_HEADER in headers or SIGNATURE_HEADER in headers


def _unauthenticated(detail: str) -> Problem:
    headers = {"WWW-Authenticate": "Bearer"}
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthenticated", detail, headers=headers)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
