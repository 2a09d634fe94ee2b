"""`python -m runtime.rollout`: which version of the workers is given the cases.

Exit codes: 0 done, 2 wrong settings, 3 Temporal cannot be reached, or refuses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import typer
from temporalio.service import RPCError, RPCStatusCode

from runtime.leaving import leave
from runtime.settings import Settings
from runtime.settings_check import settings_or_exit
from runtime.temporal import TemporalUnavailable, connect, reason
from runtime.versioning import Deployment, Routing

EXIT_TEMPORAL = 3
UNVERSIONED = "unversioned"
_CONNECT_FOR = timedelta(seconds=8)

app = typer.Typer(
    help="Which version of the workers is given the cases.", no_args_is_help=True, pretty_exceptions_enable=False
)
BuildId = Annotated[str, typer.Argument(help="The build id of running workers.")]


@app.command()
def status() -> None:
    """Show the current version, the ramping one, and those that Temporal knows."""
    _do(lambda deployment: deployment.routing())


@app.command()
def current(build_id: BuildId) -> None:
    """Give all work to a version: the new one of an upgrade, the old one of a rollback, or "unversioned" ones."""
    _do(lambda deployment: deployment.make_current(None if build_id == UNVERSIONED else build_id))


@app.command()
def ramp(build_id: BuildId, percent: Annotated[float, typer.Argument(min=0, max=100, help="0 takes it back.")]) -> None:
    """Give a version a share of the cases first."""
    _do(lambda deployment: deployment.ramp(build_id, percent))


def _do(act: Callable[[Deployment], Awaitable[Routing | None]]) -> None:
    settings = settings_or_exit()
    try:
        routing = asyncio.run(_done(settings, act))
    except TemporalUnavailable as error:
        _refused(str(error))
    except RPCError as error:
        unknown = error.status is RPCStatusCode.NOT_FOUND
        hint = ": a worker with that build id must be running" if unknown else ""
        _refused(f"{reason(error)}{hint}")
    else:
        typer.echo(_in_words(routing))
        leave(0)


async def _done(settings: Settings, act: Callable[[Deployment], Awaitable[Routing | None]]) -> Routing:
    client = await connect("rollout", settings.encryption, patience=_CONNECT_FOR)
    deployment = Deployment(client, settings.worker.deployment)
    return await act(deployment) or await deployment.routing()


def _in_words(routing: Routing) -> str:
    ramping = f", {routing.share:g} % of the cases: {routing.ramping}" if routing.ramping and routing.share else ""
    return f"current: {routing.current or UNVERSIONED}{ramping}; known: {', '.join(routing.known)}"


def _refused(message: str) -> None:
    typer.echo(message, err=True)
    leave(EXIT_TEMPORAL)


if __name__ == "__main__":
    app()
