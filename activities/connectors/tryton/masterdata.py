"""Ids of what the rest of the company calls by codes: products, warehouses, carriers, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from activities.connectors.http import CallContext
from activities.connectors.tryton.changes import Known
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.numbers import region_code
from activities.connectors.tryton.sales import Family, nested
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.address import PostalAddress

PICKUP = "PICKUP"
"""The service of customers who collect: no carrier is charged for."""


class MasterData:
    """Looks up what an amendment names."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client

    async def named(self, context: CallContext, kind: str, arguments: Mapping[str, Any], family: Family) -> Known:
        """Everything that the arguments of that kind name."""
        if kind in ("substitute_line", "confirm_item"):
            return Known(products=await self.products(context, [str(arguments.get("item"))]))
        if kind == "add_lines":
            items = [str(line.get("item")) for line in arguments.get("lines", [])]
            return Known(products=await self.products(context, items))
        if kind == "assign_sources":
            return Known(warehouses=await self.warehouses(context))
        if kind == "set_carrier":
            return await self._carrier(context, arguments)
        if kind == "set_ship_to":
            return Known(address=await self._address(context, arguments, family))
        return Known()

    async def products(self, context: CallContext, codes: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Products by code, each with the unit that it is sold in."""
        wanted = [["code", "in", sorted(set(codes))]]
        rows = await self._client.rows(context, "product.product", wanted, ["code", "default_uom"])
        return {row["code"]: (row["id"], row["default_uom"]) for row in rows}

    async def warehouses(self, context: CallContext) -> dict[str, int]:
        """Warehouses by code."""
        wanted = [["type", "=", "warehouse"], ["code", "!=", None]]
        return {row["code"]: row["id"] for row in await self._client.rows(context, "stock.location", wanted, ["code"])}

    async def _carrier(self, context: CallContext, arguments: Mapping[str, Any]) -> Known:
        """A carrier is a party with the SCAC as its code, and a product with the service as its code."""
        scac, service = arguments.get("scac"), arguments.get("service")
        if service == PICKUP:
            return Known()
        wanted = [["party.code", "=", scac], ["carrier_product.code", "=", service]]
        names = ["carrier_cost_method", "carrier_product.list_price_used"]
        rows = await self._client.rows(context, "carrier", wanted, names)
        if not rows:
            raise self._client.failed(context, Kind.MAPPING, f"has no carrier {scac} with the service {service}")
        is_fixed = rows[0]["carrier_cost_method"] == "product"
        charge = nested(rows[0], "carrier_product", "list_price_used") if is_fixed else None
        return Known(carrier=int(rows[0]["id"]), charge=charge)

    async def _address(self, context: CallContext, arguments: Mapping[str, Any], family: Family) -> int:
        """The site, which is an address of the customer; one written out is looked for and else added."""
        party = family.sale.row["party"]
        written = arguments.get("address")
        if written is not None:
            return await self._written_out(context, party, PostalAddress.model_validate(written))
        site = str(arguments.get("site_id", ""))
        wanted = [["party", "=", party], ["id", "=", int(site) if site.isascii() and site.isdigit() else -1]]
        rows = await self._client.rows(context, "party.address", wanted, ["id"])
        if not rows:
            raise self._client.failed(context, Kind.MAPPING, f"has no address {site} of this customer")
        return int(rows[0]["id"])

    async def _written_out(self, context: CallContext, party: int, address: PostalAddress) -> int:
        """Found by what it says, so that no attempt adds it twice."""
        plain = {"street": address.street, "city": address.city, "postal_code": address.postal_code}
        wanted = [["party", "=", party], *([name, "=", value] for name, value in plain.items())]
        rows = await self._client.rows(context, "party.address", wanted, ["id"])
        if rows:
            return int(rows[0]["id"])
        countries = await self._client.rows(context, "country.country", [["code", "=", address.country]], ["id"])
        if not countries:
            raise self._client.failed(context, Kind.MAPPING, f"has no country {address.country}")
        domain = [["country", "=", countries[0]["id"]]]
        states = await self._client.rows(context, "country.subdivision", domain, ["code"])
        by_region = {region_code(row["code"]): row["id"] for row in states}
        values = {**plain, "party": party, "country": countries[0]["id"], "subdivision": by_region.get(address.region)}
        created = await self._client.write(context, "party.address", "create", [values])
        return int(created[0])
