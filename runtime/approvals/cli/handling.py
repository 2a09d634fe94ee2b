# ruff: noqa: PLC0415, PLR0917, FBT002 - a command imports only what it needs; options are positional to Python alone
"""The commands that hand a question on, or wait for something about it; none of them decides it."""

from typing import Annotated

import typer

from runtime.approvals.cli.options import (
    Actor,
    ActsFor,
    Case,
    Documents,
    HoldId,
    Json,
    NextRole,
    Reason,
    Remark,
    Revision,
    Taker,
    TaskId,
    ToPerson,
    ToRole,
)


def register(app: typer.Typer) -> None:
    """Add the commands, in the order in which the help lists them."""
    for command in (claim, release_claim, ask, answer, delegate, forward, comment, withdraw, reassign, extend):
        app.command()(command)


def claim(
    case: Case,
    actor: Actor = None,
    acts_for: ActsFor = None,
    task: TaskId = None,
    hold: HoldId = None,
    revision: Revision = None,
    as_json: Json = False,
) -> None:
    """Take a question on, so that nobody else answers it meanwhile."""
    from runtime.approvals import commands

    target = commands.Target(case, task, hold, revision)
    commands.answer(target, commands.Answer(commands.Action.CLAIM, actor, on_behalf_of=acts_for), as_json=as_json)


def release_claim(
    case: Case,
    actor: Actor = None,
    acts_for: ActsFor = None,
    task: TaskId = None,
    hold: HoldId = None,
    revision: Revision = None,
    as_json: Json = False,
) -> None:
    """Give a question back to everybody who may answer it."""
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.RELEASE_CLAIM, actor, on_behalf_of=acts_for)
    commands.answer(commands.Target(case, task, hold, revision), given, as_json=as_json)


def ask(
    case: Case,
    question: Annotated[str, typer.Argument(help="What you want to know, up to 2 KB.")],
    of: ToPerson = None,
    actor: Actor = None,
    acts_for: ActsFor = None,
    task: TaskId = None,
    hold: HoldId = None,
    as_json: Json = False,
) -> None:
    """Ask for information: the clock of a question that you have claimed stands still until the answer."""
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.ASK, actor, comment=question, to=of, on_behalf_of=acts_for)
    commands.answer(commands.Target(case, task, hold), given, as_json=as_json)


def answer(
    case: Case,
    text: Annotated[str, typer.Argument(help="The answer, up to 2 KB.")],
    documents: Documents = None,
    actor: Actor = None,
    task: TaskId = None,
    hold: HoldId = None,
    as_json: Json = False,
) -> None:
    """Answer what was asked; the clock of the question goes on."""
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.ANSWER, actor, comment=text, documents=tuple(documents or ()))
    commands.answer(commands.Target(case, task, hold), given, as_json=as_json)


def delegate(
    case: Case,
    to: Taker,
    note: Remark = "",
    actor: Actor = None,
    acts_for: ActsFor = None,
    task: TaskId = None,
    hold: HoldId = None,
    revision: Revision = None,
    as_json: Json = False,
) -> None:
    """Give a question that you have claimed to another person."""
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.DELEGATE, actor, comment=note, to=to, on_behalf_of=acts_for)
    commands.answer(commands.Target(case, task, hold, revision), given, as_json=as_json)


def forward(
    case: Case,
    role: NextRole,
    note: Remark = "",
    actor: Actor = None,
    acts_for: ActsFor = None,
    task: TaskId = None,
    hold: HoldId = None,
    revision: Revision = None,
    as_json: Json = False,
) -> None:
    """Put a question that you have claimed to another role."""
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.FORWARD, actor, comment=note, role=role, on_behalf_of=acts_for)
    commands.answer(commands.Target(case, task, hold, revision), given, as_json=as_json)


def comment(
    case: Case,
    text: Annotated[str, typer.Argument(help="The remark, up to 2 KB.")],
    documents: Documents = None,
    actor: Actor = None,
    task: TaskId = None,
    hold: HoldId = None,
    as_json: Json = False,
) -> None:
    """Leave a remark on a question; it decides nothing."""
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.COMMENT, actor, comment=text, documents=tuple(documents or ()))
    commands.answer(commands.Target(case, task, hold), given, as_json=as_json)


def withdraw(
    case: Case,
    reason: Reason = None,
    note: Remark = "",
    actor: Actor = None,
    task: TaskId = None,
    hold: HoldId = None,
    as_json: Json = False,
) -> None:
    """Give up an order that you entered: policy does what a no leads to. Never lets an order go."""
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.WITHDRAW, actor, reason_code=reason, comment=note)
    commands.answer(commands.Target(case, task, hold), given, as_json=as_json)


def reassign(
    case: Case,
    to: ToPerson = None,
    role: ToRole = None,
    actor: Actor = None,
    task: TaskId = None,
    hold: HoldId = None,
    as_json: Json = False,
) -> None:
    """As an administrator: give a question to a person, or put it to a role, whoever has claimed it."""
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.REASSIGN, actor, to=to, role=role)
    commands.answer(commands.Target(case, task, hold), given, as_json=as_json)


def extend(
    case: Case,
    actor: Actor = None,
    task: TaskId = None,
    hold: HoldId = None,
    as_json: Json = False,
) -> None:
    """As an administrator: put the deadline off, once, by what policy gives."""
    from runtime.approvals import commands

    commands.answer(commands.Target(case, task, hold), commands.Answer(commands.Action.EXTEND, actor), as_json=as_json)
