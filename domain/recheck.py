"""Does what was decided still stand, now that the facts were read again?"""

from __future__ import annotations

from decimal import Decimal

from domain.assessment import Assessment, Option
from domain.base import Model
from domain.money import Money

NOT_OFFERED = "no longer offered"
NOBODY = "nobody"


class Change(Model):
    """One thing that is not as it was when the decision was taken; `worse` if it voids the decision."""

    what: str
    before: str
    now: str
    worse: bool

    def __str__(self) -> str:
        return f"{self.what} was {self.before}, is {self.now}"


def compare(approved: Option, decision_amount: Money, current: Assessment) -> tuple[Change, ...]:
    """What moved since `approved` was decided for `decision_amount`.

    Worse is: the option is not offered any more, its amount or cost grew beyond the option's tolerance, a role that is
    not junior to the one before would have to approve it now, or it no longer has the item, site or service that a
    person approved. Everything else that moved is told, and voids nothing.
    """
    option = current.option(approved.code)
    if option is None:
        return (Change(what=f"option {approved.code}", before="offered", now=NOT_OFFERED, worse=True),)
    tolerance = approved.tolerance_percent
    found = (
        _money("amount", decision_amount, option.amount, tolerance),
        _money("cost", approved.cost, option.cost, tolerance),
        _authority(approved, option),
        *_codes(approved, option),
        _text("customer effect", approved.customer_effect, option.customer_effect),
    )
    return tuple(change for change in found if change is not None)


def still_stands(changes: tuple[Change, ...]) -> bool:
    """Whether a decision survives these changes."""
    return not any(change.worse for change in changes)


def _money(what: str, before: Money, now: Money, tolerance_percent: Decimal) -> Change | None:
    if before.currency != now.currency:
        return Change(what=what, before=str(before), now=str(now), worse=True)
    before, now = before.rounded(), now.rounded()
    if before == now:
        return None
    most = before.amount + abs(before.amount) * tolerance_percent / 100
    return Change(what=what, before=str(before), now=str(now), worse=now.amount > most)


def _authority(approved: Option, now: Option) -> Change | None:
    """Policy let it happen and now wants a person, or it now wants a person who is not junior to the one before."""
    before_role, now_role = _awaited(approved), _awaited(now)
    if before_role == now_role:
        return None
    worse = now_role != NOBODY and now_role not in approved.juniors
    return Change(what="approver", before=before_role, now=now_role, worse=worse)


def _codes(approved: Option, now: Option) -> tuple[Change, ...]:
    """What a person approved by name is not replaced by something else, be it cheaper."""
    if approved.automatic:
        return ()
    known = {parameter.name: parameter.value for parameter in now.parameters}
    return tuple(
        Change(what=before.name, before=before.value, now=known.get(before.name, "none"), worse=True)
        for before in approved.parameters
        if before.kind == "text" and known.get(before.name) != before.value
    )


def _awaited(option: Option) -> str:
    return NOBODY if option.automatic else option.role or NOBODY


def _text(what: str, before: str, now: str) -> Change | None:
    return None if before == now else Change(what=what, before=before, now=now, worse=False)
