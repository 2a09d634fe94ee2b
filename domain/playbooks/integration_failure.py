"""INTEGRATION_FAILURE: an order could not be read, checked or acknowledged, because systems did not understand or reach
each other.
"""

from __future__ import annotations

from domain.assessment import Assessment, Cause, Circumstances, Wait
from domain.exception_types import ExceptionType
from domain.facts.account import Account
from domain.facts.fact import FactRequest
from domain.facts.integration import IntegrationFailure
from domain.facts.validation import OrderValidation
from domain.order import Hold, Order
from domain.playbooks.integration_case import RETRY, IntegrationCase, IntegrationTerms, Standing, outage_of
from domain.playbooks.integration_options import first_unmapped, options
from domain.playbooks.ruling import Judgement, Ruling, is_hard, terms
from domain.policy.policy_set import PolicySet


class IntegrationFailures:
    """The rules of INTEGRATION_FAILURE."""

    exception_type = ExceptionType.INTEGRATION_FAILURE

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:
        """The account, the ERP's last validation, and for an order that came by EDI what the gateway knows of it."""
        by_id = {"order_id": order.order_id}
        requests = (
            FactRequest(
                name="account", system="crm", operation="account", arguments={"customer_id": order.customer_id}
            ),
            FactRequest(name="validation", system="erp", operation="validation", arguments={**by_id}),
        )
        if not _came_by_edi(order, hold):
            return requests
        gateway = FactRequest(name="edi", system="edi", operation="failure", arguments={**by_id}, optional=True)
        return (*requests, gateway)

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """What passes is tried again, what is known by now is replayed; people say what nobody knows."""
        case = _case(circumstances, policy)
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=_ruling(case, policy),
            options=options(case),
            question=_question(case),
            segment=case.segment,
            findings=_findings(case),
            wait=_wait(case),
            cause=_cause(case),
            hits=(case.terms.hit,),
        ).assessment()


def _came_by_edi(order: Order, hold: Hold) -> bool:
    return order.edi is not None or hold.source_system == "EDI"


def _case(circumstances: Circumstances, policy: PolicySet) -> IntegrationCase:
    order, hold, facts = circumstances.order, circumstances.hold, circumstances.facts
    segment = policy.segment(facts.get("account", Account).segment)
    row = terms(
        policy,
        "integration_terms",
        segment=segment,
        service_level=order.service_level,
        order_value=order.value.amount,
    )
    return IntegrationCase(
        circumstances=circumstances,
        segment=segment,
        terms=IntegrationTerms.of(row),
        validation=facts.get("validation", OrderValidation),
        failure=facts.find("edi", IntegrationFailure) if _came_by_edi(order, hold) else None,
        others={other.hold_id: _type(other, policy) for other in order.holds if other.hold_id != hold.hold_id},
    )


def _type(hold: Hold, policy: PolicySet) -> ExceptionType:
    row = policy.decide("hold_codes", source_system=hold.source_system, source_code=hold.source_code)
    return ExceptionType.UNCLASSIFIED if row is None else ExceptionType(row.text("exception_type"))


def _ruling(case: IntegrationCase, policy: PolicySet) -> Ruling:
    match = policy.decide(
        "integration_rules",
        hard=is_hard(case.circumstances),
        kind=case.kind or "NONE",
        standing=case.standing,
        segment=case.segment,
        service_level=case.order.service_level,
        order_value=case.order.value.amount,
    )
    return Ruling.of(match, "integration_rules")


def _wait(case: IntegrationCase) -> Wait | None:
    """Until the silent systems are asked again."""
    if case.standing is not Standing.PATIENT:
        return None
    name = f"{RETRY} {case.retries + 1}"
    reason = f"{case.silent} could not be asked; the ERP asks again"
    return Wait(name=name, until=case.next_retry, events=(), reason=reason)


def _cause(case: IntegrationCase) -> Cause | None:
    """A part that nobody has mapped, a partner that refuses us, or a system that is silent, hold other orders, too."""
    failure = case.failure
    if case.standing is Standing.SILENT:
        system = case.validation.unanswered[0]
        return Cause(key=outage_of(system), system=system, title=f"{system} cannot be asked", fix="RETRY")
    if failure is None:
        return None
    if case.standing is Standing.REFUSED:
        other = any(route.accepts and not route.active for route in failure.routes)
        title = f"{failure.partner} refuses our connection"
        fix = "FALLBACK_ROUTE" if other else "RETRY"
        return Cause(key=f"auth/{failure.partner}", system="edi", title=title, fix=fix)
    unknown = first_unmapped(case)
    if case.standing is not Standing.UNREAD or unknown is None:
        return None
    title = f"Nobody has said what part {unknown.part} of {failure.partner} is"
    key = f"mapping/{failure.partner}/{unknown.part}".replace(":", "-")
    return Cause(key=key, system="edi", title=title, fix="FIX_AND_REPLAY")


def _question(case: IntegrationCase) -> str:
    order_id, failure = case.order.order_id, case.failure
    if not case.is_partners:
        return f"Order {order_id}: {case.silent} could not be asked about it. Try again, or enter what it would say?"
    if failure is None or case.standing is Standing.UNKNOWN:
        return f"Order {order_id}: the EDI gateway does not say what is wrong. What is to be done?"
    if case.standing is Standing.REFUSED:
        return f"Order {order_id}: {failure.partner} refuses our connection. By which way is it to be answered?"
    if case.standing is Standing.OVERDUE:
        return f"Order {order_id}: {failure.partner} has not acknowledged {_documents(failure)}. Send again?"
    return f"Order {order_id} from {failure.partner}: {failure.what or 'not readable'}. What does the partner mean?"


def _documents(failure: IntegrationFailure) -> str:
    return ", ".join(f"{late.document} {late.document_id}" for late in failure.overdue)


def _findings(case: IntegrationCase) -> dict[str, str]:
    validated_at = case.validation.validated_at
    found = {
        "kind of failure": str(case.kind or "none"),
        "where it stands": case.standing.lower(),
        "systems that are silent": case.silent,
        "last validated": "never" if validated_at is None else validated_at.isoformat(timespec="seconds"),
        "retries": str(case.retries),
    }
    failure = case.failure
    if failure is None or not failure.interchange_id:
        return found
    found["document"] = f"{failure.interchange_id} from {failure.partner}, {failure.attempts} attempts"
    found["other orders with this cause"] = str(failure.siblings)
    for line in case.unread:
        proposal = line.proposal
        known = line.mapped_item or (f"perhaps {proposal.item} ({proposal.confidence:.0%})" if proposal else "unknown")
        found[f"line {line.line_id}"] = f"part {line.part}, unit {line.unit}: {known}"
    for late in failure.overdue:
        found[f"{late.document} {late.document_id}"] = f"to be acknowledged by {late.due_at:%Y-%m-%d %H:%M} UTC"
    if failure.routes:
        ways = (
            f"{route.name} ({'accepts' if route.accepts else 'refuses'}{', in use' if route.active else ''})"
            for route in failure.routes
        )
        found["routes"] = ", ".join(ways)
    return found
