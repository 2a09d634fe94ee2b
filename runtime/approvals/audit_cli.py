# ruff: noqa: PLC0415, FBT002 - a command imports only what it needs; options are positional to Python alone
"""The commands `approver.py audit ...`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="The audit chain of a case: who did what, each entry linked to the one before it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Case = Annotated[str, typer.Argument(help="Order id or workflow id.")]
Json = Annotated[bool, typer.Option("--json", help="Answer with JSON, a refusal too.")]


@app.command()
def show(case: Case, as_json: Json = False) -> None:
    """Every entry that the case carries. With --json: the document that `verify --file` reads."""
    from runtime.approvals import auditing, commands

    commands.perform(lambda settings: auditing.show(settings, case, as_json=as_json), as_json=as_json)


@app.command()
def verify(
    case: Annotated[str | None, typer.Argument(help="Order id or workflow id; none to check a file by itself.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="An exported chain (`audit show --json`).")] = None,
    anchors: Annotated[
        list[str] | None,
        typer.Option("--anchor", metavar="LENGTH:HEAD", help="What a receipt said; repeat for more."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for an entry that was edited, removed, moved or cut off, and name the first."""
    from runtime.approvals import auditing, commands

    wanted = auditing.Verification(case, file, tuple(anchors or ()))
    commands.perform(lambda settings: auditing.verify(settings, wanted, as_json=as_json), as_json=as_json)
