from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.facts.integration import IntegrationFailure
from sandbox.edi import x12
from tests.integration.sandbox.desk import eventually
from tests.integration.sandbox.erp_stage import NEVER
from tests.integration.sandbox.partner import PARTNER, Gateway, gateway, po1, purchase_order, text_of


@pytest.fixture
def stage() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


def acknowledged(sent: dict[str, Any]) -> list[x12.Segment]:
    """The segments of the first acknowledgement."""
    return list(x12.parse(sent["acknowledgements"][0]).groups[0].sets[0].segments)


def verdicts(segments: list[x12.Segment]) -> list[str]:
    return [segment[1] for segment in segments if segment[0] in ("AK5", "IK5", "AK9")]


def test_a_purchase_order_becomes_an_order_in_our_items_and_units(stage: Gateway) -> None:
    sent = stage.send(text_of(purchase_order(po1("B-10")), control="000000900"))
    order = stage.order(stage.became(sent, "ENTERED"))
    line = order["lines"][0]
    assert (line["item"], line["unit"], float(line["quantity"]), float(line["unit_price"])) == ("BOLT", "EA", 24, 5)
    assert line["as_ordered"] == {"unit_price": "60.00", "unit": "CS", "pack_quantity": "12", "currency": "USD"}
    assert (order["channel"], order["po_number"], order["customer_id"]) == ("EDI", "PO-1", "C-1")
    assert order["edi"]["interchange_control"] == "000000900"
    assert order["ship_to"]["site_id"] == "S-1"
    assert verdicts(acknowledged(sent)) == ["A", "A"]
    assert all(hold["source_system"] != "EDI" for hold in order["holds"])


def test_a_change_of_an_order_says_that_it_is_one(stage: Gateway) -> None:
    change = ("POC", "1", "QI", "3", "3", "EA", "5.00", "PE", "BP", "B-10")
    deleted = ("POC", "2", "DI", "1", "0", "EA", "5.00", "PE", "BP", "B-10")
    sent = stage.send(text_of(purchase_order(change, deleted, kind="860"), group="PC"))
    order = stage.order(stage.became(sent, "ENTERED"))
    assert order["edi"]["purpose"] == "04"
    assert [float(line["quantity"]) for line in order["lines"]] == [36]


def test_an_interchange_that_comes_again_is_dropped_once_for_all(stage: Gateway) -> None:
    text = text_of(purchase_order(po1("B-10")))
    first = stage.send(text)
    stage.became(first, "ENTERED")
    again = stage.send(text)
    assert (again["dropped"], again["acknowledgements"]) == (True, first["acknowledgements"])
    assert len(stage.erp.seen("/v1/orders")["items"]) == 1


def test_a_part_that_nobody_knows_holds_the_order(stage: Gateway) -> None:
    order_id = stage.unmapped()
    sibling = stage.unmapped()
    order = stage.erp.seen(f"/v1/orders/{order_id}")
    hold = next(hold for hold in order["holds"] if hold["code"] == "INTEGRATION")
    assert (hold["source_system"], hold["source_code"]) == ("EDI", "MAPPING")
    assert order["lines"][0]["item"] == "UNMAPPED:99-7"
    found = IntegrationFailure.model_validate(stage.failure(order_id))
    assert (found.kind, found.mapping_key, found.siblings) == ("MAPPING", "mapping/ACME/99-7", 1)
    assert found.lines[0].proposal is not None
    assert found.lines[0].proposal.item == "NUT-M8"
    assert sibling != order_id


def test_one_fix_makes_the_part_known_for_all_and_a_replay_settles_the_document(stage: Gateway) -> None:
    order_id, sibling = stage.unmapped(), stage.unmapped()
    replay = {"reference": "r-1", "order_id": order_id, "items": {"1": "NUT-M8"}}
    assert stage.edi.post("/v1/replays", replay).json()["code"] == "unknown_part"
    fix = {"reference": "f-1", "partner": "ACME", "part": "99-7", "item": "NUT-M8"}
    made = stage.edi.made("/v1/mapping-fixes", fix)
    assert stage.failure(sibling)["lines"][0]["mapped_item"] == "NUT-M8"
    wrong = stage.edi.post("/v1/replays", replay | {"items": {"1": "UNMAPPED:99-7"}})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "order_differs")
    replayed = stage.edi.made("/v1/replays", replay)
    assert (stage.failure(order_id)["kind"], stage.failure(order_id)["settled_by"]) == (None, "REPLAY")
    stage.edi.made(f"/v1/replays/{replayed['id']}/cancel", {"reference": "u-1"})
    stage.edi.made(f"/v1/mapping-fixes/{made['id']}/cancel", {"reference": "u-2"})
    assert stage.failure(order_id)["kind"] == "MAPPING"
    assert stage.failure(order_id)["lines"][0]["mapped_item"] is None


