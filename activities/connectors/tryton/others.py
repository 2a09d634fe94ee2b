"""Steps that change an older order, of which the case's own order is a duplicate."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from activities.connectors.http import CallContext
from activities.connectors.tryton.changes import AddLines, new_line
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.ledger import PREFIX, Contents, Entry, Phase
from activities.connectors.tryton.masterdata import MasterData
from activities.connectors.tryton.processing import Processing
from activities.connectors.tryton.sales import Family, Sale, Sales
from activities.connectors.tryton.writer import Writer
from domain.calls import StepCall, StepResult, UndoCall
from domain.exception_types import IntegrationErrorKind as Kind

MERGE, SUPERSEDE = "merge_into", "cancel_other_order"
_UNDO = "-undo"


class Merge(BaseModel):
    """The arguments of `erp.merge_into`; `erp.cancel_other_order` has the first two."""

    model_config = ConfigDict(extra="ignore")

    order_id: str
    version: int
    add_quantities: dict[str, Decimal] = {}
    add_lines: list[dict[str, Any]] = Field(default_factory=list)


class OtherOrders:
    """Adds to older orders, ends them, and has them as they were."""

    def __init__(self, client: TrytonClient, sales: Sales, writer: Writer) -> None:
        self._client = client
        self._sales = sales
        self._writer = writer
        self._processing = Processing(client, writer)
        self._master = MasterData(client)

    async def merge(self, context: CallContext, call: StepCall) -> StepResult:
        """See ErpPort."""
        wanted = Merge.model_validate(call.arguments)
        sale, found = await self._guarded(context, call, wanted)
        for line_id in wanted.add_quantities:
            if sale.line(line_id) is None:
                raise self._client.failed(context, Kind.VALIDATION, f"has no line {line_id} on {wanted.order_id}")
        if found is None or found.phase is not Phase.DONE:
            if sale.is_open:
                await self._merge_into_open(context, call, sale, found, wanted)
            else:
                await self._merge_into_released(context, call, sale, found, wanted)
        return self._done(call, sale, found)

    async def cancel(self, context: CallContext, call: StepCall) -> StepResult:
        """See ErpPort."""
        wanted = Merge.model_validate(call.arguments)
        sale, found = await self._guarded(context, call, wanted)
        if found is None:
            before = Contents(lines={str(line.id): {"quantity": f"{line.quantity:f}"} for line in sale.lines})
            entry = self._entry(call, SUPERSEDE, sale, before, Phase.DONE)
            sale = await self._writer.note(context, sale, entry)
        if sale.is_open:
            await self._writer.press(context, sale, "cancel", "cancelled")
        elif sale.state == "processing":
            nothing = {str(line.id): Decimal(0) for line in sale.lines}
            await self._processing.set_quantities(context, sale, call.idempotency_key, nothing)
        return self._done(call, sale, found)

    async def undo(self, context: CallContext, call: UndoCall) -> StepResult:
        """Take either back, wherever the reference stands."""
        found = await self._sales.having(context, call.reference)
        if not found:
            return StepResult(reference=call.reference, resource_id="", detail={"found": False})
        sale = found[0]
        entry = sale.ledger.entry(call.reference)
        if entry is not None and entry.phase is not Phase.UNDONE:
            if entry.step == SUPERSEDE:
                await self._reinstate(context, sale, entry)
            else:
                await self._unmerge(context, sale, entry)
        return StepResult(reference=call.reference, resource_id=sale.order_id)

    async def _guarded(self, context: CallContext, call: StepCall, wanted: Merge) -> tuple[Sale, Entry | None]:
        """The other order, at the version that was decided on or half way through this very step."""
        family = await self._sales.family(context, wanted.order_id)
        found = family.sale.ledger.entry(call.idempotency_key)
        if found is not None and found.phase is Phase.UNDONE:
            raise self._client.failed(context, Kind.CONFLICT, f"has undone {found.ref} meanwhile")
        if found is None and family.version != wanted.version:
            what = f"has version {family.version} of {wanted.order_id}, not {wanted.version}"
            raise self._client.failed(context, Kind.CONFLICT, what)
        if found is None and family.sale.state not in ("draft", "quotation", "processing"):
            raise self._client.failed(context, Kind.CONFLICT, f"says that {wanted.order_id} is {family.sale.state}")
        if found is None and family.parts:
            what = f"has split {wanted.order_id} over {1 + len(family.parts)} sales: change them by hand"
            raise self._client.failed(context, Kind.VALIDATION, what)
        return family.sale, found

    async def _merge_into_open(
        self, context: CallContext, call: StepCall, sale: Sale, found: Entry | None, wanted: Merge
    ) -> None:
        added = await self._new_lines(context, wanted)
        after = {line_id: {"quantity": f"{amount:f}"} for line_id, amount in self._sums(sale, wanted).items()}
        entry = self._entry(call, MERGE, sale, self._before(sale, wanted), Phase.DONE)
        entry = entry.model_copy(
            update={"was": found.was if found else sale.state, "after": Contents(lines=after), "added": bool(added)}
        )
        sale = await self._writer.to_draft(context, sale, entry)
        sale = await self._writer.change(context, sale, entry, Contents(lines=after), added=added)
        if entry.was == "quotation":
            await self._writer.press(context, sale, "quote", "quotation")

    async def _merge_into_released(
        self, context: CallContext, call: StepCall, sale: Sale, found: Entry | None, wanted: Merge
    ) -> None:
        if wanted.add_lines:
            what = f"takes no new lines on {wanted.order_id}, which is {sale.state}: keep both orders"
            raise self._client.failed(context, Kind.VALIDATION, what)
        before = found.before if found else self._before(sale, wanted)
        sums = {
            line_id: Decimal(str(before.lines[line_id]["quantity"])) + more
            for line_id, more in wanted.add_quantities.items()
        }
        if found is None:
            begun = self._entry(call, MERGE, sale, before, Phase.BEGUN)
            sale = await self._writer.note(context, sale, begun)
        sale = await self._processing.set_quantities(context, sale, call.idempotency_key, sums)
        entry = sale.ledger.entry(call.idempotency_key)
        if entry is not None:
            await self._writer.note(context, sale, entry.model_copy(update={"phase": Phase.DONE}))

    async def _unmerge(self, context: CallContext, sale: Sale, entry: Entry) -> None:
        undone = entry.model_copy(update={"phase": Phase.UNDONE})
        if sale.is_open:
            mark = f"{PREFIX}{entry.ref}"
            removed = [line.id for line in sale.lines if line.row["note"] == mark]
            sale = await self._writer.to_draft(context, sale, undone)
            before = entry.before if entry.phase is Phase.DONE else Contents()
            sale = await self._writer.change(context, sale, undone, before, removed=removed)
            if entry.was == "quotation":
                await self._writer.press(context, sale, "quote", "quotation")
            return
        if sale.state != "cancelled":
            sale = await self._processing.set_quantities(context, sale, entry.ref + _UNDO, _quantities(entry))
        await self._writer.note(context, sale, undone)

    async def _reinstate(self, context: CallContext, sale: Sale, entry: Entry) -> None:
        if sale.state == "cancelled":
            sale = await self._writer.press(context, sale, "draft", "draft")
        elif sale.state in ("processing", "done"):
            sale = await self._processing.set_quantities(context, sale, entry.ref + _UNDO, _quantities(entry))
        if sale.state == "draft" and entry.was == "quotation":
            sale = await self._writer.press(context, sale, "quote", "quotation")
        await self._writer.note(context, sale, entry.model_copy(update={"phase": Phase.UNDONE}))

    async def _new_lines(self, context: CallContext, wanted: Merge) -> list[Mapping[str, Any]]:
        if not wanted.add_lines:
            return []
        lines = AddLines.model_validate({"lines": wanted.add_lines}).lines
        products = await self._master.products(context, [line.item for line in lines])
        unknown = [line.item for line in lines if line.item not in products]
        if unknown:
            raise self._client.failed(context, Kind.MAPPING, f"has no product {', '.join(unknown)}")
        return [new_line(products[line.item], line.quantity, line.unit_price) for line in lines]

    def _before(self, sale: Sale, wanted: Merge) -> Contents:
        known = {line_id: line for line_id in wanted.add_quantities if (line := sale.line(line_id)) is not None}
        return Contents(lines={line_id: {"quantity": f"{line.quantity:f}"} for line_id, line in known.items()})

    def _sums(self, sale: Sale, wanted: Merge) -> dict[str, Decimal]:
        lines = ((line_id, sale.line(line_id), more) for line_id, more in wanted.add_quantities.items())
        return {line_id: line.quantity + more for line_id, line, more in lines if line is not None}

    def _entry(self, call: StepCall, step: str, sale: Sale, before: Contents, phase: Phase) -> Entry:
        return Entry(
            ref=call.idempotency_key,
            step=step,
            phase=phase,
            by=call.decided_by,
            why=call.reason,
            was=sale.state,
            before=before,
            terms={"for": call.case.order_id},
        )

    def _done(self, call: StepCall, sale: Sale, found: Entry | None) -> StepResult:
        return StepResult(
            reference=call.idempotency_key,
            resource_id=Family(sale).sale.order_id,
            read_back=found is not None and found.phase is Phase.DONE,
        )


def _quantities(entry: Entry) -> dict[str, Decimal]:
    return {line_id: Decimal(str(fields["quantity"])) for line_id, fields in entry.before.lines.items()}
