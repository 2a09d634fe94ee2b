"""Changes of an order that is held, each once, and their reversal."""

from __future__ import annotations

from activities.connectors.http import CallContext
from activities.connectors.tryton.changes import Change, Unsuitable, changes, said, same
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.findings import Findings
from activities.connectors.tryton.ledger import PREFIX, Contents, Entry, Phase
from activities.connectors.tryton.masterdata import MasterData
from activities.connectors.tryton.orders import holds_of
from activities.connectors.tryton.parts import Parts
from activities.connectors.tryton.sales import Family, Sale, Sales
from activities.connectors.tryton.writer import Writer
from domain.calls import StepCall, StepResult, UndoCall
from domain.exception_types import IntegrationErrorKind as Kind

_ON_SEVERAL_SALES = frozenset({"set_price", "set_ship_to", "set_carrier", "set_promise", "add_quantities"})
"""Kinds that a family of sales takes one sale at a time: the rest is done by the next attempt."""


class Amending:
    """Carries out what `changes` says, under the guard of the version that it was decided on."""

    def __init__(self, client: TrytonClient, sales: Sales, findings: Findings, writer: Writer, parts: Parts) -> None:
        self._client = client
        self._sales = sales
        self._findings = findings
        self._writer = writer
        self._parts = parts
        self._master = MasterData(client)

    async def amend(self, context: CallContext, kind: str, call: StepCall) -> StepResult:
        """See ErpPort."""
        family = await self._sales.family(context, call.case.order_id)
        found = family.entry(call.idempotency_key)
        await self.check(context, family, call, found)
        read_back = found is not None and found.phase is Phase.DONE
        if not read_back or kind in _ON_SEVERAL_SALES:
            await self._carry_out(context, kind, call, family)
        made = await self._make_parts(context, call)
        apart = [part.order_id for part in made if not part.is_part]
        detail = {"new_order_id": apart[0]} if apart else {}
        return await self._result(context, call.case.order_id, call.idempotency_key, read_back=read_back, **detail)

    async def reverse(self, context: CallContext, call: UndoCall) -> StepResult:
        """See ErpPort."""
        family = await self._sales.family(context, call.case.order_id)
        owners = [sale for sale in family if sale.ledger.entry(call.reference) is not None]
        if not owners:
            return StepResult(reference=call.reference, resource_id="", detail={"found": False})
        for sale in owners:
            entry = sale.ledger.entry(call.reference)
            if entry is not None and entry.phase is not Phase.UNDONE:
                await self._put_back(context, sale, entry)
        return await self._result(context, call.case.order_id, call.reference, read_back=False)

    async def check(self, context: CallContext, family: Family, call: StepCall, found: Entry | None) -> None:
        """CONFLICT if the order is not what was decided on, or was touched by others while we were half done."""
        if found is None:
            if family.version != call.order_version:
                what = f"has version {family.version} of the order, not {call.order_version}"
                raise self._client.failed(context, Kind.CONFLICT, what)
            return
        if found.phase is Phase.UNDONE:
            raise self._client.failed(context, Kind.CONFLICT, f"has undone {found.ref} meanwhile")
        if found.phase is Phase.BEGUN:
            ours = await self._client.user_id(context)
            if family.touched_by_others(call.order_version, ours):
                raise self._client.failed(context, Kind.CONFLICT, "has an order that somebody changed under our hands")

    async def _carry_out(self, context: CallContext, kind: str, call: StepCall, family: Family) -> None:
        ref = call.idempotency_key
        holds = holds_of(family.sale, (await self._findings.of(context, [family.sale]))[family.sale.id])
        try:
            named = await self._master.named(context, kind, call.arguments, family)
            wanted = changes(kind, call.arguments, family, named)
        except Unsuitable as reason:
            raise self._client.failed(context, Kind.VALIDATION, str(reason)) from None
        for change in wanted:
            earlier = change.sale.ledger.entry(ref)
            if earlier is not None and earlier.phase is Phase.DONE:
                continue
            if not change.sale.is_open:
                raise self._client.failed(context, Kind.CONFLICT, f"says that the order is {change.sale.state}")
            entry = Entry(
                ref=ref,
                step=kind,
                phase=Phase.DONE,
                by=call.decided_by,
                why=call.reason,
                holds=tuple(hold.code for hold in holds),
                was=earlier.was if earlier else change.sale.state,
                before=change.before,
                after=change.after,
                parts=change.parts,
                added=bool(change.added),
            )
            await self._apply(context, change, entry)

    async def _apply(self, context: CallContext, change: Change, entry: Entry) -> None:
        sale = await self._writer.to_draft(context, change.sale, entry)
        await self._unmoved(context, change, sale)
        await self._writer.change(context, sale, entry, change.after, added=change.added)

    async def _unmoved(self, context: CallContext, change: Change, sale: Sale) -> None:
        """Between the two transactions nobody else may have changed what we change."""
        if not _says(sale, change.before):
            raise self._client.failed(context, Kind.CONFLICT, "has an order that somebody changed under our hands")

    async def _make_parts(self, context: CallContext, call: StepCall) -> list[Sale]:
        family = await self._sales.family(context, call.case.order_id)
        made: list[Sale] = []
        for sale in family:
            entry = sale.ledger.entry(call.idempotency_key)
            if entry is not None and entry.parts:
                made += await self._parts.made(context, sale, entry)
        return made

    async def _put_back(self, context: CallContext, sale: Sale, entry: Entry) -> None:
        undone = entry.model_copy(update={"phase": Phase.UNDONE})
        if sale.state not in ("draft", "quotation", "cancelled"):
            raise self._client.failed(
                context, Kind.CONFLICT, f"says that the order is {sale.state}: nothing is reversed"
            )
        await self._parts.taken_back(context, sale, entry)
        if entry.phase is Phase.BEGUN or sale.state == "cancelled":
            await self._writer.note(context, sale, undone)
            return
        sale = await self._writer.to_draft(context, sale, undone)
        if not _says(sale, entry.after):
            raise self._client.failed(
                context, Kind.CONFLICT, "has an order that was changed again since: reverse that first"
            )
        mark = f"{PREFIX}{entry.ref}"
        removed = [line.id for line in sale.lines if line.row["note"] == mark] if entry.added else []
        await self._writer.change(context, sale, undone, entry.before, removed=removed)

    async def _result(
        self, context: CallContext, order_id: str, ref: str, *, read_back: bool, **detail: str
    ) -> StepResult:
        family = await self._sales.family(context, order_id)
        return StepResult(
            reference=ref,
            resource_id=str(family.sale.row["number"] or order_id),
            order_version=family.version_by(await self._client.user_id(context)),
            detail={**detail},
            read_back=read_back,
        )


def _says(sale: Sale, contents: Contents) -> bool:
    """Whether a sale says just this of these fields."""
    if not same(said(sale.row, contents.sale), contents.sale):
        return False
    rows = {line_id: line.row for line_id in contents.lines if (line := sale.line(line_id)) is not None}
    return rows.keys() == contents.lines.keys() and all(
        same(said(rows[line_id], fields), fields) for line_id, fields in contents.lines.items()
    )
