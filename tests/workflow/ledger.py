"""What must be true of an order's ledger, whatever has happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from domain.assessment import Disposition, Option
from domain.calls import ReleaseResolution
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.order import OrderStatus
from tests.workflow.company import Book, Effect, Ended
from tests.workflow.play import Said
from tests.workflow.rules import PEOPLE, SILENCE, TOLERANCE, owner

SLACK = 1 + TOLERANCE / 100
SETTLES_NOTHING = {"credit.create_link", "crm.ask_customer"}


def found_wrong(book: Book, said: list[Said]) -> list[str]:
    """Everything that is wrong in the ledger of an order whose case has closed."""
    wrong = [text for released in book.released for text in _release(released, said)]
    wrong += [text for cancelled in book.cancelled for text in _cancellation(cancelled, said)]
    return [*wrong, *_left_behind(book), *_told(book), *_end(book)]


def _release(released: Ended, said: list[Said]) -> Iterator[str]:
    yield from _ended(released)
    for resolution in released.resolutions:
        option, kind = _resolved(released, resolution)
        if option is None or kind is None:
            yield f"{resolution.hold_id} resolved by {resolution.resolution}, which is not offered"
            continue
        yield from _decided(resolution, option, kind, said)
        yield from _carried_out(resolution, option, released.standing)


def _cancellation(cancelled: Ended, said: list[Said]) -> Iterator[str]:
    """One decision ended the order. Its plan is in effect, and nothing that was meant for another hold."""
    yield from _ended(cancelled)
    for resolution in cancelled.resolutions:
        if resolution.hold_id.endswith("!") and resolution.decided_by.startswith("system:"):
            yield f"{resolution.hold_id} ended by {resolution.decided_by}: a HARD hold"
    objections = [list(_ends_it(cancelled, resolution, said)) for resolution in cancelled.resolutions]
    if all(objections):
        yield f"no decision ends the order: {objections}"


def _ends_it(cancelled: Ended, resolution: ReleaseResolution, said: list[Said]) -> Iterator[str]:
    """What speaks against this hold's decision having ended the order. The others' resolutions merely repeat it."""
    option, kind = _resolved(cancelled, resolution)
    if option is None or kind is None or option.disposition is not Disposition.CANCEL_ORDER:
        yield f"{resolution.hold_id} {resolution.resolution} ends no order"
        return
    yield from _decided(resolution, option, kind, said)
    yield from _carried_out(resolution, option, cancelled.standing)
    for effect in cancelled.standing:
        if effect.hold_id != resolution.hold_id:
            yield f"{effect.activity} for {effect.hold_id} was left behind"


def _ended(ended: Ended) -> Iterator[str]:
    if ended.status.is_dead:
        yield f"ended although it was {ended.status}"
    if not ended.held:
        yield "ended although nothing held it"
    resolved = [resolution.hold_id for resolution in ended.resolutions]
    if sorted(resolved) != sorted(ended.held):
        yield f"held by {ended.held}, resolved {resolved}"


def _resolved(ended: Ended, resolution: ReleaseResolution) -> tuple[Option | None, ExceptionType | None]:
    """What the resolution says was done, as the rules have it on the facts of that moment."""
    assessment = ended.judged.get(resolution.hold_id)
    if assessment is None:
        return None, None
    return assessment.option(resolution.resolution), assessment.exception_type


def _decided(resolution: ReleaseResolution, option: Option, kind: ExceptionType, said: list[Said]) -> Iterator[str]:
    """Who decided might, and what was decided is not worse by now than what that decision rested on."""
    what = f"{resolution.hold_id} {resolution.resolution} ({option.amount}) by {resolution.decided_by}"
    hard = resolution.hold_id.endswith("!")
    if hard and resolution.decided_by.startswith("system:"):
        yield f"{what}: a HARD hold"
    if resolution.decided_by == "system:policy":
        if not option.automatic:
            yield f"{what}: policy would ask"
    elif resolution.decided_by == "system:sla":
        if resolution.resolution != SILENCE.option or not _within(option, SILENCE.max_amount):
            yield f"{what}: silence may not"
    else:
        yield from _decided_by_person(what, resolution, option, kind, said)


def _decided_by_person(
    what: str, resolution: ReleaseResolution, option: Option, kind: ExceptionType, said: list[Said]
) -> Iterator[str]:
    if resolution.role not in PEOPLE[resolution.decided_by]:
        yield f"{what}: has not the role {resolution.role}"
    if resolution.role not in (owner(kind, option.amount.amount), "controller"):
        yield f"{what}: {resolution.role} may not decide that"
    shown = [
        one.amount
        for one in said
        if (one.hold_id, one.option) == (resolution.hold_id, resolution.resolution)
        and one.request.actor == resolution.decided_by
    ]
    if option.amount.amount > max(shown, default=Decimal(0)) * SLACK:
        yield f"{what}: was only shown {shown}"


def _within(option: Option, most: Money | None) -> bool:
    return most is not None and option.amount.amount <= most.amount * SLACK


def _carried_out(resolution: ReleaseResolution, option: Option, standing: tuple[Effect, ...]) -> Iterator[str]:
    """Exactly the plan of the option, as the facts of the release have it, and no other plan of the same hold."""
    done = [_as_told(effect.activity, effect.arguments) for effect in standing if effect.hold_id == resolution.hold_id]
    done = [effect for effect in done if effect[0] not in SETTLES_NOTHING]
    planned = [_as_told(step.activity, step.arguments) for step in option.plan.steps]
    if sorted(done, key=str) != sorted(planned, key=str):
        yield f"{resolution.hold_id} {resolution.resolution}: planned {planned}, in effect {done}"


def _as_told(activity: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return activity, {name: value for name, value in arguments.items() if name != "days"}


def _left_behind(book: Book) -> Iterator[str]:
    ended = [*book.released, *book.cancelled]
    resolved = {resolution.hold_id for one in ended for resolution in one.resolutions}
    for effect in book.standing:
        if effect.hold_id not in resolved:
            yield f"{effect.activity} for {effect.hold_id} was left behind"


def _told(book: Book) -> Iterator[str]:
    """One message each release or cancellation of ours, and a paragraph each hold that it settled. What was held again
    before the message could go is told with the next.
    """
    notices = list(book.told.values())
    covered = [notice for notice in notices if notice.outcome != "RELEASED"]
    if len(covered) != len(book.cancelled):
        yield f"cancelled {len(book.cancelled)} times, told {[notice.outcome for notice in notices]}"
    if len(notices) > len(book.released) + len(book.cancelled):
        yield f"{len(book.released)} releases, told {[notice.outcome for notice in notices]}"
    released = {resolution.hold_id for one in book.released for resolution in one.resolutions}
    about = [message.values["hold"] for notice in notices for message in notice.messages]
    untold = released - set(about)
    if untold and (book.released and not _superseded(book)):
        yield f"released {sorted(released)}, told about {sorted(about)}"
    for notice in covered:
        if len({message.values["hold"] for message in notice.messages} - released) > 1:
            yield f"the order ended by one decision, its customer was told {notice.messages}"


def _superseded(book: Book) -> bool:
    """Whether others ended the order before its customer could hear of the release."""
    return book.status.is_dead and not book.cancelled


def _end(book: Book) -> Iterator[str]:
    if book.status is OrderStatus.ON_HOLD and book.holds:
        yield f"the case closed while {list(book.holds)} are on"
