"""The approvers' program, used as they use it: one process a command."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from typing import Any

from sandbox.stack import ROOT, Stack

_AT_ONCE = 3
_WITHIN = 120.0


@dataclass(frozen=True)
class Said:
    """What a command answered: its exit code and its JSON document."""

    exit_code: int
    document: dict[str, Any]

    @property
    def done(self) -> bool:
        """Whether it did what it was asked to."""
        return self.exit_code == 0

    @property
    def refusal(self) -> str:
        """Why not, in a word."""
        return str(self.document.get("refusal", {}).get("code", f"exit code {self.exit_code}"))


class Approver:
    """Runs `approver.py`, a few at a time: two cores are all there is."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._free = asyncio.Semaphore(_AT_ONCE)
        self.takes = 0.0
        """Seconds that the last command took, from start to end."""

    async def run(self, *arguments: str) -> Said:
        """One command with `--json`. A command that does not end is killed and counts as exit code -1."""
        async with self._free:
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "approver.py",
                *arguments,
                "--json",
                cwd=ROOT,
                env=self._stack.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                output, errors = await asyncio.wait_for(process.communicate(), _WITHIN)
            except TimeoutError:
                return Said(-1, {"refusal": {"code": "NO_END", "message": " ".join(arguments)}})
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
                self.takes = time.monotonic() - started
        return Said(process.returncode or 0, _document(output, errors))


def _document(output: bytes, errors: bytes) -> dict[str, Any]:
    try:
        document = json.loads(output)
    except ValueError:
        return {"refusal": {"code": "GIBBERISH", "message": (output + errors).decode(errors="replace")[-500:]}}
    return document if isinstance(document, dict) else {"items": document}
