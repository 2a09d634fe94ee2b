"""The signed proof that a request carries: a compact JWS, bound to one revision of one task and to what is decided.

Because it is worth nothing anywhere else, it may stand in a history. Here is all of it but the signature itself: what
it says, what it must say, and what it means if it says something else.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.approvals.refused import Refused
from domain.base import Model, digest
from domain.calls import AuthoriseRequest
from domain.keys import decoded
from domain.money import Money
from domain.stake import DECIDING
from domain.tasks import Action, Refusal, TaskRequest

ALGORITHM = "EdDSA"
TYPE = "hold-decision+jwt"
ISSUER = "holdfast-approver"
LARGEST = 16 * 1024
"""Characters of a credential."""
LONGEST_LIFE = timedelta(minutes=10)
SKEW = timedelta(seconds=30)
"""How far the approver's clock may be from the case's."""
_PARTS = 3
_CLAIMED_BY_NAME = {
    "task_id",
    "task_revision",
    "action",
    "actor",
    "option",
    "reason_code",
    "on_behalf_of",
    "credential",
}
Text = Field(max_length=512)


class Header(BaseModel):
    """The head of the JWS. Nothing else may stand in it, least of all a key or an address of one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    alg: Literal["EdDSA"]
    typ: Literal["hold-decision+jwt"]
    kid: str = Field(min_length=1, max_length=128)


class Binding(Model):
    """What a proof is good for."""

    namespace: str
    workflow_id: str
    task_id: str
    task_rev: int
    action: Action
    option: str | None
    """The choice it comes to, also where the request names none; None where nothing is decided."""
    adjustment_digest: str
    """Over everything in the request that has no claim of its own: adjusted values, comment, and the like."""
    amount: str
    currency: str
    reason: str | None
    on_behalf_of: str | None

    @classmethod
    def of(cls, request: TaskRequest, namespace: str, workflow_id: str, option: str | None, amount: Money) -> Binding:
        """What the proof of this request must say. `option` and `amount` are what it comes to."""
        return cls(
            namespace=namespace,
            workflow_id=workflow_id,
            task_id=request.task_id,
            task_rev=request.task_revision,
            action=request.action,
            option=option if request.action in DECIDING else None,
            adjustment_digest=digest(request.model_dump(mode="json", exclude=_CLAIMED_BY_NAME)),
            amount=str(amount.amount),
            currency=amount.currency,
            reason=request.reason_code,
            on_behalf_of=request.on_behalf_of,
        )


class Claims(BaseModel):
    """What the JWS says. Times are seconds since 1970."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    iss: str = Text
    sub: str = Text
    aud: str = Text
    iat: int = Field(strict=True, ge=0, lt=2**40)
    exp: int = Field(strict=True, ge=0, lt=2**40)
    jti: str = Field(min_length=8, max_length=128)
    namespace: str = Text
    workflow_id: str = Field(max_length=2048)
    task_id: str = Text
    task_rev: int = Field(strict=True)
    action: Action
    option: str | None = Text
    adjustment_digest: str = Text
    amount: str = Text
    currency: str = Text
    reason: str | None = Text
    on_behalf_of: str | None = Text


def unauthenticated(message: str) -> Refused:
    """Whoever it is, it is not proven."""
    return Refused(Refusal.UNAUTHENTICATED, message)


def header_of(credential: str | None) -> Header:
    """The head of a credential, not verified. Raises Refused: INVALID for its size, UNAUTHENTICATED for its form."""
    if not credential:
        raise unauthenticated("the request carries no signed proof of who sends it")
    if len(credential) > LARGEST:
        raise Refused(Refusal.INVALID, f"the signed proof has {len(credential)} characters; {LARGEST} are allowed")
    parts = credential.split(".")
    if len(parts) != _PARTS or not all(parts):
        raise unauthenticated("the signed proof is no compact JWS of three parts")
    try:
        return Header.model_validate_json(decoded(parts[0]))
    except (ValidationError, ValueError, binascii.Error):
        raise unauthenticated(f"the head of the proof must be alg {ALGORITHM}, typ {TYPE} and a kid") from None


def claims_of(payload: bytes) -> Claims:
    """What a verified payload says. Raises Refused."""
    try:
        return Claims.model_validate_json(payload)
    except ValidationError as error:
        names = ", ".join(sorted({str(found["loc"][0]) for found in error.errors() if found["loc"]}))
        raise unauthenticated(f"the claims of the proof are not those of a decision: {names or 'no object'}") from None


def check_time(claims: Claims, now: datetime) -> None:
    """Refuse a proof that is too old, too long-lived, or of a clock that is wrong. Raises Refused."""
    moment, skew = now.timestamp(), SKEW.total_seconds()
    if claims.exp - claims.iat > LONGEST_LIFE.total_seconds() or claims.exp <= claims.iat:
        raise unauthenticated(f"a proof may be valid for {LONGEST_LIFE.total_seconds():.0f} s at most")
    if claims.iat > moment + skew:
        ahead = f"the approver's clock is {claims.iat - moment:.0f} s ahead of the case's"
        raise unauthenticated(f"{ahead}; {skew:.0f} s are allowed: set it right")
    if moment > claims.exp + skew:
        age = f"the proof expired {moment - claims.exp:.0f} s ago: by the approver's clock it was signed "
        advice = "send it again; if that does not help, the clock is behind: set it right"
        raise unauthenticated(f"{age}{moment - claims.iat:.0f} s ago, and {skew:.0f} s are allowed: {advice}")


def check_binding(claims: Claims, asked: AuthoriseRequest, namespace: str) -> None:
    """Refuse a proof that is not for this request. Raises Refused: STALE if what it was signed for has changed since,
    UNAUTHENTICATED if it belongs elsewhere or the request is not what was signed.
    """
    request = asked.request
    if claims.sub != request.actor:
        raise unauthenticated("the proof was signed for somebody else than the request says")
    stake = asked.stake or asked.amount
    wanted = Binding.of(request, namespace, asked.case.workflow_id, asked.option, stake)
    differing = list(_differing(claims, wanted))
    for name in differing:
        if name in ("namespace", "workflow_id", "task_id"):
            raise unauthenticated(f"the proof was signed for another {name}: {getattr(claims, name)!a}")
        if name not in ("task_rev", "option", "amount", "currency"):
            raise unauthenticated(f"the request is not what was signed: {name} differs")
    if request.option is not None and "option" in differing:
        raise unauthenticated("the request is not what was signed: option differs")
    if "task_rev" in differing:
        raise _moved(f"the proof was signed for revision {claims.task_rev}, the request says {request.task_revision}")
    if request.action in DECIDING and differing:
        signed = f"{claims.option or '-'} for {claims.amount} {claims.currency}"
        raise _moved(f"{signed} was signed, and now it is {wanted.option or '-'} for {stake}")


def _moved(message: str) -> Refused:
    return Refused(Refusal.STALE, f"{message}: look at it again")


def _differing(claims: Claims, wanted: Binding) -> Iterator[str]:
    for name in Binding.model_fields:
        if name == "amount":
            same = _amount(claims.amount) == Decimal(wanted.amount)
        else:
            same = getattr(claims, name) == getattr(wanted, name)
        if not same:
            yield name


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
