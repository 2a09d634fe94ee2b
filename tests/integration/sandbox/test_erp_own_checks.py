from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.order import HoldLevel, OrderStatus
from sandbox.crm.service import build as build_crm
from sandbox.erp.service import ErpSettings
from sandbox.erp.service import build as build_erp
from sandbox.kernel import Peer, Settings, in_thread
from tests.integration.sandbox.desk import TOKENS, Desk, eventually
from tests.integration.sandbox.erp_stage import Document, Stage, line, order

SITE: Document = {"site_id": "S-1", "region": "NY", "postal_code": "10001"}
ADDRESS: Document = {"street": "5 MAIN STREET", "city": "NEW YORK", "region": "NY", "postal_code": "10001"}
FEDEX: Document = {"scac": "FXFE", "service": "ECONOMY", "freight_terms": "PREPAID"}
EDI: Document = {
    "partner": "P-1",
    "interchange_control": "000000017",
    "group_control": "17",
    "transaction_control": "0001",
}


def codes(stage: Stage, order_id: str = "SO-1") -> list[str]:
    return [hold.code for hold in stage.order(order_id).holds]


def stated(price: str, **more: Any) -> Document:
    return {"as_ordered": {"unit_price": price, "currency": "USD", **more}}


@pytest.mark.parametrize(
    ("price", "held"),
    [("5.00", False), ("5", False), ("4.99", True), ("5.01", True)],
)
def test_a_price_that_is_not_the_customers_holds_the_line(stage: Stage, price: str, *, held: bool) -> None:
    stage.enter(order("SO-1", line("1", quantity="1"), line("2", quantity="1", **stated(price))))
    assert [(hold.code, hold.level, hold.line_ids) for hold in stage.order().holds] == (
        [("PRICE", HoldLevel.LINE, ("2",))] if held else []
    )


def test_the_same_price_by_the_box_holds_the_line_too(stage: Stage) -> None:
    stage.enter(order("SO-1", line(**stated("60.00", unit="BX", pack_quantity="12"))))
    assert codes(stage) == ["PRICE"]


@pytest.mark.parametrize(
    ("changes", "freight", "said"),
    [
        ({}, "0", None),
        ({"postal_code": "10001-2345"}, "0", "postal code is not that of site S-1"),
        ({"region": "NJ"}, "0", "region is not that of site S-1"),
        ({"city": ""}, "0", "no city"),
        ({"street": ""}, "0", "no street"),
        ({"street": "P.O. Box 12"}, "60", "a PO box, and the order has freight"),
        ({"street": "", "po_box": "12"}, "60", "a PO box, and the order has freight"),
        ({"street": "", "po_box": "12"}, "0", None),
        ({"street": "5, Main Street"}, "0", "not written as addresses are kept here"),
    ],
)
def test_an_address_is_held_unless_it_is_whole_and_to_the_letter(
    stage: Stage, changes: Document, freight: str, said: str | None
) -> None:
    stage.enter(order(ship_to=SITE, freight=freight, address=ADDRESS | changes))
    assert codes(stage) == (["ADDRESS"] if said else [])
    assert all((said or "") in hold.reason and "MAIN" not in hold.reason.upper() for hold in stage.order().holds)


@pytest.fixture
def master() -> Iterator[tuple[Desk, Desk]]:
    """An ERP that asks a CRM about sites, and the CRM."""
    account = {"customer_id": "C-1", "segment": "A"}
    site = ADDRESS | {"customer_id": "C-1", "site_id": "S-1", "street": "5 Main Street"}
    crm = Settings(tokens=TOKENS, seed={"accounts": [account], "sites": [site]})
    with in_thread(build_crm(crm)) as there:
        erp = ErpSettings(tokens=TOKENS, peers={"crm": Peer(url=there, token=TOKENS["erp"])})
        with in_thread(build_erp(erp)) as here:
            yield Desk(here), Desk(there, "admin")


@pytest.mark.parametrize(
    ("site", "street", "said"),
    [
        ("S-1", "5 Main Street", None),
        ("S-1", "5 MAIN STREET", "street and city are not those of site S-1 to the letter"),
        ("S-1", "7 Main Street", "street and city are not those of site S-1 to the letter"),
        ("NEW", "5 Main Street", "the customer has no site NEW"),
    ],
)
def test_an_address_is_held_against_the_master_data_if_there_is_any(
    master: tuple[Desk, Desk], site: str, street: str, said: str | None
) -> None:
    entry = order(ship_to=SITE | {"site_id": site}, address=ADDRESS | {"street": street})
    entered = master[0].made("/v1/orders", entry)
    assert [hold["reason"] for hold in entered["holds"]] == ([f"ship-to address: {said}"] if said else [])


