"""What is wrong between a partner and one order: the gateway's answer to whoever has to decide."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.exception_types import IntegrationErrorKind
from domain.facts.integration import IntegrationFailure, Overdue, PartnerRoute, UnreadLine
from sandbox.edi.book import FAILED, QUEUED, Book
from sandbox.edi.repairs import kind_of
from sandbox.edi.translation import propose
from sandbox.kernel import Document
from sandbox.kernel.versions import version_of


def failure_of(order_id: str, book: Book) -> IntegrationFailure:
    """Everything that is open about the order, with what might help."""
    document = book.received(order_id)
    if document is None:
        return _versioned(IntegrationFailure(order_id=order_id))
    now = datetime.now(UTC)
    answer = next((one["answer"] for one in book.in_force(order_id) if one["answer"]), None)
    connection, partner = book.connection(document["partner"]), book.partners.get(document["partner"])
    overdue = tuple(_overdue(sent) for sent in book.overdue(now, order_id))
    active = connection.route(connection.active)
    refused = connection.paused or active is None or not active.accepts
    return _versioned(
        IntegrationFailure(
            order_id=order_id,
            interchange_id=document["id"],
            partner=document["partner"],
            kind=kind_of(document) or _connection_kind(refused=refused, overdue=bool(overdue)),
            what=document["what"] if document["state"] == FAILED else "",
            mapping_key=document["mapping_key"] if document["state"] == FAILED else None,
            lines=tuple(_unread(line, document, book) for line in document["unread"]),
            attempts=document["attempts"],
            since=datetime.fromisoformat(document["since"]),
            siblings=_siblings(document, book),
            overdue=overdue,
            routes=tuple(
                PartnerRoute(name=route.name, active=route.name == connection.active, accepts=route.accepts)
                for route in connection.routes
            ),
            paused=connection.paused,
            waiting=sum(1 for one in book.sent_about(order_id) if one["state"] == QUEUED),
            exceptions_only=partner is not None and partner.exceptions_only,
            answered_with=answer and answer["bak02"],
            settled_by=document["settled_by"],
        )
    )


def _versioned(failure: IntegrationFailure) -> IntegrationFailure:
    return failure.model_copy(update={"version": version_of(failure)})


def _connection_kind(*, refused: bool, overdue: bool) -> IntegrationErrorKind | None:
    if refused:
        return IntegrationErrorKind.AUTH
    return IntegrationErrorKind.TRANSIENT if overdue else None


def _siblings(document: Document, book: Book) -> int:
    if document["state"] != FAILED or document["mapping_key"] is None:
        return 0
    same = book.inbound.all(state=FAILED, mapping_key=document["mapping_key"])
    return sum(1 for one in same if one["id"] != document["id"])


def _overdue(sent: Document) -> Overdue:
    return Overdue.model_validate({"document_id": sent["id"], **sent})


def _unread(line: Document, document: Document, book: Book) -> UnreadLine:
    mapping = book.mapping(document["partner"], line["part"])
    return UnreadLine(
        **line,
        mapped_item=None if mapping is None else mapping.item,
        mapped_unit=None if mapping is None else mapping.unit,
        proposal=None if mapping is not None else propose(line["part"], book.catalogue.all()),
    )
