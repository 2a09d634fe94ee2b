"""INVENTORY_SHORTFALL: the planned warehouse does not have what was ordered."""

from __future__ import annotations

from collections.abc import Sequence

from domain.assessment import Assessment, Circumstances
from domain.exception_types import ExceptionType
from domain.facts.fact import FactRequest
from domain.order import Hold, Order
from domain.playbooks.consent import answers_request
from domain.playbooks.figures import figure, percent_of
from domain.playbooks.inventory_case import InventoryCase, lines_concerned
from domain.playbooks.inventory_consent import may_need_consent, with_consent
from domain.playbooks.inventory_moves import REALLOCATE
from domain.playbooks.inventory_options import from_stock
from domain.playbooks.inventory_proposal import Proposal
from domain.playbooks.inventory_supply import by_supply
from domain.playbooks.ruling import Course, Judgement, Ruling
from domain.policy.policy_set import PolicySet

_EXPLAINED = 3


class InventoryShortfall:
    """The rules of INVENTORY_SHORTFALL."""

    exception_type = ExceptionType.INVENTORY_SHORTFALL

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:
        """The customer's account, stock, freight from every warehouse, the ways to get the items elsewhere, and, if the
        order may not be split without the customer's consent, what they answered.
        """
        lines = lines_concerned(order, hold)
        items = sorted({line.item for line in order.open_lines})
        ship_to = order.ship_to
        shipment = {
            "order_id": order.order_id,
            "postal_code": ship_to.postal_code,
            "region": ship_to.region,
            "country": ship_to.country,
            "value": figure(sum((line.value for line in lines), start=order.money(0).amount)),
            "quantity": figure(sum((line.quantity for line in lines), start=order.money(0).amount)),
        }
        return (
            FactRequest(
                name="account", system="crm", operation="account", arguments={"customer_id": order.customer_id}
            ),
            FactRequest(
                name="stock",
                system="wms",
                operation="positions",
                arguments={"items": [*items], "order_id": order.order_id},
            ),
            FactRequest(name="freight", system="wms", operation="freight_quotes", arguments={**shipment}),
            FactRequest(name="sourcing", system="erp", operation="sourcing", arguments={"items": [*items]}),
            *((answers_request(order),) if may_need_consent(order) else ()),
        )

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """The cheapest way to deliver that the customer's terms allow; automatic if it is on time and costs little."""
        case = InventoryCase.of(circumstances, policy)
        found = (with_consent(case, proposal) for proposal in (*from_stock(case), *by_supply(case)))
        proposals = sorted((one for one in found if one is not None), key=lambda proposal: proposal.rank(case))
        best = next((found for found in proposals if found.code == "FULL_FROM_STOCK"), proposals[0])
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=_ruling(case, best),
            options=[proposal.option(case) for proposal in proposals],
            question=_question(case, best),
            segment=case.segment,
            findings=_findings(case, proposals),
            person_only=frozenset({REALLOCATE, *(one.code for one in proposals if one.consent and not one.asking)}),
            hits=(case.terms_row.hit,),
        ).assessment()


def _ruling(case: InventoryCase, best: Proposal) -> Ruling:
    if best.asking is not None:
        return Ruling(Course.RELEASE, best.asking.reason, prefer=(best.code,), hits=(best.asking.hit,))
    added = best.added_freight(case)
    match = case.policy.decide(
        "inventory_rules",
        hard=case.is_hard,
        option=best.code,
        consent_needed=bool(best.consent),
        strategic=case.account.strategic,
        misses_need_by=best.misses_need_by(case),
        added_freight_percent=percent_of(added, case.value),
        added_freight_of_margin_percent=percent_of(added, case.margin),
        shipments=best.shipments,
        segment=case.segment,
        service_level=case.order.service_level,
        order_value=case.order.value.amount,
        criticality=case.criticality,
    )
    if match is None:
        return Ruling.without_row("inventory_rules", best.code)
    return Ruling(Course(match.text("course")), match.text("reason"), prefer=(best.code,), hits=(match.hit,))


def _question(case: InventoryCase, best: Proposal) -> str:
    wanted = "; ".join(
        f"{figure(need.quantity)} of {need.item} (line {need.line_id}), {_there(case, need.item)} there"
        for need in case.shortage.short or case.needs
    )
    return f"Order {case.order.order_id} from {case.home}: {wanted}. {best.title} ({best.how})?"


def _there(case: InventoryCase, item: str) -> str:
    return figure(case.stock.usable(case.home, item, case.today))


def _findings(case: InventoryCase, proposals: Sequence[Proposal]) -> dict[str, str]:
    order = case.order
    found = {
        f"line {need.line_id}": f"{figure(need.quantity)} of {need.item} by {need.need_by.isoformat()}; "
        f"{_there(case, need.item)} can be promised in {case.home} today"
        for need in case.needs
    }
    for number, plan in enumerate(case.plans[:_EXPLAINED], 1):
        found[f"sourcing {number}"] = (
            f"{' + '.join(plan.warehouses)}, ships {plan.ship_on.isoformat()}, arrives {plan.arrives_on.isoformat()}: "
            f"{order.money(plan.cost.total)} ({plan.cost})"
        )
    found["ways to ship everything"] = f"{len(case.plans)} over {len(case.sites)} warehouses"
    found["shipping as planned"] = str(order.money(case.planned.total))
    found["value of the lines"] = str(order.money(case.value))
    found["margin of the lines"] = str(order.money(case.margin))
    found["item criticality"] = case.criticality
    found["needs the customer's consent"] = ", ".join(p.code for p in proposals if p.consent) or "nothing"
    return found
