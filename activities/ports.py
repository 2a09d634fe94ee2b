"""What the activities ask of others: systems that more than one product can be behind, and Temporal's list of cases.

`connectors/erp.py`, `stock.py`, `credit.py` and `pricing.py` speak the APIs of the sandbox; `connectors/tryton/` is a
real ERP that is behind all four. Every method raises SystemCallFailed, and leaves at most one effect per
`idempotency_key`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from pydantic import JsonValue

from activities.connectors.http import CallContext
from domain.calls import CaseRef, StepCall, StepResult, UndoCall
from domain.edi.business_answer import OrderStory
from domain.events import OrderEvent
from domain.facts.address import EnteredAddress
from domain.facts.credit import CreditPosition
from domain.facts.hold_history import HoldHistory
from domain.facts.inventory import FreightQuotes, Sourcing, StockPositions
from domain.facts.pricing import Prices
from domain.facts.similar_orders import SimilarOrders
from domain.facts.validation import OrderValidation
from domain.order import Order
from domain.reconciliation import CasePage, CaseRun, HeldPage


class ErpPort(Protocol):
    """The system that orders and their holds live in."""

    async def order(self, context: CallContext, order_id: str) -> Order:
        """The order with its open holds, as it is now."""
        ...

    async def held_orders(self, context: CallContext, cursor: str | None) -> HeldPage:
        """The orders with open holds, a page at a time; an order that is held all the while is on one of the pages."""
        ...

    async def held_among(self, context: CallContext, order_ids: Sequence[str]) -> HeldPage:
        """Those of some orders, at most 50, that have open holds now: all on one page."""
        ...

    async def sourcing(self, context: CallContext, items: list[str]) -> Sourcing:
        """What the item master says about getting these items elsewhere."""
        ...

    async def similar_orders(self, context: CallContext, customer_id: str, order_id: str, since: date) -> SimilarOrders:
        """What the customer ordered since that day besides this order, the newest first; 200 are enough."""
        ...

    async def address(self, context: CallContext, order_id: str) -> EnteredAddress:
        """The ship-to address as it came with the order."""
        ...

    async def story(self, context: CallContext, order_id: str) -> OrderStory:
        """The order as it came in and as it is now, with what was split off it; of a part, that of the whole."""
        ...

    async def hold_history(self, context: CallContext, order_id: str) -> HoldHistory:
        """Every hold that the order ever had."""
        ...

    async def amend(self, kind: str, call: StepCall) -> StepResult:
        """Change the order if it is at `call.order_version` (else CONFLICT); answers with the version that this
        very write made, also when it is only found again: a later one is others' doing, and would pass for known.
        """
        ...

    async def reverse_amendment(self, call: UndoCall) -> StepResult:
        """Put back what an amendment changed; answers with the version that this made."""
        ...

    async def merge_into(self, call: StepCall) -> StepResult:
        """Add to another order, `arguments["order_id"]`, if it is at `arguments["version"]` (else CONFLICT)."""
        ...

    async def unmerge(self, call: UndoCall) -> StepResult:
        """Take that out of it again."""
        ...

    async def cancel_other_order(self, call: StepCall) -> StepResult:
        """End another order, named and guarded likewise, if it has not left the house (else CONFLICT)."""
        ...

    async def reinstate_other_order(self, call: UndoCall) -> StepResult:
        """Have that order as it was."""
        ...

    async def revalidate(self, call: StepCall) -> StepResult:
        """Have the order judged again if it is at `call.order_version`; new holds are told as events."""
        ...

    async def forget_validation(self, call: UndoCall) -> StepResult:
        """Give back the taxes that the order took over by that; the holds that were found stay."""
        ...

    async def validation(self, context: CallContext, order_id: str) -> OrderValidation:
        """Which systems the ERP could not ask about the order."""
        ...

    async def create_purchase_order(self, call: StepCall) -> StepResult:
        """Order goods from a supplier."""
        ...

    async def cancel_purchase_order(self, call: UndoCall) -> StepResult:
        """Take that order back."""
        ...

    async def expedite_purchase_order(self, call: StepCall) -> StepResult:
        """Have a purchase order delivered earlier."""
        ...

    async def restore_purchase_order(self, call: UndoCall) -> StepResult:
        """Put back its former date."""
        ...

    async def release_made(self, call: StepCall) -> StepResult | None:
        """The release that an earlier attempt made, if it did."""
        ...

    async def release(self, call: StepCall) -> StepResult:
        """Resolve the holds in `arguments["resolutions"]` and let the order go, if it is at `call.order_version`."""
        ...

    async def cancellation_made(self, call: StepCall) -> StepResult | None:
        """The cancellation that an earlier attempt made, if it did."""
        ...

    async def cancel(self, call: StepCall) -> StepResult:
        """End the order, if it is at `call.order_version`."""
        ...


class StockPort(Protocol):
    """The system that knows what lies where, and sets it aside."""

    async def positions(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> StockPositions:
        """Stock of `items` in every warehouse, as `order_id` sees it, and the lanes between warehouses."""
        ...

    async def freight_quotes(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> FreightQuotes:
        """What a shipment from each warehouse costs."""
        ...

    async def reserve(self, call: StepCall) -> StepResult:
        """Set stock aside for a line; CONFLICT if there is not so much."""
        ...

    async def unreserve(self, call: UndoCall) -> StepResult:
        """Put it back."""
        ...

    async def create_transfer(self, call: StepCall) -> StepResult:
        """Move stock from one warehouse to another."""
        ...

    async def cancel_transfer(self, call: UndoCall) -> StepResult:
        """Leave it where it is."""
        ...

    async def reallocate(self, call: StepCall) -> StepResult:
        """Take stock that was allocated to another order."""
        ...

    async def restore_allocation(self, call: UndoCall) -> StepResult:
        """Give it back."""
        ...


class CreditPort(Protocol):
    """The system that knows what a customer owes and may owe."""

    async def position(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> CreditPosition:
        """Everything that the exposure of `customer_id` is made of, besides `order_id`, in `currency`."""
        ...

    async def release(self, call: StepCall) -> StepResult:
        """Let one order go in spite of the limit."""
        ...

    async def reblock(self, call: UndoCall) -> StepResult:
        """Take that back."""
        ...

    async def raise_limit(self, call: StepCall) -> StepResult:
        """Raise the customer's limit."""
        ...

    async def restore_limit(self, call: UndoCall) -> StepResult:
        """Put the former limit back."""
        ...

    async def authorise_payment(self, call: StepCall) -> StepResult:
        """Reserve an amount on the customer's card."""
        ...

    async def void_payment(self, call: UndoCall) -> StepResult:
        """Give it free again."""
        ...

    async def create_payment_link(self, call: StepCall) -> StepResult:
        """Let the customer pay in advance."""
        ...

    async def cancel_payment_link(self, call: UndoCall) -> StepResult:
        """Close the link."""
        ...