def test_master_data_that_cannot_be_asked_is_asked_only_about_addresses(master: tuple[Desk, Desk]) -> None:
    erp, crm = master
    crm.fault("ERROR")
    assert erp.made("/v1/orders", order("SO-1"))["holds"] == []
    silent = erp.made("/v1/orders", order("SO-2", address=ADDRESS))
    assert [hold["code"] for hold in silent["holds"]] == ["INTEGRATION"]
    crm.http.delete("/admin/faults")
    path = "/v1/orders/SO-2"
    made = erp.made(f"{path}/revalidate", {"reference": "r"}, if_match=erp.get(path).headers["ETag"])
    assert made["found"] == ["ADDRESS"]


@pytest.mark.parametrize(
    ("carrier", "lacks"),
    [
        (FEDEX, None),
        ({}, "scac, service"),
        (FEDEX | {"service": None}, "service"),
        (FEDEX | {"freight_terms": "COLLECT"}, "account"),
    ],
)
def test_carrier_instructions_that_nobody_can_follow_hold_an_order(
    stage: Stage, carrier: Document, lacks: str | None
) -> None:
    stage.enter(order(carrier=carrier))
    reasons = [(hold.code, hold.reason) for hold in stage.order().holds]
    assert reasons == ([("CARRIER", f"carrier instructions lack {lacks}")] if lacks else [])


@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        ({"po_number": "po 00-17"}, {"po_number": "PO0017"}, True),
        ({"po_number": "17"}, {"po_number": "0017"}, True),
        ({"po_number": "17", "release_number": "1"}, {"po_number": "17", "release_number": "2"}, False),
        ({"po_number": "17"}, {"po_number": "17", "customer_id": "C-2"}, False),
        ({"po_number": "17"}, {"po_number": "17", "order_type": "BLANKET"}, False),
        ({"po_number": "17", "order_type": "QUOTE"}, {"po_number": "17"}, False),
        ({"po_number": ""}, {"po_number": ""}, False),
        ({"edi": EDI}, {"edi": EDI}, True),
        ({"edi": EDI}, {"edi": EDI | {"transaction_control": "0002"}}, False),
    ],
)
def test_an_order_that_may_be_there_already_is_held(
    stage: Stage, first: Document, second: Document, *, held: bool
) -> None:
    stage.enter(order("SO-1", **first))
    stage.enter(order("SO-2", **second))
    assert codes(stage) == []
    assert codes(stage, "SO-2") == (["DUPLICATE"] if held else [])


def test_a_cancelled_order_is_ordered_again_by_the_same_number(stage: Stage) -> None:
    stage.enter(order("SO-1", po_number="17"))
    stage.admin.made("/admin/orders/SO-1/cancel", {})
    stage.enter(order("SO-2", po_number="17"))
    assert stage.order("SO-2").status is OrderStatus.RELEASED


def test_a_message_that_comes_again_is_held_also_if_its_order_was_cancelled(stage: Stage) -> None:
    stage.enter(order("SO-1", edi=EDI))
    stage.admin.made("/admin/orders/SO-1/cancel", {})
    stage.enter(order("SO-2", edi=EDI))
    assert codes(stage, "SO-2") == ["DUPLICATE"]


def test_what_was_decided_about_an_order_is_not_questioned_again(stage: Stage) -> None:
    stage.enter(order("SO-0", po_number="17"))
    entry = order("SO-1", line(**stated("4.00")), po_number="17", carrier={}, address=ADDRESS | {"city": "york"})
    stage.enter(entry)
    assert sorted(codes(stage)) == ["ADDRESS", "CARRIER", "DUPLICATE", "PRICE"]
    stage.amend("set_price", {"lines": {"1": {"unit_price": "4.50"}}, "basis": "CONTRACT"})
    stage.amend("set_ship_to", SITE | {"address": ADDRESS, "basis": "STANDARDISED"})
    stage.amend("set_carrier", FEDEX)
    stage.amend("set_purchase_order", {"po_number": "17"})
    stage.release()
    stage.admin.made("/admin/orders/SO-1/change", {"freight": "10.00"})
    eventually(lambda: stage.order().status is not OrderStatus.VALIDATING)
    assert stage.order().status is OrderStatus.RELEASED
