"""The ERP over HTTP: orders at `/v1/orders`, guarded by their version as ETag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote

from pydantic import BaseModel, JsonValue

from activities.connectors.effects import Write
from activities.connectors.http import CallContext, Params, SystemClient
from activities.connectors.steps import Steps
from domain.calls import StepCall, StepResult, UndoCall
from domain.edi.business_answer import OrderStory
from domain.facts.address import EnteredAddress
from domain.facts.hold_history import HoldHistory
from domain.facts.inventory import Sourcing
from domain.facts.similar_orders import SimilarOrders
from domain.facts.validation import OrderValidation
from domain.order import Order
from domain.reconciliation import HeldOrder, HeldPage

AMENDMENTS = "amendments"
MERGES = "merges"
SUPERSESSIONS = "supersessions"
REVALIDATIONS = "revalidations"
PURCHASE_ORDERS = "purchase-orders"
PURCHASE_ORDER_CHANGES = "purchase-order-changes"
RELEASES = "releases"
CANCELLATIONS = "cancellations"
_PAGE = "100"


class _OrderPage(BaseModel):
    """A page of `/v1/orders`."""

    items: tuple[HeldOrder, ...]
    next_cursor: str | None = None


class HttpErp:
    """An `ErpPort` on the HTTP API that the sandbox's ERP has."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    async def order(self, context: CallContext, order_id: str) -> Order:
        """See ErpPort."""
        return await self._client.read(context, f"/v1/orders/{_quoted(order_id)}", Order)

    async def held_orders(self, context: CallContext, cursor: str | None) -> HeldPage:
        """See ErpPort."""
        return await self._held(context, {"held": "true", "limit": _PAGE, "cursor": cursor})

    async def held_among(self, context: CallContext, order_ids: Sequence[str]) -> HeldPage:
        """See ErpPort."""
        return await self._held(context, {"held": "true", "limit": _PAGE, "ids": ",".join(order_ids)})

    async def _held(self, context: CallContext, params: Params) -> HeldPage:
        page = await self._client.read(context, "/v1/orders", _OrderPage, params)
        return HeldPage(orders=page.items, next_cursor=page.next_cursor)

    async def sourcing(self, context: CallContext, items: list[str]) -> Sourcing:
        """See ErpPort."""
        return await self._client.read(context, "/v1/items", Sourcing, {"ids": ",".join(items)})

    async def similar_orders(self, context: CallContext, customer_id: str, order_id: str, since: date) -> SimilarOrders:
        """See ErpPort."""
        params = {"since": since.isoformat(), "besides": order_id}
        path = f"/v1/customers/{_quoted(customer_id)}/orders"
        return await self._client.read(context, path, SimilarOrders, params)

    async def address(self, context: CallContext, order_id: str) -> EnteredAddress:
        """See ErpPort."""
        return await self._client.read(context, f"/v1/orders/{_quoted(order_id)}/address", EnteredAddress)

    async def story(self, context: CallContext, order_id: str) -> OrderStory:
        """See ErpPort."""
        return await self._client.read(context, f"/v1/orders/{_quoted(order_id)}/story", OrderStory)

    async def hold_history(self, context: CallContext, order_id: str) -> HoldHistory:
        """See ErpPort."""
        return await self._client.read(context, f"/v1/orders/{_quoted(order_id)}/holds", HoldHistory)

    async def amend(self, kind: str, call: StepCall) -> StepResult:
        """See ErpPort."""
        body: dict[str, JsonValue] = {"order_id": call.case.order_id, "kind": kind, "arguments": call.arguments}
        return await self._guarded(call, AMENDMENTS, f"/v1/{AMENDMENTS}", body)

    async def reverse_amendment(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._steps.undo(AMENDMENTS, call)

    async def merge_into(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._to_other_order(call, MERGES)

    async def unmerge(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._steps.undo(MERGES, call)

    async def cancel_other_order(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._to_other_order(call, SUPERSESSIONS)

    async def reinstate_other_order(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._steps.undo(SUPERSESSIONS, call)

    async def revalidate(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._guarded(call, REVALIDATIONS, f"/v1/orders/{_quoted(call.case.order_id)}/revalidate", {})

    async def forget_validation(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._steps.undo(REVALIDATIONS, call)

    async def validation(self, context: CallContext, order_id: str) -> OrderValidation:
        """See ErpPort."""
        return await self._client.read(context, f"/v1/orders/{_quoted(order_id)}/validation", OrderValidation)

    async def create_purchase_order(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._steps.carry_out(PURCHASE_ORDERS, call)

    async def cancel_purchase_order(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._steps.undo(PURCHASE_ORDERS, call)

    async def expedite_purchase_order(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._steps.carry_out(PURCHASE_ORDER_CHANGES, call)

    async def restore_purchase_order(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._steps.undo(PURCHASE_ORDER_CHANGES, call)

    async def release_made(self, call: StepCall) -> StepResult | None:
        """See ErpPort."""
        return await self._steps.find(RELEASES, call)

    async def release(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        body = {"resolutions": call.arguments["resolutions"]}
        return await self._guarded(call, RELEASES, f"/v1/orders/{_quoted(call.case.order_id)}/release", body)

    async def cancellation_made(self, call: StepCall) -> StepResult | None:
        """See ErpPort."""
        return await self._steps.find(CANCELLATIONS, call)

    async def cancel(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        body = {name: call.arguments[name] for name in ("reason_code", "resolutions")}
        return await self._guarded(call, CANCELLATIONS, f"/v1/orders/{_quoted(call.case.order_id)}/cancellation", body)

    async def _to_other_order(self, call: StepCall, collection: str) -> StepResult:
        """A write that counts only for the version of the other order that the decision rests on."""
        version = call.arguments["version"]
        body = {name: value for name, value in call.arguments.items() if name != "version"}
        write = replace(Write.into(collection, call.idempotency_key, body), if_match=f'"v{version}"')
        return await self._steps.write(call, write)

    async def _guarded(self, call: StepCall, collection: str, path: str, body: Mapping[str, JsonValue]) -> StepResult:
        """A write that counts only for the version of the order that the decision rests on."""
        write = Write(
            collection=collection,
            path=path,
            reference=call.idempotency_key,
            body=body,
            if_match=f'"v{call.order_version}"',
        )
        return await self._steps.write(call, write)


def _quoted(order_id: str) -> str:
    return quote(order_id, safe="")
