"""What silence may do about an order: by the rows for whoever can have been asked, and for those asked after them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from domain.exception_types import ExceptionType
from domain.order import Order
from domain.policy.policy_set import PolicySet
from domain.policy.table import Match
from domain.tasks import TaskKind
from sandbox.demo.policy_rows import rows_about

_LEVELS = 4
"""How often a question is followed as it is passed on."""


@dataclass(frozen=True)
class Silence:
    """One question that nobody may have answered. `tables` is how the names of the type's own tables begin."""

    policies: PolicySet
    order: Order
    kind: ExceptionType
    segment: str
    tables: str

    def objection(self, option: str, amount: Decimal) -> str | None:
        """Why silence must not choose that option for that amount; None if it may."""
        rows = list(self._rows(amount))
        if any(_allows(row, option, amount) for row in rows):
            return None
        return f"no row lets silence do this: it is {' or '.join(dict.fromkeys(row.rule for row in rows)) or 'none'}"

    def _rows(self, amount: Decimal) -> Iterator[Match]:
        asked = self._first_asked()
        for level in range(_LEVELS):
            rows = [row for role in sorted(asked) if (row := self._row(role, level, amount)) is not None]
            yield from rows
            asked = {row.text("ask_role") for row in rows}

    def _first_asked(self) -> set[str]:
        """Every role that a table of the type names for such an order."""
        known = {"segment": self.segment, "service_level": self.order.service_level}
        tables = [table for name, table in self.policies.tables.items() if name.startswith(self.tables)]
        cells = (cell for table in tables for row in rows_about(table, known) for cell in row.outputs.values())
        named = {str(name) for cell in cells for name in (cell if isinstance(cell, tuple) else (cell,))}
        return named & self.policies.company.roles.keys()

    def _row(self, role: str, level: int, amount: Decimal) -> Match | None:
        return self.policies.decide(
            "tasks",
            kind=TaskKind.RESOLUTION,
            exception_type=self.kind,
            segment=self.segment,
            service_level=self.order.service_level,
            role=role,
            level=level,
            amount=amount,
        )


def _allows(row: Match, option: str, amount: Decimal) -> bool:
    limit = row.maybe_number("max_amount")
    return row.maybe("at_expiry") == option and (limit is None or amount <= limit)
