"""Was that release allowed? Judged afterwards, from what the ERP wrote down and the company's authority table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.calls import ReleaseResolution
from domain.exception_types import ExceptionType
from domain.order import Hold, HoldClass, Order
from domain.policy.policy_set import PolicySet
from domain.tasks import TaskKind

POLICY = "system:policy"
SLA = "system:sla"
_LEVELS = range(4)
_RULES = {
    ExceptionType.CREDIT_HOLD: "credit_rules",
    ExceptionType.INVENTORY_SHORTFALL: "inventory_rules",
    ExceptionType.PRICE_DISCREPANCY: "price_rules",
    ExceptionType.TAX_DISCREPANCY: "tax_rules",
    ExceptionType.ADDRESS_INVALID: "address_rules",
    ExceptionType.CARRIER_INSTRUCTIONS_MISSING: "carrier_rules",
    ExceptionType.DUPLICATE_PO: "duplicate_rules",
    ExceptionType.INTEGRATION_FAILURE: "integration_rules",
}


class Auditor:
    """Knows the policies and the customers' segments; asks nothing of the workflows that it judges."""

    def __init__(self, policies: PolicySet, segments: Mapping[str, str]) -> None:
        self._policies = policies
        self._segments = segments

    def exception_type(self, hold: Hold) -> ExceptionType:
        """What the hold is, by the company's table."""
        row = self._policies.decide("hold_codes", source_system=hold.source_system, source_code=hold.source_code)
        return ExceptionType(row.text("exception_type")) if row else ExceptionType.UNCLASSIFIED

    def objections(
        self, order: Order, holds: tuple[Hold, ...], resolutions: tuple[ReleaseResolution, ...]
    ) -> Iterator[str]:
        """Everything that is wrong with a release: one sentence each."""
        by_hold = {resolution.hold_id: resolution for resolution in resolutions}
        for hold in holds:
            resolution = by_hold.get(hold.hold_id)
            if resolution is None:
                yield f"order {order.order_id}: hold {hold.hold_id} was released without a resolution"
                continue
            why = self._objection(order, hold, resolution)
            if why:
                yield (
                    f"order {order.order_id}: {hold.code} hold {hold.hold_id} was released by {resolution.decided_by} "
                    f"({resolution.resolution}, {resolution.amount}): {why}"
                )

    def _objection(self, order: Order, hold: Hold, resolution: ReleaseResolution) -> str | None:
        kind = self.exception_type(hold)
        automatic = resolution.decided_by.startswith("system:")
        if automatic and hold.hold_class is HoldClass.HARD:
            return "only a person may release a HARD hold"
        if resolution.decided_by == POLICY:
            return None if self._by_policy(kind, resolution.resolution) else "no row lets policy do this by itself"
        if resolution.decided_by == SLA:
            return None if self._by_silence(order, kind, resolution) else "no row lets silence do this"
        return f"{resolution.decided_by} is nobody" if automatic else self._objection_to_person(order, kind, resolution)

    def _objection_to_person(self, order: Order, kind: ExceptionType, resolution: ReleaseResolution) -> str | None:
        person, role = self._policies.person(resolution.decided_by), resolution.role or ""
        if person is None or role not in person.roles:
            return f"the policies do not have them as {role or 'anything'}"
        if person.subject == order.entered_by:
            return "they entered the order themselves"
        limit = self._policies.limit(role, kind, resolution.amount.currency)
        return None if limit.covers(resolution.amount) else f"above the limit of {role}, {limit}"

    def _by_policy(self, kind: ExceptionType, option: str) -> bool:
        """Whether some row of the type's rules lets policy choose this option. What nobody classified has no rules."""
        table = self._policies.tables.get(_RULES.get(kind, ""))
        allowed = [row.outputs for row in table.rows if row.outputs["course"] == "RELEASE"] if table else []
        return any(outputs.get("prefer") is None or option in _names(outputs["prefer"]) for outputs in allowed)

    def _by_silence(self, order: Order, kind: ExceptionType, resolution: ReleaseResolution) -> bool:
        """Whether some row of the tasks table lets silence choose this option for this amount."""
        segment = self._policies.segment(self._segments.get(order.customer_id, ""))
        for role in self._policies.company.roles:
            for level in _LEVELS:
                row = self._policies.decide(
                    "tasks",
                    kind=TaskKind.RESOLUTION,
                    exception_type=kind,
                    segment=segment,
                    service_level=order.service_level,
                    role=role,
                    level=level,
                    amount=resolution.amount.amount,
                )
                if row is None or row.maybe("at_expiry") != resolution.resolution:
                    continue
                limit = row.maybe_number("max_amount")
                if limit is None or resolution.amount.amount <= limit:
                    return True
        return False


def _names(cell: object) -> tuple[str, ...]:
    """The options that a cell of `prefer` lists."""
    return tuple(map(str, cell)) if isinstance(cell, tuple) else ()
