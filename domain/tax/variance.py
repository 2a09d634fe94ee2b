"""How far the tax that somebody stated is from the engine's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.facts.tax import TaxQuote
from domain.order import Order

NOTHING = Decimal(0)


@dataclass(frozen=True)
class TaxVariance:
    """Amounts in the order's currency, never negative. Both the customer's figure and the ERP's are compared, and the
    one further from the engine counts. Freight is not compared: neither of them states a tax on it by itself.
    """

    worst_line: Decimal
    order: Decimal
    percent: Decimal
    """`order` in percent of the engine's tax on the lines."""

    @classmethod
    def of(cls, order: Order, quote: TaxQuote) -> TaxVariance:
        """The variance of the open lines."""
        engine = engine_taxes(order, quote)
        stated = [
            {line.line_id: line.tax_in_erp for line in order.open_lines},
            {line.line_id: line.tax_as_ordered for line in order.open_lines},
        ]
        total = sum(engine.values(), NOTHING)
        apart = max(abs(sum(taxes.values(), NOTHING) - total) for taxes in stated)
        return cls(
            worst_line=max(
                (abs(taxes[line] - tax) for taxes in stated for line, tax in engine.items()), default=NOTHING
            ),
            order=apart,
            percent=_percent(apart, total),
        )


def engine_taxes(order: Order, quote: TaxQuote) -> dict[str, Decimal]:
    """The engine's tax by open line; a line it does not know is not taxed."""
    known = {line.line_id: line.tax for line in quote.lines}
    return {line.line_id: known.get(line.line_id, NOTHING) for line in order.open_lines}


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    if part == 0:
        return NOTHING
    return part / whole * 100 if whole > 0 else Decimal(100)
