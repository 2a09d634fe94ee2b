"""What is sent to people, and the two ways in which sending fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class NotDelivered(Exception):
    """It certainly did not go out: it may be sent again. The message names no person and no address."""


class MaybeDelivered(Exception):
    """It may have gone out: sending it again could be twice. The message names no person and no address."""


@dataclass(frozen=True)
class Recipient:
    """Where a letter goes. Never shown: an address is personal data."""

    address: str = field(repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Letter:
    """One message. `about` tells a program what it is about: order, task, kind, link."""

    message_id: str
    subject: str
    text: str = field(repr=False)
    to: tuple[Recipient, ...]
    about: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """A way to people: mail or webhook."""

    @property
    def name(self) -> str:
        """`EMAIL` or `WEBHOOK`, as `people.csv` writes it."""
        ...

    async def deliver(self, letter: Letter) -> None:
        """Hand the letter over. Raises NotDelivered or MaybeDelivered."""
        ...