@pytest.mark.parametrize("path", ["mapping-fixes", "take-overs"])
def test_an_item_that_is_not_sold_explains_nothing(stage: Gateway, path: str) -> None:
    order_id = stage.unmapped()
    bodies: dict[str, dict[str, Any]] = {
        "mapping-fixes": {"partner": "ACME", "part": "99-7", "item": "UNMAPPED:99-7"},
        "take-overs": {"order_id": order_id, "items": {"1": "UNMAPPED:99-7"}, "basis": "by hand"},
    }
    refused = stage.edi.post(f"/v1/{path}", bodies[path] | {"reference": "r-1"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_item")


def test_a_unit_that_nobody_knows_is_a_value_to_be_read(stage: Gateway) -> None:
    sent = stage.send(text_of(purchase_order(po1("B-10", unit="ZZ"))))
    found = stage.failure(stage.became(sent, "FAILED")["order_id"])
    assert (found["kind"], found["lines"][0]["unit_known"]) == ("VALIDATION", False)


@pytest.mark.parametrize(
    ("lines", "noted"),
    [
        ((po1("B-10", quantity="many"),), ("AK4", "2", "", "7")),
        ((po1("B-10", quantity=""),), ("AK4", "2", "", "1")),
        ((), ("AK3", "PO1", "6", "", "3")),
    ],
    ids=["no number", "missing", "no line"],
)
def test_wrong_syntax_is_rejected_by_997_and_makes_no_order(
    stage: Gateway, lines: tuple[x12.Segment, ...], noted: x12.Segment
) -> None:
    sent = stage.send(text_of(purchase_order(*lines)))
    segments = acknowledged(sent)
    assert noted in segments
    assert verdicts(segments) == ["R", "R"]
    assert not sent["documents"]


def test_a_partner_may_want_a_999(stage: Gateway) -> None:
    stage.admin.http.put("/admin/partners", json=PARTNER | {"acknowledges_with": "999"}).raise_for_status()
    sent = stage.send(text_of(purchase_order(po1("B-10", quantity="many"))))
    assert [segment[0] for segment in acknowledged(sent)] == ["AK1", "AK2", "IK3", "IK4", "IK5", "AK9"]


@pytest.mark.parametrize("cut", [80, -20])
def test_what_cannot_be_parsed_is_kept_and_rejected(stage: Gateway, cut: int) -> None:
    sent = stage.send(text_of(purchase_order(po1("B-10")))[:cut])
    assert (sent["state"], sent["error_kind"]) == ("FAILED", "POISON")
    assert verdicts(acknowledged(sent)) == ["R"]
    assert not stage.erp.seen("/v1/orders")["items"]
    assert stage.edi.seen("/v1/interchanges", state="FAILED")["items"][0]["id"] == sent["id"]


def test_a_partner_that_nobody_knew_is_entered_once_it_is_known(stage: Gateway) -> None:
    text = text_of(purchase_order(po1("B-10"))).replace("ACMESENDER", "NEWCOMER  ")
    sent = stage.send(text)
    assert stage.became(sent, "FAILED")["mapping_key"] == "mapping/NEWCOMER"
    stage.admin.http.put("/admin/partners", json=PARTNER | {"partner": "NEW", "sender": "NEWCOMER"}).raise_for_status()
    assert stage.became(sent, "FAILED")["order_id"] is not None


def test_an_erp_that_is_down_is_asked_until_it_answers(stage: Gateway) -> None:
    stage.erp_admin.fault("ERROR", "POST /v1/orders", count=2)
    document = stage.became(stage.send(text_of(purchase_order(po1("B-10")))), "ENTERED")
    assert document["attempts"] == 3


def answer(stage: Gateway, order_id: str, reference: str = "a-1", **more: Any) -> dict[str, Any]:
    lines = [{"line_id": "1", "code": "IA", "quantity": "2", "unit": "EA"}]
    body = {"reference": reference, "order_id": order_id, "document": "855", "bak02": "AD", "lines": lines} | more
    return stage.edi.made("/v1/acknowledgements", body)


def test_an_answer_waits_for_its_997_and_is_overdue_without(stage: Gateway) -> None:
    order_id = stage.unmapped()
    made = answer(stage, order_id)
    sent = eventually(lambda: [one for one in stage.outgoing(order_id, "855") if one["state"] == "SENT"])[0]
    document = x12.parse(sent["text"]).groups[0].sets[0]
    assert document.first("BAK") == ("BAK", "00", "AD", "PO-1", sent["queued_at"][:10].replace("-", ""))
    assert document.first("ACK") == ("ACK", "IA", "2", "EA")
    stage.admin.made(f"/admin/outbound/{sent['id']}/age", {})
    assert [one["id"] for one in stage.edi.seen("/v1/overdue")["items"]] == [sent["id"]]
    assert [one["document"] for one in stage.failure(order_id)["overdue"]] == ["855"]
    segments: tuple[x12.Segment, ...] = (("AK1", "PR", made["number"]), ("AK9", "A", "1", "1", "1"))
    stage.send(text_of(x12.TransactionSet("997", "0001", segments), group="FA"))
    assert not stage.edi.seen("/v1/overdue")["items"]


def test_an_overdue_document_is_sent_again_and_counted_anew(stage: Gateway) -> None:
    order_id = stage.unmapped()
    answer(stage, order_id)
    sent = eventually(lambda: [one for one in stage.outgoing(order_id, "855") if one["state"] == "SENT"])[0]
    stage.admin.made(f"/admin/outbound/{sent['id']}/age", {})
    made = stage.edi.made("/v1/resends", {"reference": "s-1", "order_id": order_id})
    assert not stage.failure(order_id)["overdue"]
    stage.edi.made(f"/v1/resends/{made['id']}/cancel", {"reference": "u-1"})
    assert stage.failure(order_id)["overdue"]
    taken = stage.edi.made(
        "/v1/take-overs", {"reference": "t-1", "order_id": order_id, "items": {}, "basis": "by phone"}
    )
    assert stage.failure(order_id)["kind"] is None
    stage.edi.made(f"/v1/take-overs/{taken['id']}/cancel", {"reference": "u-2"})
    assert stage.failure(order_id)["kind"] == "MAPPING"


def test_an_answer_that_is_taken_back_is_withdrawn_or_replaced(stage: Gateway) -> None:
    order_id = stage.unmapped()
    made = answer(stage, order_id)
    assert stage.failure(order_id)["answered_with"] == "AD"
    eventually(lambda: [one for one in stage.outgoing(order_id, "855") if one["state"] == "SENT"])
    stage.edi.made(f"/v1/acknowledgements/{made['id']}/cancel", {"reference": "u-1"})
    assert stage.failure(order_id)["answered_with"] is None
    replacing = x12.parse(stage.outgoing(order_id, "855")[1]["text"]).groups[0].sets[0]
    assert x12.element(replacing.first("BAK"), 1) == "05"
    assert x12.element(replacing.first("ACK"), 1) == "IH"


def test_a_later_answer_takes_the_place_of_the_one_before(stage: Gateway) -> None:
    """By a document that says so; what the partner knows already is not said again, and taking back the first does
    nothing any more.
    """
    order_id = stage.unmapped()
    line = {"line_id": "1", "code": "IH", "quantity": "2", "unit": "EA"}
    pending = answer(stage, order_id, "a-1", bak02="AC", lines=[line])
    eventually(lambda: [one for one in stage.outgoing(order_id, "855") if one["state"] == "SENT"])
    dearer = line | {"code": "IP", "unit_price": "5.50", "promised_on": "2026-12-24"}
    answer(stage, order_id, "a-2", bak02="AC", lines=[dearer])
    answer(stage, order_id, "a-3", bak02="AC", lines=[dearer])
    stage.edi.made(f"/v1/acknowledgements/{pending['id']}/cancel", {"reference": "u-1"})
    first, last = stage.outgoing(order_id, "855")
    said = x12.parse(last["text"]).groups[0].sets[0]
    assert (first["state"], x12.element(said.first("BAK"), 1), stage.failure(order_id)["answered_with"]) == (
        "REPLACED",
        "05",
        "AC",
    )
    assert said.first("PO1") == ("PO1", "1", "", "", "5.5")
    assert said.first("ACK") == ("ACK", "IP", "2", "EA", "067", "20261224")


def test_an_answer_that_has_not_gone_yet_gives_way_to_the_next() -> None:
    with gateway(transmit_after=NEVER) as stage:
        order_id = stage.unmapped()
        answer(stage, order_id, "a-1")
        answer(stage, order_id, "a-2", bak02="AC")
        first, last = stage.outgoing(order_id, "855")
        assert (first["state"], last["state"]) == ("WITHDRAWN", "QUEUED")
        assert x12.element(x12.parse(last["text"]).groups[0].sets[0].first("BAK"), 1) == "00"


def test_an_answer_that_has_not_gone_yet_was_never_given() -> None:
    with gateway(transmit_after=NEVER) as stage:
        order_id = stage.unmapped()
        made = answer(stage, order_id)
        stage.edi.made(f"/v1/acknowledgements/{made['id']}/cancel", {"reference": "u-1"})
        assert [one["state"] for one in stage.outgoing(order_id, "855")] == ["WITHDRAWN"]


def test_an_824_says_that_the_application_cannot_take_the_order(stage: Gateway) -> None:
    order_id = stage.unmapped()
    answer(stage, order_id, document="824", bak02=None, lines=[], error="MAPPING")
    document = x12.parse(stage.outgoing(order_id, "824")[0]["text"]).groups[0].sets[0]
    assert document.first("OTI") == ("OTI", "TR", "PO", "PO-1", "", "", "", "", "", "0001", "850")
    assert document.first("TED") == ("TED", "024", "MAPPING")


def refusing(stage: Gateway, *, both: bool = False) -> None:
    routes = [{"name": "AS2", "accepts": False}, {"name": "SFTP", "accepts": not both}]
    stage.admin.http.put("/admin/connections", json={"partner": "ACME", "routes": routes}).raise_for_status()


def test_a_partner_that_refuses_us_is_left_alone_and_its_orders_are_held(stage: Gateway) -> None:
    refusing(stage)
    order = stage.order(stage.became(stage.send(text_of(purchase_order(po1("B-10")))), "ENTERED"))
    assert [hold["source_code"] for hold in order["holds"] if hold["source_system"] == "EDI"] == ["AUTH"]
    found = eventually(lambda: seen if (seen := stage.failure(order["order_id"]))["paused"] else None)
    assert found is not None
    assert [(route["name"], route["accepts"]) for route in found["routes"]] == [("AS2", False), ("SFTP", True)]
    assert found["kind"] == "AUTH"


def test_another_route_takes_what_waited_and_back_again(stage: Gateway) -> None:
    order_id = stage.unmapped()
    refusing(stage)
    answer(stage, order_id)
    eventually(lambda: stage.failure(order_id)["paused"])
    assert stage.failure(order_id)["waiting"] == 1
    resend = {"reference": "s-1", "order_id": order_id}
    assert stage.edi.post("/v1/resends", resend).json()["code"] == "partner_refuses"
    made = stage.edi.made("/v1/reroutes", {"reference": "w-1", "partner": "ACME", "route": "SFTP"})
    eventually(lambda: stage.failure(order_id)["waiting"] == 0)
    stage.edi.made(f"/v1/reroutes/{made['id']}/cancel", {"reference": "u-1"})
    found = stage.failure(order_id)
    assert (found["paused"], [route["active"] for route in found["routes"]]) == (True, [True, False])


def test_no_way_leads_to_a_partner_that_refuses_all(stage: Gateway) -> None:
    refusing(stage, both=True)
    refused = stage.edi.post("/v1/reroutes", {"reference": "w-1", "partner": "ACME", "route": "SFTP"})
    assert (refused.status_code, refused.json()["code"]) == (409, "route_closed")


def test_other_documents_wait_for_their_997_too(stage: Gateway) -> None:
    order_id = stage.unmapped()
    stage.admin.made("/admin/documents", {"order_id": order_id, "document": "856"})
    sent = eventually(lambda: [one for one in stage.outgoing(order_id, "856") if one["state"] == "SENT"])[0]
    assert sent["due_at"] is not None
