"""What people and programs do about documents that did not get through: each a write that can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.exception_types import IntegrationErrorKind
from sandbox.edi.answers import application_advice, purchase_order_answer
from sandbox.edi.book import BY_HAND, ENTERED, FAILED, QUEUED, REPLACED, WITHDRAWN, Book
from sandbox.edi.outbound import Outbound
from sandbox.edi.records import (
    AcknowledgementBody,
    ItemMapping,
    MappingFixBody,
    PartnerBody,
    ReplayBody,
    RerouteBody,
    ResendBody,
    TakeOverBody,
)
from sandbox.kernel import Cancellation, Document, Problem, Service, WriteRequest


class Repairs:
    """Mappings, replays, routes and answers."""

    def __init__(self, service: Service, book: Book, outbound: Outbound) -> None:
        self._book = book
        self._outbound = outbound
        add = service.collection
        add("mapping-fixes", MappingFixBody, "fix", on_create=self._fix, on_cancel=self._restore_mapping)
        add("replays", ReplayBody, "rpl", on_create=self._replay, on_cancel=self._restore)
        add("take-overs", TakeOverBody, "tko", on_create=self._take_over, on_cancel=self._restore)
        add("reroutes", RerouteBody, "rte", on_create=self._reroute, on_cancel=self._restore_connection)
        add("resumptions", PartnerBody, "rsm", on_create=self._resume, on_cancel=self._restore_connection)
        add("resends", ResendBody, "rsd", on_create=self._resend, on_cancel=self._restore)
        add("acknowledgements", AcknowledgementBody, "ack", on_create=self._answer, on_cancel=self._correct)

    def _fix(self, _: WriteRequest, body: MappingFixBody, __: str) -> Document:
        if self._book.catalogue.get(body.item) is None:
            raise Problem(422, "unknown_item", f"there is no item {body.item}")
        before = self._book.mappings.get(body.partner, body.part)
        self._book.mappings.put(ItemMapping(partner=body.partner, part=body.part, item=body.item, unit=body.unit))
        return {"before": None if before is None else before.model_dump(mode="json")}

    def _restore_mapping(self, _: WriteRequest, fix: Document, __: Cancellation) -> Document:
        now = ItemMapping(partner=fix["partner"], part=fix["part"], item=fix["item"], withdrawn=True)
        self._book.mappings.put(now if fix["before"] is None else ItemMapping.model_validate(fix["before"]))
        return {}

    def _replay(self, _: WriteRequest, body: ReplayBody, __: str) -> Document:
        """Refuses as long as a part is not mapped, or the order has other items than the mappings say."""
        document = self._book.failed(body.order_id)
        for line in document["unread"]:
            mapping = self._book.mapping(document["partner"], line["part"])
            if mapping is None:
                raise Problem(422, "unknown_part", f"part {line['part']} has no mapping yet")
            if body.items.get(line["line_id"]) != mapping.item:
                raise Problem(409, "order_differs", f"line {line['line_id']} of the order is not for {mapping.item}")
        return {"before": [self._settled(document, "REPLAY")]}

    def _take_over(self, _: WriteRequest, body: TakeOverBody, __: str) -> Document:
        """Whatever of the order waits at the gateway is a person's now: its document, and what is not acknowledged."""
        strange = next((item for item in body.items.values() if self._book.catalogue.get(item) is None), None)
        if strange is not None:
            raise Problem(422, "unknown_item", f"there is no item {strange}")
        before = []
        document = self._book.received(body.order_id)
        if document is not None and document["state"] == FAILED:
            before.append(self._settled(document, "HAND"))
        waiting = [one for one in self._book.sent_about(body.order_id) if one["state"] == QUEUED]
        for sent in (*waiting, *self._book.overdue(datetime.now(UTC), body.order_id)):
            before.append({"collection": "outbound", "document": sent})
            self._book.change(self._book.outbound, sent, state=BY_HAND)
        if not before:
            raise Problem(409, "nothing_waits", f"nothing about order {body.order_id} waits for anybody")
        return {"before": before}

    def _settled(self, document: Document, by: str) -> Document:
        self._book.change(
            self._book.inbound,
            document,
            state=ENTERED,
            error_kind=None,
            settled_by=by,
            attempts=document["attempts"] + 1,
        )
        return {"collection": "inbound", "document": document}

    def _restore(self, _: WriteRequest, made: Document, __: Cancellation) -> Document:
        """Documents as they were before."""
        collections = {"inbound": self._book.inbound, "outbound": self._book.outbound}
        for before in made["before"]:
            collections[before["collection"]].put(before["document"]["id"], before["document"])
        return {}

    def _reroute(self, _: WriteRequest, body: RerouteBody, __: str) -> Document:
        connection = self._book.connection(body.partner)
        route = connection.route(body.route)
        if route is None or not route.accepts:
            raise Problem(409, "route_closed", f"partner {body.partner} takes nothing by {body.route}")
        return self._connected(body.partner, active=body.route, paused=False)

    def _resume(self, _: WriteRequest, body: PartnerBody, __: str) -> Document:
        return self._connected(body.partner, paused=False)

    def _connected(self, partner: str, **changes: Any) -> Document:
        before = self._book.connection(partner)
        self._book.connections.put(before.model_copy(update=changes))
        return {"before": before.model_dump(mode="json")}

    def _restore_connection(self, _: WriteRequest, made: Document, __: Cancellation) -> Document:
        """The route that was in use, and whether it was paused; what the partner accepts is the partner's."""
        now = self._book.connection(made["partner"])
        before = {name: made["before"][name] for name in ("active", "paused")}
        self._book.connections.put(now.model_copy(update=before))
        return {}

    def _resend(self, _: WriteRequest, body: ResendBody, __: str) -> Document:
        """What waited may have gone by itself meanwhile: then nothing is left to be sent."""
        before = self._outbound.send_again(body.order_id)
        return {"before": [{"collection": "outbound", "document": one} for one in before]}

    def _answer(self, _: WriteRequest, body: AcknowledgementBody, __: str) -> Document:
        """An 855 takes the place of the one before it. What the partner was told already is not said again."""
        said = _said(body)
        if said is not None and any(one["answer"] == said for one in self._book.in_force(body.order_id)):
            return {"outbound_id": None, "number": None}
        queued = self._queue(body, self._superseded(body.order_id), said) if said else self._queue(body, "00", None)
        return {"outbound_id": queued["id"], "number": queued["control"]}

    def _superseded(self, order_id: str) -> str:
        """What was said before no longer counts. Returns BAK01: 05 if the partner has heard any of it."""
        for one in self._book.in_force(order_id):
            state = WITHDRAWN if one["state"] == QUEUED else REPLACED
            self._book.change(self._book.outbound, one, state=state)
        heard = any(one["sent_at"] for one in self._book.sent_about(order_id) if one["document"] == "855")
        return "05" if heard else "00"

    def _queue(self, body: AcknowledgementBody, purpose: str, said: Document | None) -> Document:
        received = self._book.received(body.order_id)
        if received is None:
            raise Problem(422, "unknown_order", f"order {body.order_id} did not come by EDI")
        number, control, today = received["purchase_order"], self._book.next_control(), datetime.now(UTC).date()
        if body.document == "824":
            set_control = received["envelope"]["transaction_control"]
            answer = application_advice(number, set_control, body.error or "REJECTED", control, today)
        elif body.bak02 is not None:
            answer = purchase_order_answer(number, body.bak02, body.lines, control, today, purpose=purpose)
        else:
            raise Problem(422, "incomplete", "an 855 needs its BAK02")
        return self._book.queue(received["partner"], answer, order_id=body.order_id, answer=said)

    def _correct(self, _: WriteRequest, made: Document, __: Cancellation) -> Document:
        """What has not gone yet is withdrawn. What has gone is corrected: an 855 by one that replaces it and says that
        the lines are on hold again (BAK01 05). Of an 824 there is no taking back; the next 855 tells better.
        """
        sent = self._book.outbound.get(made["outbound_id"]) if made["outbound_id"] else None
        if sent is not None and sent["state"] == QUEUED:
            self._book.change(self._book.outbound, sent, state=WITHDRAWN)
        elif sent is not None and sent["state"] not in (WITHDRAWN, REPLACED) and made["document"] == "855":
            self._book.change(self._book.outbound, sent, state=REPLACED)
            held = [{**line, "code": "IH"} for line in made["lines"]]
            body = {name: made[name] for name in ("reference", "order_id", "document")}
            corrected = AcknowledgementBody.model_validate(body | {"bak02": "AC", "lines": held})
            return {"corrected_by": self._queue(corrected, "05", None)["id"]}
        return {}


def _said(body: AcknowledgementBody) -> Document | None:
    """What an 855 says about the business; an 824 says nothing about it."""
    return body.model_dump(mode="json", include={"bak02", "lines"}) if body.document == "855" else None


def kind_of(document: Document) -> IntegrationErrorKind | None:
    """Why a document waits, if it does."""
    kind = document["error_kind"] if document["state"] == FAILED else None
    return None if kind is None else IntegrationErrorKind(kind)
