"""Rows of a policy table that may have applied, if only some of the inputs are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.policy.table import DecisionTable, Row


def rows_about(table: DecisionTable, known: Mapping[str, object]) -> Iterator[Row]:
    """The rows whose cells let the `known` inputs through. A table need not have all of them."""
    points = {column.name: column.point(known[column.name]) for column in table.inputs if column.name in known}
    for row in table.rows:
        cells = dict(zip((column.name for column in table.inputs), row.conditions, strict=True))
        if all(point is not None and cells[name].covers(point) for name, point in points.items()):
            yield row
