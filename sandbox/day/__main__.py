"""`python -m sandbox.day --orders 100000 --seed 7 > day.jsonl`: a day of orders as JSON Lines, of any size.

Every thousand orders are preceded by a line `{"seeds": {service: master data}}` with what they need. An order's line
says when it arrives, what is interesting about it, and the order itself as the ERP or the EDI gateway takes it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from sandbox.day import LEAST, MOST, PlannedOrder, chunks


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the day to standard output."""
    parser = argparse.ArgumentParser(prog="sandbox.day", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="another day")
    parser.add_argument("--orders", type=int, default=300, help=f"{LEAST} to {MOST:,}")
    parser.add_argument("--date", type=datetime.fromisoformat, default=datetime.now(UTC), help="the day it is")
    chosen = parser.parse_args(arguments)
    try:
        for chunk in chunks(chosen.seed, chosen.orders, chosen.date.replace(tzinfo=UTC)):
            _write({"seeds": chunk.world.seeds()})
            for planned in chunk.orders:
                _write(_line(planned))
    except ValueError as error:
        parser.error(str(error))
    return 0


def _write(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


def _line(planned: PlannedOrder) -> dict[str, object]:
    return {
        "arrives_at": planned.arrives_at.isoformat(),
        "kind": planned.kind,
        "story": planned.story,
        "order": planned.order,
    }


if __name__ == "__main__":
    sys.exit(main())
