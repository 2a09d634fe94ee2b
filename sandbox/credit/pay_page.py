"""The page behind a payment link, for the customer's browser. Who has the link may pay."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from sandbox.credit.payments import Payments
from sandbox.kernel import CANCELLED, Document, Service

_CUSTOMER = "customer"


def pay_page(service: Service, payments: Payments) -> APIRouter:
    """`/pay/{link_id}`: shows what is to be paid; the button pays it."""
    router = APIRouter(prefix="/pay", tags=["customers"], default_response_class=HTMLResponse)

    @router.get("/{link_id}", summary="The page of a payment link")
    async def show(link_id: str) -> HTMLResponse:
        return _page(payments.links.get(link_id))

    @router.post("/{link_id}", summary="The customer presses the button")
    async def pay(link_id: str) -> HTMLResponse:
        with service.store.transaction():
            return _page(payments.pay_link(_CUSTOMER, link_id))

    return router


def _page(link: Document) -> HTMLResponse:
    what = f"{escape(link['amount'])} {escape(link['currency'])} for order {escape(link['order_id'])}"
    if link["paid_at"] is not None:
        text = f"<p>{what}: paid, thank you.</p>"
    elif link["status"] == CANCELLED:
        text = f"<p>{what}: this link is no longer valid.</p>"
    else:
        text = f"<p>{what}</p><form method='post'><button>Pay</button></form>"
    return HTMLResponse(f"<!doctype html><html lang='en'><title>Payment</title><h1>Payment</h1>{text}</html>")
