"""Was that release allowed? Judged afterwards, from what the ERP wrote down and the company's authority table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.calls import ReleaseResolution
from domain.exception_types import ExceptionType
from domain.order import Hold, HoldClass, Order
from domain.policy.policy_set import PolicySet
from sandbox.demo.policy_rows import rows_about
from sandbox.demo.silence import Silence
from sandbox.demo.stakes import Stakes

POLICY = "system:policy"
SLA = "system:sla"
_TABLES = {
    ExceptionType.CREDIT_HOLD: "credit_",
    ExceptionType.INVENTORY_SHORTFALL: "inventory_",
    ExceptionType.PRICE_DISCREPANCY: "price_",
    ExceptionType.TAX_DISCREPANCY: "tax_",
    ExceptionType.ADDRESS_INVALID: "address_",
    ExceptionType.CARRIER_INSTRUCTIONS_MISSING: "carrier_",
    ExceptionType.DUPLICATE_PO: "duplicate_",
    ExceptionType.INTEGRATION_FAILURE: "integration_",
}


class Auditor:
    """Knows the policies, the customers' segments, and what was at stake by the books. It asks nothing of the workflows
    that it judges.
    """

    def __init__(self, policies: PolicySet, segments: Mapping[str, str], stakes: Stakes) -> None:
        self._policies = policies
        self._segments = segments
        self._stakes = stakes

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
        least = order.money(self._stakes.at_least(kind, order, hold, resolution.resolution)).rounded()
        if resolution.amount.currency != least.currency or resolution.amount < least:
            return f"at least {least} was at stake"
        if automatic and hold.hold_class is HoldClass.HARD:
            return "only a person may release a HARD hold"
        if resolution.decided_by == POLICY:
            allowed = self._by_policy(order, kind, resolution.resolution)
            return None if allowed else "no row lets policy do this by itself"
        if resolution.decided_by == SLA:
            return self._objection_to_silence(order, kind, resolution)
        return f"{resolution.decided_by} is nobody" if automatic else self._objection_to_person(order, kind, resolution)

    def _objection_to_person(self, order: Order, kind: ExceptionType, resolution: ReleaseResolution) -> str | None:
        person, role = self._policies.person(resolution.decided_by), resolution.role or ""
        holder = self._policies.person(resolution.on_behalf_of) if resolution.on_behalf_of else person
        if person is None or holder is None or role not in holder.roles:
            return f"the policies do not have them as {role or 'anything'}"
        if {person.subject, resolution.on_behalf_of} & {order.entered_by, *order.changed_by}:
            return "they, or whom they stood in for, entered or changed the order themselves"
        limit = self._policies.limit(role, kind, resolution.amount.currency)
        return None if limit.covers(resolution.amount) else f"above the limit of {role}, {limit}"

    def _by_policy(self, order: Order, kind: ExceptionType, option: str) -> bool:
        """Whether some row of the type's rules lets policy choose this option for such an order. What nobody classified
        has no rules.
        """
        table = self._policies.tables.get(f"{_TABLES.get(kind)}rules")
        known = {
            "hard": False,
            "option": option,
            "segment": self._segment(order),
            "service_level": order.service_level,
        }
        return table is not None and any(
            "prefer" not in row.outputs or option in _names(row.outputs["prefer"])
            for row in rows_about(table, known)
            if row.outputs["course"] == "RELEASE"
        )

    def _objection_to_silence(self, order: Order, kind: ExceptionType, resolution: ReleaseResolution) -> str | None:
        tables = _TABLES.get(kind)
        if tables is None:
            return "silence decides nothing that nobody classified"
        silence = Silence(self._policies, order, kind, self._segment(order), tables)
        return silence.objection(resolution.resolution, resolution.amount.amount)

    def _segment(self, order: Order) -> str:
        return self._policies.segment(self._segments.get(order.customer_id, ""))


def _names(cell: object) -> tuple[str, ...]:
    """The options that a cell of `prefer` lists."""
    return tuple(map(str, cell)) if isinstance(cell, tuple) else ()
