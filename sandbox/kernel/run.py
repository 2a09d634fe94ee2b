"""The command line of a service: `python -m sandbox.NAME --port P --database FILE --settings FILE`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from sandbox.kernel.serve import serve
from sandbox.kernel.service import Service
from sandbox.kernel.settings import Settings, load

Kind = TypeVar("Kind", bound=Settings)

_FLAG_KINDS: tuple[type, ...] = (float, int, str)


def run(name: str, kind: type[Kind], build: Callable[[Kind], Service], arguments: Sequence[str] | None = None) -> None:
    """Serve until stopped. The first line on standard output is `{"service": ..., "url": ...}`, with the service's
    other addresses, if it has any.

    Every number or text that `kind` adds to Settings is a flag: `ship_after` becomes `--ship-after`.
    """
    options = vars(_parser(name, kind).parse_args(arguments))
    host, port, file = options.pop("host"), options.pop("port"), options.pop("settings")
    try:
        settings = load(kind, file, options)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        sys.exit(f"{name}: the settings are not usable: {'; '.join(wrong)}")
    except (OSError, ValueError) as error:
        sys.exit(f"{name}: the settings cannot be read: {error}")
    service = build(settings)
    serve(service, host, port, lambda url: _say({"service": name, "url": url, **service.addresses}))


def _parser(name: str, kind: type[Settings]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"sandbox.{name}", description=kind.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--database", type=Path, help="SQLite file; without it nothing survives")
    parser.add_argument("--settings", type=Path, help="TOML or JSON file")
    for field, info in kind.model_fields.items():
        if field not in Settings.model_fields and info.annotation in _FLAG_KINDS:
            flag: Any = info.annotation
            parser.add_argument(f"--{field.replace('_', '-')}", type=flag, help=info.description)
    return parser


def _say(line: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