class PricingPort(Protocol):
    """The system that knows what was agreed about prices."""

    async def prices(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> Prices:
        """Agreements, price records and costs of an order's lines."""
        ...

    async def correct_record(self, call: StepCall) -> StepResult:
        """Have a price record say what was agreed, if it is at the version that this was decided on."""
        ...

    async def restore_record(self, call: UndoCall) -> StepResult:
        """Have it say again what it said before."""
        ...


class CaseBook(Protocol):
    """The cases as Temporal has them. Lists may lag behind by seconds; `newest_run` does not."""

    async def attended(self, cases: Sequence[CaseRef]) -> frozenset[str]:
        """The workflow ids of those cases that are open and work on their order; not those that only follow it."""
        ...

    async def at_work(self, cursor: str | None) -> CasePage:
        """The open cases that work on their order, a page at a time."""
        ...

    async def newest_run(self, case: CaseRef) -> CaseRun | None:
        """The newest run of a case; None if there never was one, or it was deleted."""
        ...

    async def start_or_join(self, case: CaseRef, event: OrderEvent) -> bool:
        """Hand an event to a case, and open that if it is not running, as the door does. True if it was opened."""
        ...

    async def tell(self, case: CaseRef, event: OrderEvent) -> None:
        """Hand an event to a case, if it still runs."""
        ...
