#!/usr/bin/env python3
# ruff: noqa: PLR0917, FBT002 - options of a command are positional to Python alone
"""The integration layer's door: events of the systems of record become cases, from files, standard input or HTTP.

Exit codes of `submit`: 0 all events taken, 1 some rejected (see the quarantine file), by this run or by the one that it
resumes, 2 wrong settings or files, 3 Temporal cannot be reached (continue with --resume), 130 interrupted (likewise).
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from temporalio.service import RPCError

from runtime.door_process import STANDARD_INPUT, Files
from runtime.door_process import serve as serve_webhook
from runtime.door_process import submit as submit_files
from runtime.leaving import leave
from runtime.logging import configure_logging
from runtime.position import PositionUnusable
from runtime.search_attributes import SearchAttributesMissing
from runtime.settings_check import EXIT_WRONG_SETTINGS, WrongSettings, refuse, settings_or_exit
from runtime.submission_report import Report
from runtime.temporal import TemporalUnavailable

EXIT_REJECTED = 1
EXIT_TEMPORAL = 3
EXIT_INTERRUPTED = 130

app = typer.Typer(
    help="Hand events to Temporal.", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)


@app.command()
def submit(
    files: Annotated[list[str] | None, typer.Argument(help="JSON Lines or a JSON array; - is standard input.")] = None,
    quarantine: Annotated[Path, typer.Option(help="Where rejected events are kept, with the reason.")] = Path(
        "holdfast-quarantine.jsonl"
    ),
    position: Annotated[Path, typer.Option(help="Where an interrupted run notes how far it came.")] = Path(
        "holdfast-position.json"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Continue the interrupted run over the same files.")] = False,
    lanes: Annotated[int, typer.Option(min=1, max=500, help="Events under way at a time.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Submit CloudEvents from files or standard input; one line of result for each."""
    settings = settings_or_exit()
    configure_logging(settings.observation.model_copy(update={"log_level": "ERROR"}), "starter")
    sources = files or [STANDARD_INPUT]
    _check_files(sources)
    wanted = Files(sources, quarantine, position, resume, lanes, as_json)
    try:
        report = asyncio.run(submit_files(settings, wanted))
    except WrongSettings as wrong:
        refuse(wrong.sentences)
    except (PositionUnusable, SearchAttributesMissing, OSError) as error:
        _leave(EXIT_WRONG_SETTINGS, str(error))
    except (TemporalUnavailable, RPCError) as error:
        _leave(EXIT_TEMPORAL, f"{error}\nStopped. Nothing is lost: run it again with --resume.")
    except (KeyboardInterrupt, asyncio.CancelledError):
        _leave(EXIT_INTERRUPTED, "Interrupted. Nothing is lost: run it again with --resume.")
    _finish(report, quarantine)


@app.command()
def serve() -> None:
    """Open the HTTP webhook: POST /v1/events, its description at /docs, and /healthz and /readyz."""
    settings = settings_or_exit()
    configure_logging(settings.observation, "door")
    try:
        asyncio.run(serve_webhook(settings))
    except WrongSettings as wrong:
        refuse(wrong.sentences)
    leave(0)


def _check_files(sources: list[str]) -> None:
    missing = [source for source in sources if source != STANDARD_INPUT and not Path(source).exists()]
    if missing:
        _leave(EXIT_WRONG_SETTINGS, f"no such file: {', '.join(missing)}")


def _finish(report: Report, quarantine: Path) -> NoReturn:
    if report.rejected:
        _leave(EXIT_REJECTED, f"{report.sum}\n{report.rejected} rejected: see {quarantine}")
    _leave(0, report.sum)


def _leave(code: int, message: str) -> NoReturn:
    typer.echo(message, err=True)
    leave(code)


if __name__ == "__main__":
    logging.captureWarnings(capture=True)
    app()
