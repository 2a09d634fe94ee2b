"""Tenders to carriers and collections by customers: made, answered, and taken back until the goods are gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.facts.transport import OpeningHours
from sandbox.kernel import ACTIVE, Cancellation, Collection, Document, Problem, Service, WriteRequest
from sandbox.tms.declines import Declines
from sandbox.tms.rating import RateBook
from sandbox.tms.records import CollectionBody, Reply, ReplyBody, TenderBody, TmsSettings
from sandbox.tms.routing import RoutingBook

_GONE = "gone_at"


class Tenders:
    """`/v1/tenders`. One whose load was picked up is not cancelled any more."""

    def __init__(self, service: Service, settings: TmsSettings, rates: RateBook, routing: RoutingBook) -> None:
        self._reply = settings.reply
        self._rates = rates
        self._routing = routing
        self._tenders = service.collection(
            "tenders", TenderBody, "tnd", on_create=self._offer, on_cancel=_take_back, indexed=("reply",)
        )
        self._declines = Declines(service, self._tenders)
        service.background(self._declines.work)
        self._mount(service)

    def _offer(self, _: WriteRequest, body: TenderBody, __: str) -> Document:
        service = self._rates.service(body.scac, body.service)
        if service is None:
            raise Problem(422, "unknown_service", f"there is no service {body.service} of {body.scac}")
        if not self._rates.accepts(body.scac, body.region):
            raise Problem(409, "tender_declined", f"{body.scac} takes no loads to {body.region} at the moment")
        if body.weight_kg > service.max_weight_kg or (body.hazmat and not service.hazmat):
            raise Problem(409, "not_carried", f"{body.scac} does not carry such goods by {body.service}")
        if body.freight_terms.needs_account and not self._routing.is_valid(
            body.customer_id, body.scac, body.freight_terms, body.account, body.pickup_on
        ):
            what = f"{body.scac} cannot bill that account {body.freight_terms} on {body.pickup_on}"
            raise Problem(409, "account_not_valid", what)
        if self._reply is Reply.DECLINED:
            self._declined(body.scac, body.region)
        return {"reply": self._reply.value}

    def _declined(self, scac: str, region: str) -> None:
        """The rates say so from now on, and soon the ERP knows."""
        self._rates.close(scac, region)
        self._declines.soon()

    def _mount(self, service: Service) -> None:
        @service.admin.post("/tenders/{resource_id}/reply", summary="The carrier answers")
        async def reply(resource_id: str, body: ReplyBody) -> Document:
            with service.store.transaction():
                tender = _change(self._tenders, resource_id, {"reply": body.reply.value})
                if body.reply is Reply.DECLINED:
                    self._declined(tender["scac"], tender["region"])
            return tender

        @service.admin.post("/tenders/{resource_id}/pickup", summary="The carrier has picked up")
        async def pickup(resource_id: str) -> Document:
            return _change(self._tenders, resource_id, {_GONE: _now()})


class Collections:
    """`/v1/pickups`: customers who come for their goods."""

    def __init__(self, service: Service, routing: RoutingBook) -> None:
        self._routing = routing
        self._pickups = service.collection("pickups", CollectionBody, "pku", on_create=self._book, on_cancel=_take_back)
        self._mount(service)

    def _book(self, _: WriteRequest, body: CollectionBody, __: str) -> Document:
        site = self._routing.collections.get(body.warehouse)
        if site is None:
            raise Problem(422, "unknown_collection_site", f"customers cannot collect at {body.warehouse}")
        if body.hazmat and not site.hazmat:
            raise Problem(409, "not_handed_over", f"{body.warehouse} hands no dangerous goods to customers")
        if not _opens(site, body):
            raise Problem(409, "closed", f"{body.warehouse} is closed on {body.ready_on}")
        return {"opens": site.opens.isoformat(), "closes": site.closes.isoformat()}

    def _mount(self, service: Service) -> None:
        @service.admin.post("/pickups/{resource_id}/collected", summary="The customer has collected")
        async def collected(resource_id: str) -> Document:
            return _change(self._pickups, resource_id, {_GONE: _now()})


def _opens(site: OpeningHours, body: CollectionBody) -> bool:
    return body.ready_on.isoweekday() in site.days


def _take_back(_: WriteRequest, booking: Document, __: Cancellation) -> Document:
    if booking.get(_GONE):
        raise Problem(409, "already_gone", f"{booking['id']}: the goods of order {booking['order_id']} have left")
    return {}


def _change(bookings: Collection[Any], resource_id: str, changes: Document) -> Document:
    """What became of a booking that counts. Raises Problem 409 if it does not."""
    booking = bookings.get(resource_id)
    if booking["status"] != ACTIVE:
        raise Problem(409, "cancelled", f"{resource_id} was cancelled")
    bookings.documents.put(resource_id, booking | changes)
    return booking | changes


def _now() -> str:
    return datetime.now(UTC).isoformat()
