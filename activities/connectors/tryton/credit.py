"""Credit: what Tryton knows of a customer's exposure, and what of a release and a limit it can keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, JsonValue

from activities.connectors.http import CallContext
from activities.connectors.tryton.amending import Amending
from activities.connectors.tryton.client import Row, TrytonClient
from activities.connectors.tryton.endings import CREDIT_RELEASE
from activities.connectors.tryton.findings import CREDIT, Findings
from activities.connectors.tryton.ledger import Contents, Entry, Fields, Phase
from activities.connectors.tryton.parts import Parts
from activities.connectors.tryton.refusals import cannot
from activities.connectors.tryton.sales import Family, Sales
from activities.connectors.tryton.writer import Writer
from domain.base import digest
from domain.calls import StepCall, StepResult, UndoCall
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.credit import CreditPosition

RAISE = "credit.raise_limit"
NO_LIMIT = Decimal(10) ** 12
"""What stands for a customer without a limit."""
_PARTY = ["code", "credit_amount", "credit_limit_amount", "receivable", "currency.code"]


class Release(BaseModel):
    """The arguments of `credit.release` that matter here."""

    model_config = ConfigDict(extra="ignore")

    amount: Decimal
    valid_until: datetime


class NewLimit(BaseModel):
    """The arguments of `credit.raise_limit` that matter here."""

    model_config = ConfigDict(extra="ignore")

    customer_id: str
    limit: Decimal


class TrytonCredit:
    """A `CreditPort`.

    A release is the decision to answer Tryton's warning when the order is confirmed: until then it stands in the sale's
    ledger, and is not an approval that Tryton itself would act on.
    """

    def __init__(self, client: TrytonClient) -> None:
        self._client = client
        self._sales = Sales(client)
        self._writer = Writer(client, self._sales)
        parts = Parts(client, self._sales, self._writer)
        self._amending = Amending(client, self._sales, Findings(client), self._writer, parts)

    async def position(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> CreditPosition:
        """See CreditPort. An order that is not released is in no figure of Tryton's."""
        party = await self._party(context, str(arguments.get("customer_id")))
        receivable, used = party["receivable"] or Decimal(0), party["credit_amount"] or Decimal(0)
        values: dict[str, JsonValue] = {
            "customer_id": party["code"],
            "currency": str(arguments.get("currency") or "USD"),
            "open_receivables": str(receivable),
            "open_orders": str(used - receivable),
            "limit": str(NO_LIMIT if party["credit_limit_amount"] is None else party["credit_limit_amount"]),
            "oldest_overdue_days": await self._overdue_days(context, party["id"]),
        }
        return CreditPosition.model_validate({**values, "version": digest(values)[:16]})

    async def release(self, call: StepCall) -> StepResult:
        """See CreditPort."""
        wanted = Release.model_validate(call.arguments)
        terms: Fields = {"amount": f"{wanted.amount:f}", "valid_until": wanted.valid_until.isoformat()}
        return await self._noted(call, CREDIT_RELEASE, terms)

    async def reblock(self, call: UndoCall) -> StepResult:
        """See CreditPort."""
        return await self._undone(call)

    async def raise_limit(self, call: StepCall) -> StepResult:
        """See CreditPort. Tryton ends no limit by itself: it stays until somebody lowers it."""
        context, wanted = CallContext.of(call.case), NewLimit.model_validate(call.arguments)
        party = await self._party(context, wanted.customer_id)
        terms: Fields = {
            "party": party["id"],
            "before": _text(party["credit_limit_amount"]),
            "after": f"{wanted.limit:f}",
        }
        result = await self._noted(call, RAISE, terms)
        await self._set_limit(context, party["id"], wanted.limit)
        return result

    async def restore_limit(self, call: UndoCall) -> StepResult:
        """See CreditPort. A limit that somebody has changed since is left alone."""
        context = CallContext.of(call.case)
        entry = (await self._sales.family(context, call.case.order_id)).entry(call.reference)
        if entry is not None and entry.phase is not Phase.UNDONE:
            party_id = int(str(entry.terms["party"]))
            rows = await self._client.read(context, "party.party", "read", [party_id], ["credit_limit_amount"])
            if rows[0]["credit_limit_amount"] == Decimal(str(entry.terms["after"])):
                before = entry.terms["before"]
                await self._set_limit(context, party_id, None if before is None else Decimal(str(before)))
        return await self._undone(call)

    async def authorise_payment(self, call: StepCall) -> StepResult:
        """See CreditPort. Never offered: no card is on file."""
        raise cannot(self._client, call.case, "takes no cards: the module for payments is another connector's business")

    async def void_payment(self, call: UndoCall) -> StepResult:
        """See CreditPort."""
        return StepResult(reference=call.reference, resource_id="", detail={"found": False})

    async def create_payment_link(self, call: StepCall) -> StepResult:
        """See CreditPort."""
        raise cannot(self._client, call.case, "sends no payment links: decide for another option, or send it by hand")

    async def cancel_payment_link(self, call: UndoCall) -> StepResult:
        """See CreditPort."""
        return StepResult(reference=call.reference, resource_id="", detail={"found": False})

    async def _noted(self, call: StepCall, step: str, terms: Fields) -> StepResult:
        context = CallContext.of(call.case)
        family = await self._sales.family(context, call.case.order_id)
        found = family.entry(call.idempotency_key)
        await self._amending.check(context, family, call, found)
        if found is None:
            entry = Entry(
                ref=call.idempotency_key,
                step=step,
                phase=Phase.DONE,
                by=call.decided_by,
                why=call.reason,
                holds=(CREDIT,),
                was=family.sale.state,
                before=Contents(),
                terms=terms,
            )
            family = Family(await self._writer.note(context, family.sale, entry), family.parts)
        return await self._result(context, call.idempotency_key, family, read_back=found is not None)

    async def _undone(self, call: UndoCall) -> StepResult:
        context = CallContext.of(call.case)
        family = await self._sales.family(context, call.case.order_id)
        entry = family.sale.ledger.entry(call.reference)
        if entry is None:
            return StepResult(reference=call.reference, resource_id="", detail={"found": False})
        if entry.phase is not Phase.UNDONE:
            undone = entry.model_copy(update={"phase": Phase.UNDONE})
            family = Family(await self._writer.note(context, family.sale, undone), family.parts)
        return await self._result(context, call.reference, family, read_back=False)

    async def _result(self, context: CallContext, ref: str, family: Family, *, read_back: bool) -> StepResult:
        version = family.version_by(await self._client.user_id(context))
        return StepResult(reference=ref, resource_id=family.sale.order_id, order_version=version, read_back=read_back)

    async def _set_limit(self, context: CallContext, party: int, limit: Decimal | None) -> None:
        """A figure, not a difference: written twice it is the same."""
        await self._client.write(context, "party.party", "write", [party], {"credit_limit_amount": limit})

    async def _party(self, context: CallContext, code: str) -> Row:
        rows = await self._client.rows(context, "party.party", [["code", "=", code]], _PARTY)
        if not rows:
            raise self._client.failed(context, Kind.MAPPING, f"has no customer {code}")
        return rows[0]

    async def _overdue_days(self, context: CallContext, party: int) -> int:
        """Of the oldest item that is due and not paid."""
        today = datetime.now(UTC).date()
        domain = [
            ["party", "=", party],
            ["account.type.receivable", "=", True],
            ["reconciliation", "=", None],
            ["debit", ">", 0],
            ["maturity_date", "<", today],
        ]
        rows = await self._client.rows(context, "account.move.line", domain, ["maturity_date"])
        return max(((today - row["maturity_date"]).days for row in rows), default=0)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
