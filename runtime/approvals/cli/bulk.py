# ruff: noqa: PLC0415, PLR0917, FBT002 - a command imports only what it needs; options are positional to Python alone
"""`bulk`: one decision for each question on a list that was frozen before."""

from pathlib import Path
from typing import Annotated

import typer

from runtime.approvals.cli.options import Actor, ActsFor, Everybody, Json, Remark, Roles

bulk = typer.Typer(help="Decide many questions, one by one, over a frozen list.", no_args_is_help=True)

List = Annotated[Path, typer.Argument(help="The list, as `bulk freeze` wrote it. - is standard input.")]
OnlyType = Annotated[str | None, typer.Option("--type", help="Only questions about this type of exception.")]
OnlyOption = Annotated[str | None, typer.Option("--option", help="Only questions that recommend this option.")]
Reason = Annotated[str, typer.Option("--reason", help="The reason code for all of them.")]


@bulk.command()
def freeze(
    file: Annotated[Path, typer.Argument(help="Where the list is written. - is standard output.")],
    actor: Actor = None,
    role: Roles = None,
    everybody: Everybody = False,
    exception_type: OnlyType = None,
    option: OnlyOption = None,
    as_json: Json = False,
) -> None:
    """Write down what awaits you now: each question with its revision, option and amount, at most 200."""
    from runtime.approvals import bulk as work
    from runtime.approvals import commands

    audience = commands.Audience(actor, tuple(role or ()), everybody)
    wanted = work.Wanted(exception_type, option)
    commands.perform(lambda settings: work.freeze(settings, file, audience, wanted, as_json=as_json), as_json=as_json)


@bulk.command()
def approve(
    file: List, comment: Remark = "", actor: Actor = None, acts_for: ActsFor = None, as_json: Json = False
) -> None:
    """Approve each question on the list as it was when the list was frozen."""
    from runtime.approvals import bulk as work
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.APPROVE, actor, comment=comment, on_behalf_of=acts_for)
    commands.perform(lambda settings: work.decide(settings, file, given, as_json=as_json), as_json=as_json)


@bulk.command()
def reject(
    file: List,
    reason: Reason,
    comment: Remark = "",
    actor: Actor = None,
    acts_for: ActsFor = None,
    as_json: Json = False,
) -> None:
    """Turn each question on the list down."""
    from runtime.approvals import bulk as work
    from runtime.approvals import commands

    given = commands.Answer(commands.Action.REJECT, actor, reason_code=reason, comment=comment, on_behalf_of=acts_for)
    commands.perform(lambda settings: work.decide(settings, file, given, as_json=as_json), as_json=as_json)
