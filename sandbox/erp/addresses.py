"""Addresses that came with orders, kept apart from them: an order, its events and the ledger only have their ids."""

from __future__ import annotations

from domain.facts.address import EnteredAddress, PostalAddress
from sandbox.erp.book import OrderBook
from sandbox.erp.model import ErpOrder
from sandbox.kernel import Documents, Service

NONE = "none"


class AddressFile:
    """The addresses, and `/v1/orders/{id}/address`."""

    def __init__(self, service: Service, book: OrderBook) -> None:
        self._documents = Documents(service.store, "addresses", ("order_id",))
        self._book = book

        @service.v1.get("/orders/{order_id}/address", tags=["orders"], summary="The address as entered: personal data")
        async def address(order_id: str) -> EnteredAddress:
            order = book.order(order_id)
            return EnteredAddress(address=self.of(order), version=order.address_id or NONE)

    def file(self, order_id: str, address: PostalAddress) -> str:
        """Keep an address of an order, inside the transaction that is open. Returns its id."""
        number = len(self._documents.all(order_id=order_id)) + 1
        address_id = f"{order_id}-A{number}"
        self._documents.put(address_id, {"order_id": order_id, "address": address.model_dump(mode="json")})
        return address_id

    def of(self, order: ErpOrder) -> PostalAddress | None:
        """Where an order goes; None if it only names a site."""
        document = self._documents.get(order.address_id) if order.address_id else None
        return None if document is None else PostalAddress.model_validate(document["address"])
