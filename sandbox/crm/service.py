"""The HTTP API of the CRM."""

from __future__ import annotations

from fastapi import Response

from domain.facts.account import Account
from sandbox.crm.consent import ConsentRequests
from sandbox.crm.records import (
    MAY_FOLLOW,
    CommunicationBody,
    CommunicationStatus,
    Contact,
    CustomerAccount,
    StatusBody,
)
from sandbox.crm.screening import ScreeningOffice
from sandbox.crm.sites import SiteFile
from sandbox.kernel import CANCELLED, Answer, Document, Problem, Records, Service, Settings, Write, WriteRequest
from sandbox.kernel.versions import version_of


def build(settings: Settings) -> Service:
    """The service. Seed: `accounts`, `contacts`, and what `sites.py` and `screening.py` name."""
    service = Service("crm", settings, title="Customer relations")
    _accounts(service)
    _communications(service)
    ConsentRequests(service)
    ScreeningOffice(service, SiteFile(service))
    return service


def _accounts(service: Service) -> None:
    accounts = Records(service, "accounts", CustomerAccount, ("customer_id",))
    contacts = Records(service, "contacts", Contact, ("customer_id",))

    @service.v1.get("/accounts/{customer_id}", tags=["accounts"], summary="A customer, with nothing personal")
    async def account(customer_id: str) -> Account:
        known = accounts.get(customer_id)
        if known is None:
            raise Problem(404, "unknown_customer", f"there is no account of customer {customer_id}")
        return Account.model_validate(known.model_dump() | {"version": version_of(known)})

    @service.v1.get("/accounts/{customer_id}/contact", tags=["accounts"], summary="Whom to write to: personal data")
    async def contact(customer_id: str) -> Contact:
        known = contacts.get(customer_id)
        if known is None:
            raise Problem(404, "unknown_contact", f"customer {customer_id} has no contact")
        return known


def _communications(service: Service) -> None:
    def register(_: WriteRequest, body: CommunicationBody, __: str) -> Document:
        return {"status": body.status.value}

    register_of_communications = service.collection("communications", CommunicationBody, "msg", on_create=register)

    @service.v1.post(
        "/communications/{resource_id}/status",
        status_code=200,
        tags=["communications"],
        summary="Say what became of a message",
    )
    async def move(resource_id: str, body: StatusBody, write: Write) -> Response:
        """Refused with 409 if it cannot follow on what is known: then somebody else has the message."""

        def effect() -> Answer:
            message = register_of_communications.get(resource_id)
            moved = message | {"status": _following(message, body.status)}
            register_of_communications.documents.put(resource_id, moved)
            write.record(
                "communications.status",
                resource_id,
                reference=message["reference"],
                order_id=message["order_id"],
                detail={"before": message["status"], "status": moved["status"]},
            )
            return Answer(moved, 200)

        return write.once(effect)


def _following(message: Document, status: CommunicationStatus) -> str:
    now = message["status"]
    if now == CANCELLED or status not in MAY_FOLLOW[CommunicationStatus(now)]:
        raise Problem(409, "wrong_status", f"message {message['id']} is {now}: it cannot become {status}")
    return status.value
