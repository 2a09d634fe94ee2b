# ruff: noqa: PLC0415, FBT002 - a command imports only what it needs; options are positional to Python alone
"""The commands `approver.py keys ...`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Your signing key, and the keys that are known.", no_args_is_help=True, rich_markup_mode=None)
Actor = Annotated[str | None, typer.Option("--as", help="Whose key: your subject; HOLDFAST_USER if not given.")]
Json = Annotated[bool, typer.Option("--json", help="Answer with JSON, a refusal too.")]
KeySetFile = Annotated[
    Path | None, typer.Option("--key-set", help="The file with the key set; that of the settings if not given.")
]


@app.command()
def new(
    actor: Actor = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Add it to the key set, if that is a file that you may write.")
    ] = False,
    key_set: KeySetFile = None,
    replace: Annotated[bool, typer.Option("--replace", help="In the place of the key that you have.")] = False,
    as_json: Json = False,
) -> None:
    """Make a key of your own, and print its public half for whoever keeps the key set."""
    from runtime.approvals import commands, key_commands

    wanted = key_commands.NewKey(actor, replace=replace, publish=publish, key_set=key_set)
    commands.perform(lambda settings: key_commands.new(settings, wanted, as_json=as_json), as_json=as_json)


@app.command(name="list")
def list_(actor: Actor = None, as_json: Json = False) -> None:
    """Your own key, and every key that is known, the revoked ones too."""
    from runtime.approvals import commands, key_commands

    commands.perform(lambda settings: key_commands.show(settings, actor, as_json=as_json), as_json=as_json)


@app.command()
def revoke(
    kid: Annotated[str, typer.Argument(help="The key's name, or its beginning if that is clear.")],
    key_set: KeySetFile = None,
    as_json: Json = False,
) -> None:
    """End a key: nothing that it signs counts from now on. For whoever keeps the key set."""
    from runtime.approvals import commands, key_commands

    commands.perform(lambda settings: key_commands.revoke(settings, kid, key_set, as_json=as_json), as_json=as_json)


@app.command()
def enrol(actor: Actor = None, as_json: Json = False) -> None:
    """Make a key and have the door take it in, after you have signed in with the company's single sign-on."""
    from runtime.approvals import commands, enrolment

    commands.perform(lambda settings: enrolment.enrol(settings, actor, as_json=as_json), as_json=as_json)
