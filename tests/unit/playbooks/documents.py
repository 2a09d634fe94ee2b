"""Orders that came by EDI and did not get through, for the tests of the playbook."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.assessment import Assessment
from domain.exception_types import ExceptionType, IntegrationErrorKind
from domain.facts.integration import IntegrationFailure, Overdue, PartnerRoute, Proposal, UnreadLine
from domain.facts.validation import OrderValidation
from domain.order import EdiEnvelope, Hold, Order
from tests.unit.playbooks.scenario import NOW, account, assess, hold, line, order

ENVELOPE = EdiEnvelope(partner="ACME", interchange_control="7", group_control="7", transaction_control="0001")
PROPOSAL = Proposal.model_validate({"item": "BOLT", "confidence": "0.98", "basis": "the catalogue has this number"})
BOTH_WAYS = (
    PartnerRoute(name="AS2", active=True, accepts=False),
    PartnerRoute(name="SFTP", active=False, accepts=True),
)
LATE = Overdue(document_id="out-9", document="855", sent_at=NOW - timedelta(days=2), due_at=NOW - timedelta(days=1))
Kind = IntegrationErrorKind


def unread(line_id: str = "1", part: str = "P-1", **more: Any) -> UnreadLine:
    """A line whose part nobody knows."""
    return UnreadLine.model_validate({"line_id": line_id, "part": part, "unit": "EA", "proposal": PROPOSAL} | more)


def failed(kind: Kind | None, *lines: UnreadLine, **more: Any) -> IntegrationFailure:
    """What the gateway says about SO-1."""
    fields = {"order_id": "SO-1", "interchange_id": "in-1", "partner": "ACME", "kind": kind, "lines": lines}
    return IntegrationFailure.model_validate(fields | more)


def ordered(*items: str, **more: Any) -> Order:
    """An order by EDI with a line for each item."""
    found = [line(str(number), item) for number, item in enumerate(items or ("UNMAPPED:P-1",), 1)]
    return order(*found, **({"edi": ENVELOPE} | more))


def partner_hold(code: str = "MAPPING", **more: Any) -> Hold:
    """A hold that the gateway asked for."""
    return hold("INTEGRATION").model_copy(update={"source_system": "EDI", "source_code": code} | more)


def answered(*silent: str, validated_at: datetime | None = NOW) -> OrderValidation:
    """What the ERP's validation came to."""
    return OrderValidation(order_id="SO-1", validated_at=validated_at, unanswered=silent, version="v1")


def partner(failure: IntegrationFailure | None, the_order: Order | None = None, **more: Any) -> Assessment:
    """A hold about a partner's document; no failure is a gateway that is silent."""
    values = {"account": account(), "validation": answered(), "edi": failure}
    more = {"the_hold": partner_hold()} | more
    return assess(ExceptionType.INTEGRATION_FAILURE, values, the_order or ordered(), **more)


def neighbour(validation: OrderValidation, held_minutes: int = 5, **more: Any) -> Assessment:
    """A hold because a system could not be asked when the order was validated."""
    the_hold = hold("INTEGRATION").model_copy(update={"applied_at": NOW - timedelta(minutes=held_minutes)})
    values = {"account": account(), "validation": validation}
    return assess(ExceptionType.INTEGRATION_FAILURE, values, order(), the_hold=the_hold, **more)
