# ruff: noqa: PLC0415 - a command imports only what it needs: rich is not for programs
"""Many decisions at once: over a list that was frozen before, each of them on its own, with an answer for each."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import AwareDatetime, Field, ValidationError

from domain.base import Model, StrictModel, digest
from domain.money import Money
from domain.tasks import Action, Receipt
from runtime.approvals.case_reading import read_state
from runtime.approvals.commands import Answer, Audience, Target, roles_meant
from runtime.approvals.connection import temporal
from runtime.approvals.identity import checked_subject
from runtime.approvals.inbox import read_inbox
from runtime.approvals.refusals import ExitCode, Refused
from runtime.approvals.sending import send_answer
from runtime.approvals.signing import Signer, signer_for
from runtime.approvals.terminal_text import print_json

if TYPE_CHECKING:
    from temporalio.client import Client

    from domain.case import Case
    from runtime.settings import Settings

T = TypeVar("T")

MOST = 200
"""Questions on one list."""
_AT_ONCE = 8


class Item(StrictModel):
    """One question as it was when the list was frozen."""

    workflow_id: str
    order_id: str
    task_id: str
    task_revision: int
    option: str
    amount: Money


class FrozenList(StrictModel):
    """What is decided: nothing that comes or changes later."""

    frozen_at: AwareDatetime
    items: tuple[Item, ...] = Field(max_length=MOST)

    @property
    def digest(self) -> str:
        """What names the list."""
        return digest(self.model_dump(mode="json"))


class ItemAnswer(Model):
    """What became of one item: a receipt, or a refusal."""

    order_id: str
    task_id: str
    receipt: Receipt | None = None
    refusal: str | None = None
    message: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which of the questions are meant; None for any."""

    exception_type: str | None
    option: str | None


async def freeze(settings: Settings, file: Path, audience: Audience, wanted: Wanted, *, as_json: bool) -> None:
    """Write the list of what awaits these people now. Refused (INVALID) if it is longer than is allowed."""
    roles = roles_meant(settings, audience)
    now = datetime.now(UTC)
    async with temporal(settings.encryption) as client:
        rows = (await read_inbox(client, roles, 10 * MOST, now)).rows
        meant = [row for row in rows if wanted.exception_type in (None, *row.exception_types)]
        cases = await _side_by_side([_read(client, row.workflow_id) for row in meant])
    unread = [row.order_id for row, case in zip(meant, cases, strict=True) if case is None]
    items = [item for case in cases if case is not None for item in _items(case, roles, wanted)]
    if len(items) > MOST:
        message = f"{len(items)} questions are meant, and a list has at most {MOST}: narrow it with --type or --option."
        raise Refused(ExitCode.INVALID, message)
    frozen = FrozenList(frozen_at=now, items=tuple(items))
    text = frozen.model_dump_json(indent=1) + "\n"
    if str(file) == "-":
        sys.stdout.write(text)
        return
    await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    if as_json:
        print_json({"file": str(file), "digest": frozen.digest, "items": len(items), "unread": unread})
        return
    from runtime.approvals import rendering

    out = rendering.console()
    out.print(rendering.line(f"{len(items)} questions in {file}, digest {frozen.digest[:12]}"))
    if unread:
        out.print(rendering.line(f"left out, because their cases did not answer: {', '.join(unread)}"))


async def _read(client: Client, workflow_id: str) -> Case | None:
    """The case; None if it cannot be read now: one that stands still does not hold up the others."""
    try:
        return await read_state(client, workflow_id)
    except Refused:
        return None


def _items(case: Case, roles: Sequence[str] | None, wanted: Wanted) -> list[Item]:
    return [
        Item(
            workflow_id=case.ref.workflow_id,
            order_id=case.ref.order_id,
            task_id=task.task_id,
            task_revision=task.revision,
            option=task.recommended,
            amount=task.amount,
        )
        for task in case.open_tasks
        if task.recommended is not None
        and (roles is None or task.role in roles)
        and wanted.exception_type in (None, task.exception_type)
        and wanted.option in (None, task.recommended)
    ]


async def decide(settings: Settings, file: Path, given: Answer, *, as_json: bool) -> None:
    """One decision for each item. Refused (PARTLY) at the end if not all were recorded."""
    frozen = read_list(file)
    actor = checked_subject(given.actor or settings.user)
    async with temporal(settings.encryption) as client:
        signer = signer_for(settings, actor, client.namespace)
        answers = await _side_by_side([_decide(client, signer, item, given) for item in frozen.items])
    _print(frozen, answers, as_json=as_json)
    refused = sum(answer.receipt is None for answer in answers)
    if refused:
        raise SystemExit(int(ExitCode.PARTLY))


def read_list(file: Path) -> FrozenList:
    """The list; Refused (INVALID) if it is none, or too long."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        return FrozenList.model_validate_json(text)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(ExitCode.INVALID, f"The list {file} cannot be read: {error}.") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, found["loc"])) or "it"
        raise Refused(ExitCode.INVALID, f"{file} is no list of `bulk freeze`: {where}: {found['msg']}.") from error


async def _decide(client: Client, signer: Signer, item: Item, given: Answer) -> ItemAnswer:
    option = item.option if given.action is Action.APPROVE else None
    answer = Answer(
        given.action,
        signer.subject,
        option,
        reason_code=given.reason_code,
        comment=given.comment,
        on_behalf_of=given.on_behalf_of,
    )
    target = Target(item.workflow_id, item.task_id, revision=item.task_revision)
    try:
        receipt = await send_answer(client, signer, await read_state(client, item.workflow_id), target, answer)
    except Refused as refused:
        return ItemAnswer(
            order_id=item.order_id, task_id=item.task_id, refusal=refused.code.name, message=refused.message
        )
    return ItemAnswer(order_id=item.order_id, task_id=item.task_id, receipt=receipt, message=receipt.message)


async def _side_by_side(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Their answers, in their order; only a few are under way at a time."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def in_turn(one: Coroutine[Any, Any, T]) -> T:
        async with turns:
            return await one

    return list(await asyncio.gather(*map(in_turn, work)))


def _print(frozen: FrozenList, answers: Sequence[ItemAnswer], *, as_json: bool) -> None:
    if as_json:
        print_json({"digest": frozen.digest, "answers": [answer.model_dump(mode="json") for answer in answers]})
        return
    from runtime.approvals import rendering

    rendering.print_bulk(rendering.console(), frozen.digest, answers)
