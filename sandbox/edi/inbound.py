"""What comes in: interchanges are kept, answered for their syntax, and their purchase orders entered into the ERP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from domain.exception_types import IntegrationErrorKind
from domain.order import EdiEnvelope
from sandbox.edi import purchase_order, x12
from sandbox.edi.answers import Received, functional, unreadable
from sandbox.edi.book import ACKNOWLEDGED, ENTERED, RECEIVED, REJECTED, Book, failed_with
from sandbox.edi.records import InterchangeBody, Partner
from sandbox.edi.translation import Translation, translate
from sandbox.kernel import Answer, Document, Service, WriteRequest

_KINDS = ("850", "860")
_SERVER_ERRORS = 500
_TAKEN = 409
Kind = IntegrationErrorKind


class Inbound:
    """Takes interchanges in at once, and enters what they order as soon as the ERP answers."""

    def __init__(self, service: Service, book: Book) -> None:
        self._service = service
        self._book = book

    def receive(self, write: WriteRequest, body: InterchangeBody) -> Answer:
        """Keep an interchange and answer its syntax. One that came before is dropped, with the same answer again."""
        try:
            interchange = x12.parse(body.text)
        except x12.Unparsable as error:
            return self._poison(write, body, error)
        interchange_id = f"int-{interchange.sender}-{interchange.control}"
        known = self._book.interchanges.get(interchange_id)
        if known is not None:
            write.record("interchanges.drop", interchange_id)
            return Answer(known | {"dropped": True}, 200)
        partner = self._book.partner_of(interchange.sender)
        made: list[str] = []
        answers: list[str] = []
        for group in interchange.groups:
            documents, received = self._documents(interchange, group, partner)
            made += documents
            if received:
                kind = partner.acknowledges_with if partner else "997"
                answer = functional(kind, group, received, self._book.next_control())
                to = partner.partner if partner else interchange.sender
                answers.append(self._book.queue(to, answer)["text"])
        kept = _kept(interchange_id, interchange.sender, body, documents=made, acknowledgements=answers)
        return self._keep_interchange(write, kept)

    def _poison(self, write: WriteRequest, body: InterchangeBody, error: x12.Unparsable) -> Answer:
        """Text that is no interchange is kept for people; whoever it says it is from is told."""
        number = len(self._book.interchanges.all()) + 1
        sender = error.sender or "UNKNOWN"
        answer = self._book.queue(sender, unreadable(error.group, self._book.next_control()))
        kept = _kept(f"int-poison-{number}", sender, body, documents=[], acknowledgements=[answer["text"]])
        return self._keep_interchange(write, kept | failed_with(Kind.POISON, str(error)))

    def _keep_interchange(self, write: WriteRequest, kept: Document) -> Answer:
        self._book.interchanges.put(kept["id"], kept)
        detail = {"state": kept["state"], "documents": kept["documents"]}
        write.record("interchanges.create", kept["id"], detail=detail)
        return Answer(kept, 201)

    def _documents(
        self, interchange: x12.Interchange, group: x12.Group, partner: Partner | None
    ) -> tuple[list[str], list[Received]]:
        """The purchase orders of a group, kept to be entered, and what is wrong with its sets. A 997 needs no 997."""
        made, received = [], []
        for one in group.sets:
            if one.kind in ("997", "999"):
                self._acknowledged(one)
            else:
                order, faults = purchase_order.read(one) if one.kind in _KINDS else (None, (x12.Fault("1"),))
                received.append(Received(one.kind, one.control, faults))
                if order is not None:
                    made.append(self._keep(interchange, group, one, partner, order))
        return made, received

    def _keep(
        self,
        interchange: x12.Interchange,
        group: x12.Group,
        one: x12.TransactionSet,
        partner: Partner | None,
        order: purchase_order.PurchaseOrder,
    ) -> str:
        now = datetime.now(UTC).isoformat()
        document_id = f"{interchange.sender}.{interchange.control}.{group.control}.{one.control}"
        envelope = EdiEnvelope(
            partner=partner.partner if partner else interchange.sender,
            interchange_control=interchange.control,
            group_control=group.control,
            transaction_control=one.control,
            purpose=order.purpose,
        )
        document = {
            "id": document_id,
            "sender": interchange.sender,
            "partner": envelope.partner,
            "envelope": envelope.model_dump(),
            "kind": one.kind,
            "segments": [list(segment) for segment in one.segments],
            "purchase_order": order.number,
            "order_id": None,
            "mapping_key": None,
            "unread": [],
            "attempts": 0,
            "since": now,
            "settled_by": None,
            "state": RECEIVED,
            "error_kind": None,
            "what": "",
        }
        self._book.inbound.put(document_id, document)
        return document_id

    def _acknowledged(self, one: x12.TransactionSet) -> None:
        """A partner's 997 for a group of ours, by its control number in AK102."""
        verdict, control = x12.element(one.first("AK9"), 1), x12.element(one.first("AK1"), 2)
        for sent in self._book.outbound.all(control=control):
            state = ACKNOWLEDGED if verdict in ("A", "E") else REJECTED
            self._book.note("outbound.answered", self._book.change(self._book.outbound, sent, state=state))

    async def enter_all(self) -> None:
        """Enter whatever waits for it. What the ERP cannot take yet is tried again the next time."""
        for document in self._book.inbound.all(state=RECEIVED):
            await self._enter(document)

    async def _enter(self, document: Document) -> None:
        partner = self._book.partner_of(document["sender"])
        if partner is None:
            key = f"mapping/{document['sender']}"
            self._settle(document, failed_with(Kind.MAPPING, "the partner is not known", mapping_key=key))
            return
        one = x12.TransactionSet(document["kind"], "", tuple(tuple(segment) for segment in document["segments"]))
        order, _ = purchase_order.read(one)
        if order is None or order.site not in partner.sites:
            what = "its ship-to is not known"
            self._settle(document, failed_with(Kind.MAPPING, what, mapping_key=f"site/{partner.partner}"))
            return
        translation = self._translated(document, order, partner)
        self._settle(document, await self._posted(translation, partner))

    def _translated(self, document: Document, order: purchase_order.PurchaseOrder, partner: Partner) -> Translation:
        envelope = EdiEnvelope.model_validate(document["envelope"] | {"partner": partner.partner})
        order_id = f"EDI-{partner.partner}-{envelope.interchange_control}-{envelope.transaction_control}"
        return translate(
            order_id,
            order,
            partner,
            envelope,
            lookup=lambda part: self._book.mapping(partner.partner, part),
            now=datetime.fromisoformat(document["since"]),
        )

    async def _posted(self, translation: Translation, partner: Partner) -> dict[str, Any]:
        """What becomes of a document once its order was offered to the ERP, which knows it by the order's id."""
        erp = self._service.peer("erp")
        if erp is None:
            return {"what": "no ERP is configured"}
        entry, failure = translation.entry, _failure(translation, partner)
        connection = self._book.connection(partner.partner)
        route = connection.route(connection.active)
        refused = connection.paused or route is None or not route.accepts
        codes = [code for code in (failure.get("error_kind"), Kind.AUTH.value if refused else None) if code]
        holds = [
            {"code": "INTEGRATION", "source_system": "EDI", "source_code": code, "reason": _reason(code)}
            for code in codes[:1]
        ]
        headers = {"Idempotency-Key": f"edi-{entry['order_id']}"}
        try:
            response = await erp.post("/v1/orders", json=entry | {"extra_holds": holds}, headers=headers)
        except httpx.HTTPError as error:
            return {"error_kind": Kind.TRANSIENT.value, "what": f"the ERP did not answer ({type(error).__name__})"}
        if response.status_code >= _SERVER_ERRORS:
            return {"error_kind": Kind.TRANSIENT.value, "what": f"the ERP answered {response.status_code}"}
        if response.is_client_error and response.status_code != _TAKEN:
            return failed_with(Kind.VALIDATION, f"the ERP refused it: {response.status_code}")
        entered = {"state": ENTERED, "error_kind": None, "what": "", **failure}
        return entered | {"order_id": entry["order_id"], "partner": partner.partner}

    def _settle(self, document: Document, changes: dict[str, Any]) -> None:
        with self._service.store.transaction():
            changed = self._book.change(
                self._book.inbound, document, **{**changes, "attempts": document["attempts"] + 1}
            )
            if changed["state"] != document["state"]:
                self._book.note(f"inbound.{changed['state'].lower()}", changed)


def _kept(
    interchange_id: str, sender: str, body: InterchangeBody, *, documents: list[str], acknowledgements: list[str]
) -> Document:
    """An interchange as it is kept, with its text."""
    return {
        "id": interchange_id,
        "partner": sender,
        "state": RECEIVED,
        "text": body.text,
        "documents": documents,
        "acknowledgements": acknowledgements,
        "received_at": datetime.now(UTC).isoformat(),
        "dropped": False,
    }


def _failure(translation: Translation, partner: Partner) -> dict[str, Any]:
    """What a translation with placeholders leaves to people."""
    if translation.kind is None:
        return {}
    first = next(line for line in translation.unread if line.unit_known is (translation.kind == Kind.MAPPING))
    what = f"part {first.part} is not known" if first.unit_known else f"unit {first.unit} is not known"
    return failed_with(
        Kind(translation.kind),
        what,
        mapping_key=f"mapping/{partner.partner}/{first.part}",
        unread=[vars(line) for line in translation.unread],
    )


def _reason(code: str) -> str:
    return {
        Kind.MAPPING: "a part of the partner's is not known",
        Kind.VALIDATION: "a value of the partner's cannot be used",
    }.get(Kind(code), "the partner refuses our connection: it does not know that we have its order")
