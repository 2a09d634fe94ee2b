"""What was at stake in a decision at the least, by the books of the systems: a check on the amount that Holdfast wrote.

Nothing here asks a playbook. Every figure is a lower bound, because the books are read at the end of the day and the
decision was made before: of two values the smaller counts, and where the books do not tell, nothing does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.exception_types import ExceptionType
from domain.order import Hold, LineStatus, Order, OrderLine

Document = dict[str, Any]

NOTHING = Decimal(0)
_OWED = ("open_receivables", "delivered_not_billed", "billed_not_posted", "open_orders")
_HAD = ("unapplied_cash", "deposits")
_PAID = ("payments.create", "payment-authorisations.create")


@dataclass(frozen=True)
class CreditBooks:
    """What customers owed in the morning, and what they have paid since."""

    accounts: Mapping[str, Document]
    ledger: Iterable[Document]

    def exposure(self, customer_id: str, order_id: str, goods: Decimal) -> Decimal:
        """The customer's exposure with that order's goods, at the least: whatever was paid that day counts as paid
        before, and what other orders of the day were released for does not count.
        """
        account = self.accounts.get(customer_id)
        if account is None:
            return NOTHING
        owed = _total(account, _OWED) - _total(account, _HAD) - sum(self._paid(customer_id, None), NOTHING)
        return owed + max(NOTHING, goods - sum(self._paid(customer_id, order_id), NOTHING))

    def _paid(self, customer_id: str, order_id: str | None) -> Iterator[Decimal]:
        for entry in self.ledger:
            detail = entry["detail"]
            whose = detail.get("customer_id"), detail.get("order_id")
            if entry["operation"] in _PAID and whose == (customer_id, order_id):
                yield Decimal(detail["amount"])


class Stakes:
    """The lower bounds. `entered` are the orders as they came in, by id, which is before anybody changed them."""

    def __init__(self, entered: Mapping[str, Document], credit: CreditBooks) -> None:
        self._entered: Mapping[str, Mapping[str, Document]] = {
            order_id: {line["line_id"]: line for line in order["lines"]}
            for order_id, order in entered.items()
            if "interchange" not in order  # the partner's own text, which the EDI gateway reads
        }
        self._credit = credit
        self._of: Mapping[ExceptionType, Callable[[Order, Hold, str], Decimal]] = defaultdict(
            lambda: self._goods,
            {
                ExceptionType.CREDIT_HOLD: self._exposure,
                ExceptionType.INVENTORY_SHORTFALL: self._goods_concerned,
                ExceptionType.PRICE_DISCREPANCY: self._repriced,
                ExceptionType.TAX_DISCREPANCY: self._retaxed,
                ExceptionType.INTEGRATION_FAILURE: _unknown,
                ExceptionType.CARRIER_INSTRUCTIONS_MISSING: _unknown,
            },
        )

    def at_least(self, kind: ExceptionType, order: Order, hold: Hold, option: str) -> Decimal:
        """What `option` about that hold committed at the least, in the order's currency. `order` is as the ERP has it
        at the end.
        """
        return self._of[kind](order, hold, option)

    def _exposure(self, order: Order, _: Hold, __: str) -> Decimal:
        return self._credit.exposure(order.customer_id, order.order_id, self._value(order, order.lines))

    def _goods(self, order: Order, _: Hold, __: str) -> Decimal:
        return self._value(order, order.lines)

    def _goods_concerned(self, order: Order, hold: Hold, _: str) -> Decimal:
        named = [line for line in order.lines if line.line_id in hold.line_ids]
        return self._value(order, named)

    def _repriced(self, order: Order, _: Hold, option: str) -> Decimal:
        """By how much the ERP's price was changed to the agreed one. What was conceded without an agreement cannot be
        told without knowing what the customer was entitled to.
        """
        if option not in {"HONOR_CONTRACT", "FIX_MASTER"}:
            return NOTHING
        changes = (abs(line.unit_price - Decimal(was["unit_price"])) for line, was in self._both(order, order.lines))
        quantities = (min(line.quantity, Decimal(was["quantity"])) for line, was in self._both(order, order.lines))
        return sum((change * quantity for change, quantity in zip(changes, quantities, strict=True)), NOTHING)

    def _retaxed(self, order: Order, _: Hold, option: str) -> Decimal:
        """By how much the engine's tax is another than that of the ERP or of the customer, or all of it, if it is a
        provisional one. With other holds in play somebody else may have changed it, too.
        """
        if len(order.holds) + len(order.cleared_holds) > 1:
            return NOTHING
        now = sum((line.tax_in_erp for line in order.lines), NOTHING)
        if option == "FALLBACK_TRUE_UP":
            return now
        if option != "USE_ENGINE":
            return NOTHING
        known = [was for _, was in self._both(order, order.lines)]
        stated = [
            sum((Decimal(was[name]) for was in known), NOTHING)
            for name in ("tax_in_erp", "tax_as_ordered")
            if len(known) == len(order.lines) and all(was.get(name) is not None for was in known)
        ]
        return max((abs(now - before) for before in stated), default=NOTHING)

    def _value(self, order: Order, lines: Iterable[OrderLine]) -> Decimal:
        """Of the lines that were there in the morning and still are, at the lower of the two values."""
        kept = (
            min(line.value, Decimal(was["quantity"]) * Decimal(was["unit_price"]))
            for line, was in self._both(order, lines)
            if line.status is not LineStatus.CANCELLED
        )
        return sum(kept, NOTHING)

    def _both(self, order: Order, lines: Iterable[OrderLine]) -> list[tuple[OrderLine, Document]]:
        """Lines now, and as they came in."""
        entered = self._entered.get(order.order_id, {})
        return [(line, entered[line.line_id]) for line in lines if line.line_id in entered]


def _unknown(_: Order, __: Hold, ___: str) -> Decimal:
    """The books do not tell who pays for added freight, nor which lines of a partner's document could not be read."""
    return NOTHING


def _total(account: Document, names: Iterable[str]) -> Decimal:
    return sum((Decimal(str(account.get(name) or 0)) for name in names), NOTHING)
