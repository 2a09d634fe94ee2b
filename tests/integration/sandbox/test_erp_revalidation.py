from __future__ import annotations

from domain.order import OrderStatus
from tests.integration.sandbox.desk import eventually
from tests.integration.sandbox.erp_stage import Document, Stage, line, order

PATH = "/v1/orders/SO-1/revalidate"


def held_for(stage: Stage) -> list[str]:
    return [hold.code for hold in stage.order().holds]


def again(stage: Stage, reference: str = "r") -> Document:
    return stage.erp.made(PATH, {"reference": reference}, key=reference, if_match=stage.tag())


def entered_while_down(stage: Stage, *systems: str, **more: str) -> None:
    for system in systems:
        stage.peers[system].fault("ERROR")
    stage.enter(order("SO-1", line(**more)))
    for system in systems:
        stage.peers[system].http.delete("/admin/faults")


def test_an_order_whose_systems_answer_again_keeps_only_the_hold_that_says_so(stage: Stage) -> None:
    entered_while_down(stage, "tax", "wms")
    assert stage.erp.seen("/v1/orders/SO-1/validation")["unanswered"] == ["wms", "tax"]
    made = again(stage)
    assert (made["unanswered"], made["found"], made["order_version"]) == ([], [], stage.order().version)
    assert [hold.reason for hold in stage.order().holds] == [f"{name} has answered by now" for name in ("wms", "tax")]
    assert str(stage.order().line("1").tax_in_erp) == "5.00"
    assert stage.erp.seen("/v1/orders/SO-1/validation")["unanswered"] == []
    stage.release()
    assert stage.order().status is OrderStatus.RELEASED


def test_what_is_found_then_is_a_newer_version_and_told(stage: Stage) -> None:
    entered_while_down(stage, "credit", "tax", tax_in_erp="4.00")
    stage.neighbours.credit["limit"] = "0"
    made = again(stage)
    assert held_for(stage) == ["INTEGRATION", "INTEGRATION", "CREDIT", "TAX"]
    assert made["order_version"] == stage.order().version - 1
    told = eventually(lambda: len(stage.told("hold_placed")) == 4 and stage.told("hold_placed"))
    assert {data["order_version"] for data in told or []} == {1, stage.order().version}
    again(stage, "once more")
    assert len(held_for(stage)) == 4


def test_a_system_that_stays_silent_is_said_to_and_found_by_reference(stage: Stage) -> None:
    stage.peers["tax"].fault("ERROR")
    stage.enter()
    made = again(stage)
    assert made["unanswered"] == ["tax"]
    assert stage.order().holds[0].reason.startswith("tax could not be asked")
    assert stage.erp.seen("/v1/revalidations", reference="r")["items"] == [made]
    assert held_for(stage) == ["INTEGRATION"]


def test_only_a_held_order_is_validated_again_and_only_as_it_was_seen(stage: Stage) -> None:
    stage.enter()
    refused = stage.erp.post(PATH, {"reference": "r"}, if_match=stage.tag())
    assert (refused.status_code, refused.json()["code"]) == (409, "order_not_held")
    assert stage.erp.post(PATH, {"reference": "r"}, if_match='"v7"').status_code == 412


def test_what_somebody_took_off_is_not_put_on_again(stage: Stage) -> None:
    stage.neighbours.credit["limit"] = "0"
    entered_while_down(stage, "tax")
    credit = next(hold for hold in stage.order().holds if hold.code == "CREDIT")
    stage.admin.http.delete(f"/admin/orders/SO-1/holds/{credit.hold_id}")
    again(stage)
    assert held_for(stage) == ["INTEGRATION"]


def test_what_a_validation_took_over_is_given_back_and_what_it_found_stays(stage: Stage) -> None:
    """Unless somebody has booked another tax since."""
    entered_while_down(stage, "tax")
    stage.neighbours.credit["limit"] = "0"
    made = again(stage)
    assert str(stage.order().line("1").tax_in_erp) == "5.00"
    undone = stage.erp.made(f"/v1/revalidations/{made['id']}/cancel", {"reference": "u"})
    assert (undone["status"], undone["order_version"]) == ("CANCELLED", stage.order().version)
    assert stage.order().line("1").tax_in_erp == 0
    assert held_for(stage) == ["INTEGRATION", "CREDIT"]
    second = again(stage, "second")
    assert second["found"] == []
    stage.amend("set_tax", {"lines": {"1": "7.00"}})
    stage.erp.made(f"/v1/revalidations/{second['id']}/cancel", {"reference": "u2"})
    assert str(stage.order().line("1").tax_in_erp) == "7.00"


def test_a_carrier_is_for_the_region_it_was_set_for(stage: Stage) -> None:
    carrier = {"scac": "FXFE", "service": "ECONOMY"}
    stage.held(carrier=carrier)
    elsewhere = {"site_id": "S-9", "region": "TX", "postal_code": "75201"}
    amendment = stage.amend("set_ship_to", elsewhere)
    assert again(stage)["found"] == ["CARRIER"]
    stage.amend("set_carrier", carrier | {"freight_terms": "PREPAID"})
    assert again(stage, "for there")["found"] == []
    assert stage.reverse(amendment)["status"] == "CANCELLED"
