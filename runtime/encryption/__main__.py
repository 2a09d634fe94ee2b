"""The tools of encryption: `python -m runtime.encryption new-key | check | serve`.

Exit codes of `check`: 0 every needed key is there, 1 one is not, 2 wrong settings, 3 Temporal cannot be reached.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, NoReturn

import typer
from temporalio.service import RPCError

from runtime.encryption.key_use import Needed, keys_needed
from runtime.encryption.keyring import Keyring, WrongKeys, new_key
from runtime.leaving import leave
from runtime.settings_check import EXIT_WRONG_SETTINGS, WrongSettings, refuse, settings_or_exit

EXIT_NEEDED = 1
EXIT_TEMPORAL = 3

app = typer.Typer(
    help="Keys, and the codec server.", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)


@app.command("new-key")
def make_key(key_id: Annotated[str, typer.Argument(help="Its name, which is no secret: 2026-11, say.")]) -> None:
    """Print a new key. Put it into the file of keys: first to encrypt with it, after the others to be ready for it."""
    try:
        typer.echo(new_key(key_id))
    except WrongKeys as wrong:
        _leave(EXIT_WRONG_SETTINGS, str(wrong))


@app.command()
def check(
    without: Annotated[str | None, typer.Option(help="Ask whether this key may be taken away.")] = None,
    open_only: Annotated[bool, typer.Option("--open-only", help="Let closed cases become unreadable.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Look through all histories: is every key there that they need, and may one be taken away?"""
    settings = settings_or_exit()
    keyring = settings.encryption.keyring
    if keyring is None:
        refuse(["encryption.keys: nothing is encrypted here"])
    if without is not None and without not in keyring.keys:
        refuse([f"there is no key {without[:40]!a}; there are {', '.join(keyring.keys)}"])
    from runtime.temporal import TemporalUnavailable, open_client  # noqa: PLC0415 - new-key needs no server

    async def look() -> Needed:
        return await keys_needed(await open_client("keys", settings.encryption))

    try:
        needed = asyncio.run(look())
    except WrongSettings as wrong:
        refuse(wrong.sentences)
    except (TemporalUnavailable, RPCError) as error:
        _leave(EXIT_TEMPORAL, str(error))
    _tell(needed, keyring)
    left = keyring if without is None else keyring.without(without)
    lacking = [key for key in needed.missing(left) if not (open_only and _only_closed(needed, key))]
    if lacking:
        _leave(EXIT_NEEDED, "\n".join(_why_needed(needed, key, without) for key in lacking))
    typer.echo(f"Key {without} may be taken away." if without else "Every key that is needed is there.")
    leave(0)


@app.command()
def serve() -> None:
    """Decrypt for the Temporal UI and CLI: POST /decode, and / to let a browser in."""
    settings = settings_or_exit()
    from runtime.encryption.codec_process import serve_codec  # noqa: PLC0415 - the other commands need no server

    try:
        asyncio.run(serve_codec(settings))
    except WrongSettings as wrong:
        refuse(wrong.sentences)
    leave(0)


def _tell(needed: Needed, keyring: Keyring) -> None:
    typer.echo(f"{needed.runs} runs looked at")
    for key_id in [*keyring.keys, *needed.missing(keyring)]:
        use = needed.by_key.get(key_id)
        counts = f"{use.open} open, {use.closed} closed, {use.schedules} schedules" if use else "needed by nothing"
        typer.echo(f"  {key_id:<32} {counts}{'' if key_id in keyring.keys else '   NOT IN THE KEYRING'}")


def _only_closed(needed: Needed, key_id: str) -> bool:
    use = needed.by_key[key_id]
    return not use.open and not use.schedules


def _why_needed(needed: Needed, key_id: str, without: str | None) -> str:
    use = needed.by_key[key_id]
    what = f"Key {key_id} is needed, by {use.example} for one"
    if key_id != without:
        return f"{what}, and is not in the keyring: put it back, and its cases go on."
    if use.open or use.schedules:
        return f"{what}: {use.open} open runs would stop. Wait until they have closed."
    return f"{what}: {use.closed} closed runs could not be read any more. Wait for the namespace's retention."


def _leave(code: int, message: str) -> NoReturn:
    typer.echo(message, err=True)
    leave(code)


if __name__ == "__main__":
    app()
