"""Writes that carry a reference, so that each leaves exactly one effect however often it is tried.

The rule: a write that may have happened before is looked for first; a write whose outcome is unknown is looked for once
before that is reported. Idempotency keys make this cheap where a system has them, and nothing here relies on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, JsonValue

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext, SystemClient
from domain.exception_types import IntegrationErrorKind

CANCELLED = "CANCELLED"
_REASON_LENGTH = 500


class Effect(BaseModel):
    """What a write left behind in a system. What that system says besides is in `model_extra`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    reference: str
    status: str = "ACTIVE"
    order_version: int | None = None


class EffectPage(BaseModel):
    """The answer to a look for a reference: none or one, unless the system has no idempotency."""

    items: tuple[Effect, ...]


@dataclass(frozen=True)
class Write:
    """POST `body` to `path`; `reference`, its idempotency key too, finds the effect in `collection`."""

    collection: str
    path: str
    reference: str
    body: Mapping[str, JsonValue]
    if_match: str | None = None

    @classmethod
    def into(cls, collection: str, reference: str, body: Mapping[str, JsonValue]) -> Write:
        """The usual case: what is posted to a collection is found in it."""
        return cls(collection=collection, path=f"/v1/{collection}", reference=reference, body=body)


@dataclass(frozen=True)
class Found:
    """An effect, and whether it was found rather than made just now."""

    effect: Effect
    read_back: bool


class Effects:
    """The effects of ours in one system."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client

    async def find(self, context: CallContext, collection: str, reference: str) -> Effect | None:
        """The effect of that reference, an active one before a cancelled one; None if there is none."""
        page = await self._client.look(context, f"/v1/{collection}", EffectPage, {"reference": reference})
        ours = [effect for effect in page.items if effect.reference == reference]
        return next((effect for effect in ours if effect.status != CANCELLED), ours[0] if ours else None)

    async def create(self, context: CallContext, write: Write, *, look_first: bool) -> Found:
        """Make the effect, once. Raises SystemCallFailed: UNKNOWN_OUTCOME only if looking did not tell either."""
        if look_first:
            effect = await self.find(context, write.collection, write.reference)
            if effect is not None:
                return Found(self._alive(context, effect), read_back=True)
        try:
            effect = await self._post(context, write)
        except SystemCallFailed as failure:
            if failure.kind is IntegrationErrorKind.CONFLICT and not failure.may_exist:
                return await self._made_before(context, write, failure)
            if failure.kind is not IntegrationErrorKind.UNKNOWN_OUTCOME and not failure.may_exist:
                raise
            return Found(self._alive(context, await self._read_back(context, write, failure)), read_back=True)
        return Found(effect, read_back=False)

    async def cancel(
        self, context: CallContext, collection: str, reference: str, *, key: str, reason: str
    ) -> Effect | None:
        """Undo the effect of that reference, once. None if there is nothing of that reference."""
        effect = await self.find(context, collection, reference)
        if effect is None or effect.status == CANCELLED:
            return effect
        path = f"/v1/{collection}/{quote(effect.id, safe='')}/cancel"
        body: dict[str, JsonValue] = {"reference": key, "reason": reason[:_REASON_LENGTH]}
        try:
            return await self._client.write(context, path, Effect, body, key=key)
        except SystemCallFailed as failure:
            if failure.kind is not IntegrationErrorKind.UNKNOWN_OUTCOME:
                raise
            effect = await self._look_again(context, collection, reference, failure)
            if effect is not None and effect.status == CANCELLED:
                return effect
            raise

    async def _post(self, context: CallContext, write: Write) -> Effect:
        body = {"reference": write.reference, **write.body}
        return await self._client.write(context, write.path, Effect, body, key=write.reference, if_match=write.if_match)

    async def _read_back(self, context: CallContext, write: Write, failure: SystemCallFailed) -> Effect:
        """What the write left behind after all. A look that tells nothing leaves the outcome unknown."""
        effect = await self._look_again(context, write.collection, write.reference, failure)
        if effect is not None:
            return effect
        if failure.may_exist:
            raise failure
        what = f"{failure.what} and has nothing of reference {write.reference}"
        raise failure.instead(IntegrationErrorKind.TRANSIENT, what)

    async def _made_before(self, context: CallContext, write: Write, failure: SystemCallFailed) -> Found:
        """What is in the way may be our own effect: a case that was reset writes as if for the first time."""
        effect = await self.find(context, write.collection, write.reference)
        if effect is None or effect.status == CANCELLED:
            raise failure
        return Found(effect, read_back=True)

    async def _look_again(
        self, context: CallContext, collection: str, reference: str, failure: SystemCallFailed
    ) -> Effect | None:
        try:
            return await self.find(context, collection, reference)
        except SystemCallFailed as look:
            what = f"{failure.what} and then, asked for reference {reference}, {look.what}"
            raise failure.instead(IntegrationErrorKind.UNKNOWN_OUTCOME, what) from None

    def _alive(self, context: CallContext, effect: Effect) -> Effect:
        """What was undone is not there, whoever undid it: doing it again is a new decision with a new reference."""
        if effect.status != CANCELLED:
            return effect
        raise SystemCallFailed(
            system=self._client.name,
            operation=context.operation,
            order_id=context.order_id,
            kind=IntegrationErrorKind.CONFLICT,
            what=f"has cancelled {effect.id} (reference {effect.reference}) meanwhile",
        )
