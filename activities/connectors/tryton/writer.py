"""Writes to one sale: guarded by the stamps of all its rows, with the ledger in the same transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from activities.connectors.tryton.changes import written
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.ledger import PREFIX, Contents, Entry, Phase
from activities.connectors.tryton.sales import Sale, Sales
from domain.exception_types import IntegrationErrorKind as Kind

NOTHING = Contents()


class Writer:
    """Every method is one transaction in Tryton, and answers with the sale as it is afterwards."""

    def __init__(self, client: TrytonClient, sales: Sales) -> None:
        self._client = client
        self._sales = sales

    async def note(self, context: CallContext, sale: Sale, entry: Entry) -> Sale:
        """Put an entry into the ledger, and nothing else."""
        return await self.change(context, sale, entry, NOTHING)

    async def change(
        self,
        context: CallContext,
        sale: Sale,
        entry: Entry,
        contents: Contents,
        *,
        added: Sequence[Mapping[str, Any]] = (),
        removed: Sequence[int] = (),
    ) -> Sale:
        """Change a sale and put the entry into its ledger. CONFLICT if anybody has touched any of its rows since."""
        values = {**written(contents.sale), "comment": sale.ledger.having(entry).text}
        if sale.state == "draft":
            values["lines"] = _line_operations(sale, contents, entry.ref, added, removed)
        stamps = sale.stamps

        async def write() -> None:
            await self._client.write(context, "sale.sale", "write", [sale.id], values, _timestamp=stamps)

        def is_there(now: Sale) -> bool:
            known = now.ledger.entry(entry.ref)
            return known is not None and known.phase is entry.phase

        return await self._settled(context, sale.id, write, is_there)

    async def to_draft(self, context: CallContext, sale: Sale, entry: Entry) -> Sale:
        """Take a quotation back, so that it can be changed. What we are about to do is written down first."""
        if sale.state != "quotation":
            return sale
        if sale.ledger.entry(entry.ref) is None:
            begun = entry.model_copy(update={"phase": Phase.BEGUN, "was": sale.state})
            sale = await self.note(context, sale, begun)
        return await self.press(context, sale, "draft", "draft")

    async def press(self, context: CallContext, sale: Sale, button: str, *states: str) -> Sale:
        """A button of the sale, after which it is in one of `states`. A warning raises AnswerWanted."""
        guard = {f"sale.sale,{sale.id}": sale.row["_timestamp"]}

        async def write() -> None:
            await self._client.write(context, "sale.sale", button, [sale.id], _timestamp=guard)

        return await self._settled(context, sale.id, write, lambda now: now.state in states)

    async def again(self, context: CallContext, sale_id: int) -> Sale:
        """The sale as it is now."""
        found = await self._sales.find(context, [["id", "=", sale_id]])
        if not found:
            raise self._client.failed(context, Kind.NOT_FOUND, f"has no sale {sale_id} any more")
        return found[0]

    async def _settled(
        self,
        context: CallContext,
        sale_id: int,
        write: Callable[[], Awaitable[None]],
        is_there: Callable[[Sale], bool],
    ) -> Sale:
        """The sale after a write. One whose outcome is not known is looked for once before that is reported, and so is
        one that is refused: perhaps an attempt that nobody waits for any more was there first.
        """
        unknown: SystemCallFailed | None = None
        try:
            await write()
        except SystemCallFailed as failure:
            if failure.kind in (Kind.CONFLICT, Kind.VALIDATION):
                return await self._done_already(context, sale_id, failure, is_there)
            if failure.kind is not Kind.UNKNOWN_OUTCOME:
                raise
            unknown = failure
        try:
            now = await self.again(context, sale_id)
        except SystemCallFailed as look:
            if unknown is None:
                raise
            raise unknown.instead(Kind.UNKNOWN_OUTCOME, f"{unknown.what} and then {look.what}") from None
        if unknown is not None and not is_there(now):
            raise unknown.instead(Kind.TRANSIENT, f"{unknown.what} and has nothing of it")
        return now

    async def _done_already(
        self, context: CallContext, sale_id: int, refusal: SystemCallFailed, is_there: Callable[[Sale], bool]
    ) -> Sale:
        try:
            now = await self.again(context, sale_id)
        except SystemCallFailed:
            raise refusal from None
        if not is_there(now):
            raise refusal
        return now


def _line_operations(
    sale: Sale, contents: Contents, ref: str, added: Sequence[Mapping[str, Any]], removed: Sequence[int]
) -> list[Any]:
    """Every line is written, those that stay as they are with nothing: only then does Tryton compare their stamps."""
    operations: list[Any] = [
        ["write", [line.id], written(contents.lines.get(str(line.id), {}))]
        for line in sale.lines
        if line.id not in removed
    ]
    if removed:
        operations.append(["delete", list(removed)])
    if added:
        operations.append(["create", [{**line, "note": f"{PREFIX}{ref}"} for line in added]])
    return operations
