"""What the customer was asked about an order, and what was answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from domain.base import Model


class ConsentState(StrEnum):
    """Where a question stands in the CRM. What was answered stays answered, also if the question is withdrawn later."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class CustomerAnswer(Model):
    """One question to the customer that was not withdrawn.

    `question` is the code of its wording, `about` tells apart questions of the same wording about different things,
    such as other dates. `choice` is None as long as nobody answered; `answer_by` is when it is too late to.
    """

    question: str
    about: str = ""
    choice: str | None = None
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None = None


class CustomerAnswers(Model):
    """Everything that was asked about one order, the newest last."""

    answers: tuple[CustomerAnswer, ...] = ()
    version: str = "0"
