"""What an amendment changed, before and after, so that it can be reversed without touching what others changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sandbox.erp.model import ErpOrder
from sandbox.kernel import Document, Problem

_FIELDS = (
    "freight",
    "freight_tax",
    "tax_basis",
    "tax_true_up",
    "price_basis",
    "ship_to",
    "address_id",
    "ship_to_basis",
    "carrier",
    "carrier_basis",
    "carrier_for",
    "po_number",
    "release_number",
    "po_checked",
)


def changed(before: ErpOrder, after: ErpOrder) -> tuple[Document, Document]:
    """The fields and lines that differ, as they were and as they are; a line that is on one side only is None.

    The first also has the order in which the lines were.
    """
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    fields = [name for name in _FIELDS if old[name] != new[name]]
    old_lines, new_lines = _by_id(old), _by_id(new)
    ids = [line_id for line_id in old_lines | new_lines if old_lines.get(line_id) != new_lines.get(line_id)]
    return (
        {
            "fields": {name: old[name] for name in fields},
            "lines": {i: old_lines.get(i) for i in ids},
            "sequence": list(old_lines),
        },
        {"fields": {name: new[name] for name in fields}, "lines": {i: new_lines.get(i) for i in ids}},
    )


def restored(order: ErpOrder, before: Document, after: Document, *, following: Collection[str] = ()) -> ErpOrder:
    """The order with a change taken back. Raises Problem 409 if somebody changed the same thing since.

    `following` are the fields of lines that follow from others, and may be different by now.
    """
    now = order.model_dump(mode="json")
    lines = _by_id(now)
    same = all(now[name] == value for name, value in after["fields"].items())
    if not same or any(
        _without(lines.get(line_id), following) != _without(line, following) for line_id, line in after["lines"].items()
    ):
        raise Problem(409, "changed_since", f"order {order.order_id} was changed again since: reverse that first")
    for line_id, line in before["lines"].items():
        if line is None:
            del lines[line_id]
        else:
            lines[line_id] = line
    sequence = {line_id: number for number, line_id in enumerate(before["sequence"])}
    in_order = sorted(lines.values(), key=lambda line: sequence.get(line["line_id"], len(sequence)))
    return ErpOrder.model_validate({**now, **before["fields"], "lines": in_order})


def _without(line: Document | None, fields: Collection[str]) -> Document:
    return {name: value for name, value in (line or {}).items() if name not in fields}


def _by_id(order: Document) -> dict[str, Any]:
    return {line["line_id"]: line for line in order["lines"]}
