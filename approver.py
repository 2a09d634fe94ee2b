#!/usr/bin/env python3
# ruff: noqa: PLC0415, PLR0917, FBT002 - a command imports only what it needs; options are positional to Python alone
"""The approvers' door: what awaits an answer, what is known about it, and the answers. See docs/approvals.md.

Nothing but the command line is imported up here, because people and scripts wait for every command to start.
"""

import contextlib
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from runtime.approvals.audit_cli import app as audit_app
from runtime.approvals.cli import handling
from runtime.approvals.cli.bulk import bulk
from runtime.approvals.cli.options import (
    Actor,
    ActsFor,
    Case,
    Chosen,
    Everybody,
    HoldId,
    Json,
    Reason,
    Remark,
    Revision,
    Roles,
    TaskId,
    Values,
)
from runtime.approvals.keys_cli import app as keys_app

app = typer.Typer(
    help="See and decide held orders. CASE is an order id or a workflow id. Guide: docs/approvals.md",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command()
def inbox(
    actor: Actor = None,
    role: Roles = None,
    everybody: Everybody = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """What awaits you, the earliest deadline first."""
    from runtime.approvals import commands

    audience = commands.Audience(actor, tuple(role or ()), everybody)
    commands.perform(lambda settings: commands.show_inbox(settings, audience, limit, as_json=as_json), as_json=as_json)


@app.command()
def show(
    case: Case,
    full: Annotated[bool, typer.Option("--full", help="Every figure, every step, the whole history.")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="The order's whole way instead, by time.")] = False,
    as_json: Json = False,
) -> None:
    """One case: facts, options, recommendation, deadlines, history, and what to type next."""
    from runtime.approvals import commands

    if timeline:
        commands.perform(lambda settings: commands.show_timeline(settings, case, as_json=as_json), as_json=as_json)
        return
    commands.perform(lambda settings: commands.show_case(settings, case, full=full, as_json=as_json), as_json=as_json)


@app.command()
def approve(
    case: Case,
    option: Chosen = None,
    values: Values = None,
    reason: Reason = None,
    comment: Remark = "",
    actor: Actor = None,
    acts_for: ActsFor = None,
    task: TaskId = None,
    hold: HoldId = None,
    revision: Revision = None,
    as_json: Json = False,
) -> None:
    """Choose an option: the recommended one, or that of --option. --set is for what is entered by hand."""
    from runtime.approvals import commands

    target = commands.Target(case, task, hold, revision)
    given = commands.Answer(
        commands.Action.APPROVE, actor, option, tuple(values or ()), reason, comment, on_behalf_of=acts_for
    )
    commands.answer(target, given, as_json=as_json)


@app.command()
def adjust(
    case: Case,
    option: Annotated[str, typer.Option("--option", help="The option to change.")],
    values: Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="A new value; repeat for more.")],
    reason: Annotated[str, typer.Option("--reason", help="The reason code, such as LOWER_RISK.")],
    comment: Remark = "",
    approve: Annotated[bool, typer.Option("--approve", help="Approve it too, as policy then sees it.")] = False,
    actor: Actor = None,
    acts_for: ActsFor = None,
    task: TaskId = None,
    hold: HoldId = None,
    revision: Revision = None,
    as_json: Json = False,
) -> None:
    """Change the figures of an option. Policy assesses it again, and the question becomes a new revision."""
    from runtime.approvals import commands

    target = commands.Target(case, task, hold, revision)
    given = commands.Answer(
        commands.Action.ADJUST, actor, option, tuple(values), reason, comment, on_behalf_of=acts_for
    )
    commands.answer(target, given, then_approve=approve, as_json=as_json)


@app.command()
def reject(
    case: Case,
    reason: Annotated[str, typer.Option("--reason", help="The reason code, such as CUSTOMER_RISK.")],
    comment: Remark = "",
    actor: Actor = None,
    acts_for: ActsFor = None,
    task: TaskId = None,
    hold: HoldId = None,
    revision: Revision = None,
    as_json: Json = False,
) -> None:
    """Turn the question down: what follows is the policy's row for a rejection, which `show` tells."""
    from runtime.approvals import commands

    target = commands.Target(case, task, hold, revision)
    given = commands.Answer(commands.Action.REJECT, actor, None, (), reason, comment, on_behalf_of=acts_for)
    commands.answer(target, given, as_json=as_json)


@app.command()
def watch(
    actor: Actor = None,
    role: Roles = None,
    everybody: Everybody = False,
    interval: Annotated[float, typer.Option(min=0.2, max=3600, help="Seconds between two looks.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Say what is there, and end.")] = False,
    as_json: Json = False,
) -> None:
    """The inbox, kept up to date until Ctrl-C; in a pipe a line for each change."""
    from runtime.approvals import watching

    audience = watching.Audience(actor, tuple(role or ()), everybody)
    watching.watch(audience, interval, once=once, as_json=as_json)


app.add_typer(audit_app, name="audit")
app.add_typer(keys_app, name="keys")
handling.register(app)
app.add_typer(bulk, name="bulk")


def main() -> NoReturn:
    """Run one command and end the process with its exit code."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app(prog_name=Path(sys.argv[0]).name)
        code: object = 0
    except SystemExit as ended:
        code = ended.code
    _leave(code if isinstance(code, int) else int(code is not None))


def _leave(code: int) -> NoReturn:
    """End at once: the SDK's threads were seen to abort an interpreter that was shutting down after all was done."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
