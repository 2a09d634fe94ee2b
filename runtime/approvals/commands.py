# ruff: noqa: PLC0415 - a command imports only what it needs: rich is not for programs
"""The commands, apart from the command line: each reads or sends, prints, and raises Refused if it could not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from domain.tasks import Action
from runtime.approvals.connection import temporal
from runtime.approvals.identity import checked_subject, roles_of
from runtime.approvals.refusals import ExitCode, Refused
from runtime.approvals.terminal_text import print_json
from runtime.settings_check import WrongSettings, load_settings

if TYPE_CHECKING:
    from domain.tasks import Receipt
    from runtime.settings import Settings


__all__ = [
    "Action",
    "Answer",
    "Audience",
    "Target",
    "answer",
    "perform",
    "roles_meant",
    "show_case",
    "show_inbox",
    "show_timeline",
]


@dataclass(frozen=True)
class Target:
    """Which question of which case is meant, and as of which revision; by default the only open one, as it is now."""

    case: str
    task_id: str | None = None
    hold_id: str | None = None
    revision: int | None = None


@dataclass(frozen=True)
class Answer:
    """What is sent about it, by whom."""

    action: Action
    actor: str | None
    option: str | None = None
    values: tuple[str, ...] = ()
    """Each as `name=value`."""
    reason_code: str | None = None
    comment: str = ""
    to: str | None = None
    role: str | None = None
    on_behalf_of: str | None = None
    documents: tuple[str, ...] = ()
    """Each as `https://...#sha256`."""


@dataclass(frozen=True)
class Audience:
    """Whose list is meant: `roles` if given, everybody's, or that of the roles which `actor` holds."""

    actor: str | None
    roles: Sequence[str] = ()
    everybody: bool = False


def perform(
    work: Callable[[Settings], Awaitable[None]], *, as_json: bool, on_interrupt: ExitCode = ExitCode.INTERRUPTED
) -> None:
    """Run one command; if it was refused, say why and exit with the code of the reason.

    A reader that leaves early (`| head`) is no error.
    """
    try:
        asyncio.run(_with_settings(work))
    except BrokenPipeError as gone:
        raise SystemExit(int(ExitCode.DONE)) from gone
    except KeyboardInterrupt as interrupt:
        raise SystemExit(int(on_interrupt)) from interrupt
    except Refused as refused:
        _say_why_not(refused, as_json=as_json)
        raise SystemExit(int(refused.code)) from refused


async def _with_settings(work: Callable[[Settings], Awaitable[None]]) -> None:
    try:
        await work(load_settings())
    except WrongSettings as wrong:
        raise Refused(ExitCode.SETTINGS, f"{wrong}.") from wrong


def _say_why_not(refused: Refused, *, as_json: bool) -> None:
    if as_json:
        # one line, also where it ends a stream of lines
        print_json(refused.document, indent=None)
        return
    from runtime.approvals.rendering import print_refusal

    print_refusal(refused)


def roles_meant(settings: Settings, audience: Audience) -> tuple[str, ...] | None:
    """The roles whose list is meant; None means everybody's."""
    if audience.everybody:
        return None
    if audience.roles:
        return tuple(audience.roles)
    return roles_of(checked_subject(audience.actor or settings.user), settings.policies)


async def show_inbox(settings: Settings, audience: Audience, limit: int, *, as_json: bool) -> None:
    """Print what awaits an answer, the earliest deadline first."""
    from runtime.approvals.inbox import read_inbox

    roles = roles_meant(settings, audience)
    now = datetime.now(UTC)
    async with temporal(settings.encryption) as client:
        inbox = await read_inbox(client, roles, limit, now)
    if as_json:
        print_json(inbox.model_dump(mode="json"))
        return
    from runtime.approvals import rendering

    rendering.print_inbox(rendering.console(), inbox, now)


def _ui(settings: Settings) -> str:
    return settings.notifications.ui_url if settings.notifications else "http://localhost:8233"


async def show_case(settings: Settings, case: str, *, full: bool, as_json: bool) -> None:
    """Print one case."""
    from runtime.approvals.case_reading import find_workflow, read_case

    async with temporal(settings.encryption) as client:
        view = await read_case(client, await find_workflow(client, case), _ui(settings))
    if as_json:
        print_json(view.model_dump(mode="json"))
        return
    from runtime.approvals import case_page, rendering

    case_page.print_case(rendering.console(), view, full=full)


async def show_timeline(settings: Settings, case: str, *, as_json: bool) -> None:
    """Print the way of one order."""
    from runtime.approvals.case_reading import find_workflow, read_state
    from runtime.approvals.timeline import timeline_of

    async with temporal(settings.encryption) as client:
        state = await read_state(client, await find_workflow(client, case))
    timeline = timeline_of(state, datetime.now(UTC))
    if as_json:
        print_json(timeline.model_dump(mode="json"))
        return
    from runtime.approvals import rendering, timeline_page

    timeline_page.print_timeline(rendering.console(), timeline)


def answer(target: Target, given: Answer, *, then_approve: bool = False, as_json: bool) -> None:
    """Send an answer and print what was recorded. `then_approve` approves the option just adjusted, as it is then."""
    perform(
        lambda settings: _answer(settings, target, given, then_approve=then_approve, as_json=as_json), as_json=as_json
    )


async def _answer(settings: Settings, target: Target, given: Answer, *, then_approve: bool, as_json: bool) -> None:
    from runtime.approvals.case_reading import find_workflow, read_state
    from runtime.approvals.sending import send_answer
    from runtime.approvals.signing import signer_for

    actor = checked_subject(given.actor or settings.user)
    async with temporal(settings.encryption) as client:
        signer = signer_for(settings, actor, client.namespace)
        case = await read_state(client, await find_workflow(client, target.case))
        receipts = [await send_answer(client, signer, case, target, given)]
        if then_approve:
            approval = Answer(
                Action.APPROVE,
                actor,
                given.option,
                reason_code=given.reason_code,
                on_behalf_of=given.on_behalf_of,
            )
            case = await read_state(client, case.ref.workflow_id)
            adjusted = Target(target.case, receipts[0].task_id, revision=receipts[0].task_revision)
            receipts.append(await send_answer(client, signer, case, adjusted, approval))
    _print_receipts(case.ref.order_id, receipts, as_json=as_json)


def _print_receipts(order_id: str, receipts: Sequence[Receipt], *, as_json: bool) -> None:
    if as_json:
        print_json({"order_id": order_id, "receipts": [receipt.model_dump(mode="json") for receipt in receipts]})
        return
    from runtime.approvals import rendering

    out = rendering.console()
    for receipt in receipts:
        rendering.print_receipt(out, order_id, receipt)
