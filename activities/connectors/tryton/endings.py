"""The pivots. A sale is released by quoting and confirming it, with the warnings answered that were decided on."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from pydantic import BaseModel

from activities.connectors.http import CallContext
from activities.connectors.tryton.amending import Amending
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.findings import CREDIT, STOCK
from activities.connectors.tryton.ledger import PART, Entry, Phase
from activities.connectors.tryton.orders import RELEASE, family_value
from activities.connectors.tryton.parts import Parts
from activities.connectors.tryton.reservations import Reservations
from activities.connectors.tryton.sales import Family, Sale, Sales
from activities.connectors.tryton.writer import Writer
from domain.calls import ReleaseResolution, StepCall, StepResult
from domain.exception_types import IntegrationErrorKind as Kind

CANCEL, CREDIT_RELEASE = "cancel", "credit.release"
_RELEASED = frozenset({"confirmed", "processing", "done"})


class _Finish(Protocol):
    """What brings a pivot to its end, from wherever it stands."""

    async def __call__(self, context: CallContext, call: StepCall, *, read_back: bool) -> StepResult: ...


class Resolutions(BaseModel):
    """The arguments of a pivot that matter here."""

    resolutions: tuple[ReleaseResolution, ...]


class Endings:
    """Releases and cancels held orders."""

    def __init__(self, client: TrytonClient, *, sales: Sales, writer: Writer, parts: Parts, amending: Amending) -> None:
        self._client = client
        self._sales = sales
        self._writer = writer
        self._parts = parts
        self._amending = amending
        self._reservations = Reservations(client)

    async def release_made(self, context: CallContext, call: StepCall) -> StepResult | None:
        """What an earlier attempt began is finished: once the decision stands in the ledger there is no way back."""
        async with self._client.turn(context):
            return await self._resumed(context, call, self._release_all)

    async def release(self, context: CallContext, call: StepCall) -> StepResult:
        """Let the order go, parts and all: the decision is written down, then each sale is quoted and confirmed."""
        async with self._client.turn(context):
            await self._begin(context, call, RELEASE)
            return await self._release_all(context, call, read_back=False)

    async def cancellation_made(self, context: CallContext, call: StepCall) -> StepResult | None:
        """As with a release."""
        return await self._resumed(context, call, self._cancel_all)

    async def cancel(self, context: CallContext, call: StepCall) -> StepResult:
        """End the order: first what was split off it, then the sale."""
        await self._begin(context, call, CANCEL)
        return await self._cancel_all(context, call, read_back=False)

    async def _resumed(self, context: CallContext, call: StepCall, finish: _Finish) -> StepResult | None:
        family = await self._sales.family(context, call.case.order_id)
        entry = family.sale.ledger.entry(call.idempotency_key)
        if entry is None:
            return None
        if entry.phase is Phase.BEGUN:
            await self._amending.check(context, family, call, entry)
        return await finish(context, call, read_back=True)

    async def _begin(self, context: CallContext, call: StepCall, step: str) -> None:
        """Put the decision into the ledger. CONFLICT if the order is not the one that was decided on."""
        family = await self._sales.family(context, call.case.order_id)
        found = family.sale.ledger.entry(call.idempotency_key)
        await self._amending.check(context, family, call, found)
        if found is not None:
            return
        if not family.sale.is_open:
            raise self._client.failed(context, Kind.CONFLICT, f"says that the order is {family.sale.state}")
        resolutions = Resolutions.model_validate(call.arguments).resolutions
        if step == RELEASE:
            self._check_credit(context, family, resolutions)
        entry = Entry(
            ref=call.idempotency_key,
            step=step,
            phase=Phase.BEGUN,
            by=call.decided_by,
            why=call.reason,
            was=family.sale.state,
            terms={"resolutions": [_short(one) for one in resolutions]},
        )
        await self._writer.note(context, family.sale, entry)

    async def _release_all(self, context: CallContext, call: StepCall, *, read_back: bool) -> StepResult:
        resolutions = Resolutions.model_validate(call.arguments).resolutions
        codes = {_code(resolution.hold_id) for resolution in resolutions}
        family = await self._sales.family(context, call.case.order_id)
        for owner in family:
            for entry in owner.ledger.standing():
                if entry.step != PART:
                    await self._parts.made(context, owner, entry)
        for sale in await self._sales.family(context, call.case.order_id):
            await self._release_one(context, sale, codes)
        return await self._finished(context, call, read_back=read_back)

    async def _cancel_all(self, context: CallContext, call: StepCall, *, read_back: bool) -> StepResult:
        family = await self._sales.family(context, call.case.order_id)
        for sale in (*family.parts, family.sale):
            if sale.is_open:
                await self._writer.press(context, sale, "cancel", "cancelled")
        return await self._finished(context, call, read_back=read_back)

    async def _finished(self, context: CallContext, call: StepCall, *, read_back: bool) -> StepResult:
        """What was set aside is given back, and the entry says that it is done."""
        await self._reservations.give_back(context, call.case.order_id)
        sale = (await self._sales.family(context, call.case.order_id)).sale
        entry = sale.ledger.entry(call.idempotency_key)
        if entry is not None and entry.phase is Phase.BEGUN:
            await self._writer.note(context, sale, entry.model_copy(update={"phase": Phase.DONE}))
        return await self._result(context, call, read_back=read_back)

    async def _release_one(self, context: CallContext, sale: Sale, codes: set[str]) -> None:
        if sale.state == "draft":
            async with self._answered(context, sale, codes):
                sale = await self._writer.press(context, sale, "quote", "quotation", *_RELEASED)
        if sale.state == "quotation":
            async with self._answered(context, sale, codes):
                await self._writer.press(context, sale, "confirm", *_RELEASED)

    @asynccontextmanager
    async def _answered(self, context: CallContext, sale: Sale, codes: set[str]) -> AsyncIterator[None]:
        """With the warnings skipped that the decisions cover, by name, and only for as long as the block lasts.

        One that is skipped and not used would be a standing approval: what is left of them is taken away, also what an
        attempt left that died here.
        """
        names = [*_warnings(sale, codes)]
        await self._withdraw(context, sale)
        for name in names:
            await self._client.write(context, "res.user.warning", "skip", name)
        try:
            yield
        finally:
            if names:
                await self._withdraw(context, sale)

    async def _withdraw(self, context: CallContext, sale: Sale) -> None:
        ours = await self._client.user_id(context)
        names = [*_warnings(sale, {CREDIT, STOCK})]
        left = await self._client.rows(
            context, "res.user.warning", [["user", "=", ours], ["name", "in", names]], ["name"]
        )
        if left:
            await self._client.write(context, "res.user.warning", "delete", [row["id"] for row in left])

    def _check_credit(self, context: CallContext, family: Family, resolutions: Iterable[ReleaseResolution]) -> None:
        """A release of credit covers so much, until then: Tryton has no place for either and checks neither."""
        if all(_code(resolution.hold_id) != CREDIT for resolution in resolutions):
            return
        for entry in family.sale.ledger.standing(CREDIT_RELEASE):
            amount, until = Decimal(str(entry.terms["amount"])), datetime.fromisoformat(str(entry.terms["valid_until"]))
            total = family_value(family) + sum((sale.row["tax_amount"] or Decimal(0) for sale in family), Decimal(0))
            if total > amount or datetime.now(UTC) > until:
                raise self._client.failed(context, Kind.CONFLICT, "has a release of credit that covers this no more")

    async def _result(self, context: CallContext, call: StepCall, *, read_back: bool) -> StepResult:
        family = await self._sales.family(context, call.case.order_id)
        return StepResult(
            reference=call.idempotency_key,
            resource_id=str(family.sale.row["number"] or family.sale.order_id),
            order_version=family.version_by(await self._client.user_id(context)),
            detail={"number": family.sale.row["number"]} if family.sale.row["number"] else {},
            read_back=read_back,
        )


def _warnings(sale: Sale, codes: set[str]) -> Iterable[str]:
    """The names of the warnings that decisions about holds of these codes answer."""
    if CREDIT in codes:
        key = hashlib.md5(f"sale.sale,{sale.id}".encode(), usedforsecurity=False).hexdigest()
        yield f"{key}.credit_limit_amount"
    if STOCK in codes:
        yield from (f"stock_quantity_warning_{line.id}" for line in sale.lines if line.is_goods)


def _code(hold_id: str) -> str:
    """`CREDIT` of `sale-12-CREDIT-1`."""
    return hold_id.rsplit("-", 2)[1]


def _short(resolution: ReleaseResolution) -> str:
    return f"{resolution.hold_id}: {resolution.resolution} by {resolution.decided_by}"
