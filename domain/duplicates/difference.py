"""What a later order wants besides what an earlier one does, as additions to the earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from domain.duplicates.keys import wanted
from domain.facts.similar_orders import SimilarLine, SimilarOrder
from domain.order import LineStatus, Order, OrderLine

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Difference:
    """By item and unit, how much more (positive) or less (negative) the later order wants; nothing where both agree."""

    amounts: dict[tuple[str, str], Decimal]

    @classmethod
    def of(cls, order: Order, other: SimilarOrder) -> Difference:
        """From the earlier order `other` to the later one."""
        now, before = wanted(order.lines), wanted(other.lines)
        apart = {key: now.get(key, Decimal(0)) - before.get(key, Decimal(0)) for key in {**before, **now}}
        return cls({key: amount for key, amount in apart.items() if amount})

    @property
    def only_adds(self) -> bool:
        """Whether there is something to add, and nothing to take away."""
        return bool(self.amounts) and all(amount > 0 for amount in self.amounts.values())

    def __str__(self) -> str:
        said = [f"{amount.normalize():+f} {unit} {item}" for (item, unit), amount in self.amounts.items()]
        return ", ".join(said) or "none"


@dataclass(frozen=True)
class Additions:
    """What makes the earlier order want as much as the later one: more of its lines, and new lines."""

    quantities: dict[str, Decimal]
    lines: tuple[OrderLine, ...]

    @classmethod
    def of(cls, order: Order, other: SimilarOrder) -> Additions | None:
        """None if the later order cannot be had by adding to the earlier one: it goes elsewhere, or wants less."""
        difference = Difference.of(order, other)
        elsewhere = order.ship_to != other.ship_to or order.currency != other.value.currency
        if elsewhere or not difference.only_adds:
            return None
        quantities: dict[str, Decimal] = {}
        lines: list[OrderLine] = []
        taken = {line.line_id for line in other.lines}
        for (item, unit), amount in difference.amounts.items():
            model = next(line for line in order.open_lines if (line.item, line.unit) == (item, unit))
            known = next((line for line in other.lines if _takes_more(line, model, order, other)), None)
            if known is not None:
                quantities[known.line_id] = amount
            else:
                lines.append(_part(model, amount, _free(model.line_id, taken)))
                taken.add(lines[-1].line_id)
        return cls(quantities, tuple(lines))


def _takes_more(line: SimilarLine, model: OrderLine, order: Order, other: SimilarOrder) -> bool:
    """Whether more of a line is the same as another line: same goods, price and day."""
    same_goods = (line.item, line.unit, line.unit_price) == (model.item, model.unit, model.unit_price)
    return same_goods and line.status is LineStatus.OPEN and other.need_by == order.need_by


def _free(line_id: str, taken: set[str]) -> str:
    """`line_id`, or the first number that no line has."""
    numbers = (str(number) for number in range(1, len(taken) + 2))
    return line_id if line_id not in taken else next(number for number in numbers if number not in taken)


def _part(line: OrderLine, quantity: Decimal, line_id: str) -> OrderLine:
    share = quantity / line.quantity
    taxes = {name: (getattr(line, name) * share).quantize(_CENT) for name in ("tax_as_ordered", "tax_in_erp")}
    return line.model_copy(update={"line_id": line_id, "quantity": quantity, **taxes})


def as_entry(line: OrderLine) -> dict[str, JsonValue]:
    """The line as it is sent to the ERP for a new one."""
    return line.model_dump(mode="json", exclude={"status"}, exclude_none=True)
