"""What must be true of an order's ledger, whatever has happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from domain.assessment import Option
from domain.calls import ReleaseResolution
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.order import OrderStatus
from tests.workflow.company import Book, Effect, Released
from tests.workflow.play import Said
from tests.workflow.rules import PEOPLE, SILENCE, TOLERANCE, owner

SLACK = 1 + TOLERANCE / 100
SETTLES_NOTHING = {"credit.create_link"}


def found_wrong(book: Book, said: list[Said]) -> list[str]:
    """Everything that is wrong in the ledger of an order whose case has closed."""
    wrong = [text for released in book.released for text in _release(released, said)]
    return [*wrong, *_left_behind(book), *_told(book), *_end(book)]


def _release(released: Released, said: list[Said]) -> Iterator[str]:
    if released.status.is_dead:
        yield f"released although it was {released.status}"
    if not released.held:
        yield "released although nothing held it"
    resolved = [resolution.hold_id for resolution in released.resolutions]
    if sorted(resolved) != sorted(released.held):
        yield f"held by {released.held}, resolved {resolved}"
    for resolution in released.resolutions:
        assessment = released.judged.get(resolution.hold_id)
        option = assessment.option(resolution.resolution) if assessment else None
        if assessment is None or option is None:
            yield f"{resolution.hold_id} resolved by {resolution.resolution}, which is not offered"
            continue
        yield from _decided(resolution, option, assessment.exception_type, said)
        yield from _carried_out(resolution, option, released.standing)


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
    resolved = {resolution.hold_id for released in book.released for resolution in released.resolutions}
    for effect in book.standing:
        if effect.hold_id not in resolved:
            yield f"{effect.activity} for {effect.hold_id} was left behind"


def _told(book: Book) -> Iterator[str]:
    """One message each release or cancellation of ours, and a paragraph each hold."""
    outcomes = [notice.outcome for notice in book.told.values()]
    if outcomes.count("RELEASED") != len(book.released):
        yield f"{len(book.released)} releases, told {outcomes}"
    if outcomes.count("ORDER_CANCELLED") != book.cancelled_by_us:
        yield f"cancelled {book.cancelled_by_us} times, told {outcomes}"
    releases = [notice for notice in book.told.values() if notice.outcome == "RELEASED"]
    for notice, released in zip(releases, book.released, strict=False):
        about = sorted(message.values["hold"] for message in notice.messages)
        if about != sorted(resolution.hold_id for resolution in released.resolutions):
            yield f"resolved {released.resolutions}, told about {about}"


def _end(book: Book) -> Iterator[str]:
    if book.status is OrderStatus.ON_HOLD and book.holds:
        yield f"the case closed while {list(book.holds)} are on"
