"""The ERP: orders, what may be changed about them, and their release."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel
from temporalio import activity

from activities.connectors.errors import SystemCallFailed
from activities.connectors.facts import fact
from activities.connectors.http import CallContext
from activities.connectors.steps import is_repeated
from activities.ports import ErpPort
from domain.calls import FactCall, ReleaseResolution, StepCall, StepResult, UndoCall
from domain.exception_types import IntegrationErrorKind
from domain.facts.fact import Fact
from domain.order import HoldClass

Made = Callable[[StepCall], Awaitable[StepResult | None]]
End = Callable[[StepCall], Awaitable[StepResult]]


class Resolutions(BaseModel):
    """The part of a pivot's arguments that says why each hold goes away."""

    resolutions: tuple[ReleaseResolution, ...]


class Lookback(BaseModel):
    """Which orders to look at: the customer's of the last `days` days besides this one."""

    customer_id: str
    order_id: str
    days: int


class ErpActivities:
    """Every public method is the activity of its name."""

    def __init__(self, erp: ErpPort) -> None:
        self._erp = erp

    @activity.defn(name="erp.sourcing")
    async def sourcing(self, call: FactCall) -> Fact:
        """Substitutes, drop-ship suppliers and criticality of items."""
        read_at = datetime.now(UTC)
        items = call.request.arguments.get("items")
        wanted = [str(item) for item in items] if isinstance(items, list) else []
        return fact(call, await self._erp.sourcing(CallContext.of(call.case), wanted), read_at)

    @activity.defn(name="erp.similar_orders")
    async def similar_orders(self, call: FactCall) -> Fact:
        """What else the customer ordered in the last `days` days, to judge whether an order is there twice."""
        read_at = datetime.now(UTC)
        wanted = Lookback.model_validate(call.request.arguments)
        since = read_at.date() - timedelta(days=wanted.days)
        context = CallContext.of(call.case)
        found = await self._erp.similar_orders(context, wanted.customer_id, wanted.order_id, since)
        return fact(call, found, read_at)

    @activity.defn(name="erp.address")
    async def address(self, call: FactCall) -> Fact:
        """The ship-to address as it came with the order."""
        read_at = datetime.now(UTC)
        return fact(call, await self._erp.address(CallContext.of(call.case), call.case.order_id), read_at)

    @activity.defn(name="erp.hold_history")
    async def hold_history(self, call: FactCall) -> Fact:
        """Every hold that the order ever had."""
        read_at = datetime.now(UTC)
        return fact(call, await self._erp.hold_history(CallContext.of(call.case), call.case.order_id), read_at)

    @activity.defn(name="erp.validation")
    async def validation(self, call: FactCall) -> Fact:
        """Which systems the ERP could not ask when it last validated the order."""
        read_at = datetime.now(UTC)
        return fact(call, await self._erp.validation(CallContext.of(call.case), call.case.order_id), read_at)

    @activity.defn(name="erp.set_tax")
    async def set_tax(self, call: StepCall) -> StepResult:
        """Book other taxes on the lines and the freight."""
        return await self._erp.amend("set_tax", call)

    @activity.defn(name="erp.set_promise")
    async def set_promise(self, call: StepCall) -> StepResult:
        """Promise lines for other days."""
        return await self._erp.amend("set_promise", call)

    @activity.defn(name="erp.split_line")
    async def split_line(self, call: StepCall) -> StepResult:
        """Ship a part of a line now and the rest later."""
        return await self._erp.amend("split_line", call)

    @activity.defn(name="erp.assign_sources")
    async def assign_sources(self, call: StepCall) -> StepResult:
        """Say from which warehouses a line ships."""
        return await self._erp.amend("assign_sources", call)

    @activity.defn(name="erp.substitute_line")
    async def substitute_line(self, call: StepCall) -> StepResult:
        """Deliver an approved other item."""
        return await self._erp.amend("substitute_line", call)

    @activity.defn(name="erp.cancel_line")
    async def cancel_line(self, call: StepCall) -> StepResult:
        """Take a line out of the order."""
        return await self._erp.amend("cancel_line", call)

    @activity.defn(name="erp.split_order")
    async def split_order(self, call: StepCall) -> StepResult:
        """Keep some quantities; the rest becomes a new order."""
        return await self._erp.amend("split_order", call)

    @activity.defn(name="erp.set_price")
    async def set_price(self, call: StepCall) -> StepResult:
        """Charge other prices."""
        return await self._erp.amend("set_price", call)

    @activity.defn(name="erp.set_ship_to")
    async def set_ship_to(self, call: StepCall) -> StepResult:
        """Deliver elsewhere, or to the same place written rightly."""
        return await self._erp.amend("set_ship_to", call)

    @activity.defn(name="erp.set_carrier")
    async def set_carrier(self, call: StepCall) -> StepResult:
        """Send it with this carrier, and charge this freight."""
        return await self._erp.amend("set_carrier", call)

    @activity.defn(name="erp.set_purchase_order")
    async def set_purchase_order(self, call: StepCall) -> StepResult:
        """Correct the customer's number for the order, or confirm that it is no duplicate."""
        return await self._erp.amend("set_purchase_order", call)

    @activity.defn(name="erp.add_quantities")
    async def add_quantities(self, call: StepCall) -> StepResult:
        """Have more of lines."""
        return await self._erp.amend("add_quantities", call)

    @activity.defn(name="erp.add_lines")
    async def add_lines(self, call: StepCall) -> StepResult:
        """Have more lines."""
        return await self._erp.amend("add_lines", call)

    @activity.defn(name="erp.confirm_item")
    async def confirm_item(self, call: StepCall) -> StepResult:
        """Say which item the customer's part number means."""
        return await self._erp.amend("confirm_item", call)

    @activity.defn(name="erp.reverse_amendment")
    async def reverse_amendment(self, call: UndoCall) -> StepResult:
        """Undo any of these changes."""
        return await self._erp.reverse_amendment(call)

    @activity.defn(name="erp.merge_into")
    async def merge_into(self, call: StepCall) -> StepResult:
        """Add what this order has more than an older one to that one."""
        return await self._erp.merge_into(call)

    @activity.defn(name="erp.unmerge")
    async def unmerge(self, call: UndoCall) -> StepResult:
        """Take it out of the older order again."""
        return await self._erp.unmerge(call)

    @activity.defn(name="erp.cancel_other_order")
    async def cancel_other_order(self, call: StepCall) -> StepResult:
        """End an older order that this one replaces."""
        return await self._erp.cancel_other_order(call)

    @activity.defn(name="erp.reinstate_other_order")
    async def reinstate_other_order(self, call: UndoCall) -> StepResult:
        """Have the older order as it was, holds and promises and all."""
        return await self._erp.reinstate_other_order(call)

    @activity.defn(name="erp.revalidate")
    async def revalidate(self, call: StepCall) -> StepResult:
        """Have an order judged again that could not be, or that is not what it was."""
        return await self._erp.revalidate(call)

    @activity.defn(name="erp.forget_validation")
    async def forget_validation(self, call: UndoCall) -> StepResult:
        """Give back the taxes that the order took over by it. The holds that it found stay."""
        return await self._erp.forget_validation(call)

    @activity.defn(name="erp.create_purchase_order")
    async def create_purchase_order(self, call: StepCall) -> StepResult:
        """Order goods from a supplier, to a warehouse or straight to the customer."""
        return await self._erp.create_purchase_order(call)

    @activity.defn(name="erp.cancel_purchase_order")
    async def cancel_purchase_order(self, call: UndoCall) -> StepResult:
        """Take that purchase order back."""
        return await self._erp.cancel_purchase_order(call)

    @activity.defn(name="erp.expedite_purchase_order")
    async def expedite_purchase_order(self, call: StepCall) -> StepResult:
        """Pay for an earlier delivery by a supplier."""
        return await self._erp.expedite_purchase_order(call)

    @activity.defn(name="erp.restore_purchase_order")
    async def restore_purchase_order(self, call: UndoCall) -> StepResult:
        """Put the supplier's former date back."""
        return await self._erp.restore_purchase_order(call)

    @activity.defn(name="erp.release_order")
    async def release_order(self, call: StepCall) -> StepResult:
        """Resolve all holds and let the order go: the pivot."""
        return await self._pivot(call, self._erp.release_made, self._erp.release)

    @activity.defn(name="erp.cancel_order")
    async def cancel_order(self, call: StepCall) -> StepResult:
        """End the order: the other pivot."""
        return await self._pivot(call, self._erp.cancellation_made, self._erp.cancel)

    async def _pivot(self, call: StepCall, made: Made, end: End) -> StepResult:
        """What was made under this key, or the pivot made now.

        A case that an operator reset asks again, as if for the first time, for what its first run did: the order is not
        what it was then, and that it is so because of us must not have everything undone.
        """
        if is_repeated(call, CallContext.of(call.case)):
            found = await made(call)
            if found is not None:
                return found
        try:
            await self._check(call)
        except SystemCallFailed as refused:
            found = await made(call) if refused.kind is IntegrationErrorKind.CONFLICT else None
            if found is None:
                raise
            return found
        return await end(call)

    async def _check(self, call: StepCall) -> None:
        """Look at the holds before resolving them.

        Some ERPs create a hold that they are told to resolve and do not have, and some let an order go with a hold that
        nobody mentioned. And whatever went wrong before this line, automation never releases a HARD hold.
        """
        order = await self._erp.order(CallContext.of(call.case), call.case.order_id)
        resolved = {one.hold_id: one for one in Resolutions.model_validate(call.arguments).resolutions}
        held = {hold.hold_id: hold for hold in order.holds}
        if order.version != call.order_version:
            raise _refused(
                call,
                IntegrationErrorKind.CONFLICT,
                f"has version {order.version} of the order, not {call.order_version}",
            )
        if order.status.is_dead:
            raise _refused(call, IntegrationErrorKind.CONFLICT, f"says that the order is {order.status}")
        if resolved.keys() != held.keys():
            different = ", ".join(sorted(resolved.keys() ^ held.keys()))
            raise _refused(call, IntegrationErrorKind.CONFLICT, f"has other holds than were decided on: {different}")
        for hold_id, resolution in resolved.items():
            if held[hold_id].hold_class is HoldClass.HARD and resolution.decided_by.startswith("system:"):
                what = f"was not asked: hold {hold_id} is HARD, and {resolution.decided_by} is not a person"
                raise _refused(call, IntegrationErrorKind.VALIDATION, what)


def _refused(call: StepCall, kind: IntegrationErrorKind, what: str) -> SystemCallFailed:
    return SystemCallFailed(
        system="erp", operation=f"erp.{call.step_id}", order_id=call.case.order_id, kind=kind, what=what
    )
