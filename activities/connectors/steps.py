"""The steps of a plan as effects in one system, and their undoing."""

from __future__ import annotations

from activities.connectors.effects import Effect, Effects, Found, Write
from activities.connectors.http import CallContext, SystemClient
from domain.calls import StepCall, StepResult, UndoCall

_LOOKED_UP_BY_PEOPLE = ("number", "purchase_order", "new_order_id", "url", "reply")
"""What of a system's answer is kept, besides its id. Nothing else: an answer may name persons."""


class Steps:
    """Carries out and undoes steps that are plain writes into a collection of one system."""

    def __init__(self, client: SystemClient) -> None:
        self._effects = Effects(client)

    async def carry_out(self, collection: str, call: StepCall) -> StepResult:
        """The step's arguments, written into `collection` under its idempotency key."""
        return await self.write(call, Write.into(collection, call.idempotency_key, call.arguments))

    async def write(self, call: StepCall, write: Write) -> StepResult:
        """A write of any form; looked for first if an earlier attempt may have got through."""
        context = CallContext.of(call.case)
        found = await self._effects.create(context, write, look_first=is_repeated(call, context))
        return result(found)

    async def find(self, collection: str, call: StepCall) -> StepResult | None:
        """What an earlier attempt at the step left in `collection`, if it left anything."""
        effect = await self._effects.find(CallContext.of(call.case), collection, call.idempotency_key)
        return None if effect is None else result(Found(effect, read_back=True))

    async def undo(self, collection: str, call: UndoCall) -> StepResult:
        """Cancel what the step wrote into `collection`; nothing there is success."""
        effect = await self._effects.cancel(
            CallContext.of(call.case), collection, call.reference, key=call.idempotency_key, reason=call.reason
        )
        if effect is None:
            return StepResult(reference=call.reference, resource_id="", detail={"found": False})
        return result(Found(effect, read_back=False))


def is_repeated(call: StepCall, context: CallContext) -> bool:
    """Whether an earlier attempt may have got through: the workflow says so, or Temporal counts."""
    return call.may_have_happened or context.attempt > 1


def result(found: Found) -> StepResult:
    """What the workflow keeps of an effect."""
    effect: Effect = found.effect
    extra = effect.model_extra or {}
    return StepResult(
        reference=effect.reference,
        resource_id=effect.id,
        order_version=effect.order_version,
        detail={name: extra[name] for name in _LOOKED_UP_BY_PEOPLE if extra.get(name) is not None},
        read_back=found.read_back,
    )
