"""What a task remembers of the people who acted on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from domain.base import Model, StrictModel
from domain.money import Money

COMMENT_BYTES = 2048


class Level(Model):
    """One step of a chain of approvals: `quorum` different people in `role`, or in a role senior to it.

    `limit` is the role's own by the authority table; None is no limit. Whoever fills the last level must have a limit
    that covers the whole amount; below it, the level's own limit is enough.
    """

    role: str
    quorum: int = Field(default=1, ge=1)
    limit: Money | None = None


class Evidence(Model):
    """By what a person was recognised: the key, the proof (its SHA-256), the digest of the key set of that moment."""

    kid: str
    proof: str
    key_set: str


class Approval(Model):
    """One person's yes to an option, as a part of a chain. `stands_for` is the role of the level that it fills."""

    subject: str
    on_behalf_of: str | None = None
    role: str
    stands_for: str
    option: str
    at: datetime
    digest: str
    reason_code: str | None = None
    comment: str = ""
    evidence: Evidence | None = None

    @property
    def persons(self) -> tuple[str, ...]:
        """Whoever has had a part in it: neither can have another in the same chain."""
        return (self.subject,) if self.on_behalf_of is None else (self.subject, self.on_behalf_of)


class HandOver(Model):
    """A claim that went from one person to another. `givers` are the one who gave it and whoever he acted for."""

    at: datetime
    givers: tuple[str, ...]
    taker: str


class Rest(Model):
    """The business time that was left until each instant when the clock was stopped; nothing for what had passed."""

    acknowledge: timedelta
    reminders: tuple[timedelta, ...]
    escalations: tuple[timedelta, ...]
    expiry: timedelta


class Enquiry(Model):
    """A request for information. The clock stands still until it is answered or `until` has come."""

    asked_at: datetime
    asked_by: str
    of: str | None
    """The person asked besides whoever entered the order."""
    text: str
    until: AwareDatetime
    ended_at: datetime | None = None
    answered_by: str | None = None
    answer: str = ""


class Attachment(StrictModel):
    """A document elsewhere: an https link, and the SHA-256 of what it led to when it was attached."""

    link: Annotated[str, StringConstraints(pattern=r"^https://[^\s<>\"\\]+$", max_length=500)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
