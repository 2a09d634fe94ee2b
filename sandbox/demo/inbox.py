"""The inbox as `approver.py watch --all --json` tells it, line by line."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from sandbox.stack import ROOT, Stack

Row = dict[str, Any]

_INTERVAL = 0.5


class Inbox:
    """What awaits an answer now, by order. `changed` is set whenever it is not what it was."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.rows: dict[str, Row] = {}
        self.changed = asyncio.Event()

    async def follow(self) -> None:
        """Keep up to date until cancelled; a watch that ends is begun again."""
        while True:
            self.rows.clear()
            await self._watch()
            await asyncio.sleep(_INTERVAL)

    async def _watch(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "approver.py",
            "watch",
            "--all",
            "--json",
            "--interval",
            str(_INTERVAL),
            cwd=ROOT,
            env=self._stack.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            async for line in process.stdout:
                self._note(json.loads(line))
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    def _note(self, entry: dict[str, Any]) -> None:
        row = entry.get("case")
        if row is None:
            return
        if entry["change"] == "gone":
            self.rows.pop(row["order_id"], None)
        else:
            self.rows[row["order_id"]] = row
        self.changed.set()
