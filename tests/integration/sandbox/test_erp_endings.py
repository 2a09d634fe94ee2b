from __future__ import annotations

from domain.order import HoldClass, OrderStatus
from tests.integration.sandbox.desk import eventually
from tests.integration.sandbox.erp_stage import LEGAL, Document, Stage, order, resolutions

RELEASE = "/v1/orders/SO-1/release"
CANCEL = "/v1/orders/SO-1/cancellation"


def release(*hold_ids: str, reference: str = "rel-1") -> Document:
    return {"reference": reference, "resolutions": resolutions(*hold_ids)}


def test_a_release_frees_the_order_and_keeps_who_decided_what(stage: Stage) -> None:
    stage.held()
    made = stage.erp.made(RELEASE, release("SO-1-H1"), if_match=stage.tag())
    assert stage.order().status is OrderStatus.RELEASED
    assert (made["released"], made["order_version"]) == (True, stage.order().version)
    [kept] = stage.erp.seen("/v1/orders/SO-1/releases")["items"]
    assert kept == made
    assert kept["resolutions"] == resolutions("SO-1-H1")
    assert [hold["hold_class"] for hold in kept["holds"]] == ["HARD"]
    [cleared] = stage.seen()["cleared_holds"]
    assert (cleared["hold"]["code"], cleared["release_id"]) == ("LEGAL", made["id"])
    assert stage.erp.seen("/v1/releases", reference="rel-1")["items"] == [made]
    told = eventually(lambda: stage.told("hold_cleared"))
    assert (told[0]["hold_id"], told[0]["order_version"]) == ("SO-1-H1", stage.order().version)


def test_every_open_hold_wants_its_resolution(stage: Stage) -> None:
    stage.enter(order(extra_holds=[LEGAL, LEGAL]))
    refused = stage.erp.post(RELEASE, release("SO-1-H1"), if_match=stage.tag())
    assert (refused.status_code, refused.json()["code"]) == (409, "holds_not_covered")
    assert refused.json()["missing"] == ["SO-1-H2"]
    assert len(stage.order().holds) == 2


def test_a_release_is_repeated_by_reference_and_refused_under_another(stage: Stage) -> None:
    stage.held()
    tag = stage.tag()
    made = stage.erp.made(RELEASE, release("SO-1-H1"), if_match=tag)
    again = stage.erp.post(RELEASE, release("SO-1-H1"), if_match=tag)
    assert (again.status_code, again.json()) == (200, made)
    other = stage.erp.post(RELEASE, release("SO-1-H1", reference="rel-2"), if_match=stage.tag())
    assert (other.status_code, other.json()["code"]) == (409, "already_released")
    assert stage.erp.effects(order_id="SO-1") == ["orders.create", "orders.release"]


def test_a_release_rests_on_a_version(stage: Stage) -> None:
    stage.held()
    assert stage.erp.post(RELEASE, release("SO-1-H1")).status_code == 428
    stage.admin.made("/admin/orders/SO-1/holds", LEGAL)
    assert stage.erp.post(RELEASE, release("SO-1-H1"), if_match='"v1"').status_code == 412
    assert stage.order().status is OrderStatus.ON_HOLD


def test_even_without_idempotency_an_order_is_released_once(stage: Stage) -> None:
    stage.held()
    stage.admin.fault("NO_IDEMPOTENCY")
    stage.erp.made(RELEASE, release("SO-1-H1"), key="k", if_match=stage.tag())
    again = stage.erp.post(RELEASE, release("SO-1-H1"), key="k", if_match=stage.tag())
    assert again.json()["code"] == "already_released"
    assert len(stage.erp.seen("/v1/releases", reference="rel-1")["items"]) == 1


def test_resolving_a_hold_that_is_not_there_makes_it(stage: Stage) -> None:
    stage.held()
    made = stage.erp.made(RELEASE, release("SO-1-H1", "SO-1-H7"), if_match=stage.tag())
    assert made["released"] is False
    [hold] = stage.order().holds
    assert (hold.hold_id, hold.hold_class) == ("SO-1-H7", HoldClass.MANUAL)
    assert stage.order().status is OrderStatus.ON_HOLD
    eventually(lambda: [data["hold"]["hold_id"] for data in stage.told("hold_placed")] == ["SO-1-H1", "SO-1-H7"])


def test_a_cancellation_ends_the_order_once(stage: Stage) -> None:
    stage.held()
    body = {"reference": "can-1", "reason_code": "REJECT", "resolutions": resolutions("SO-1-H1")}
    assert stage.erp.post(CANCEL, body).status_code == 428
    tag = stage.tag()
    made = stage.erp.made(CANCEL, body, if_match=tag)
    assert stage.erp.made(CANCEL, body, if_match=tag) == made
    assert made["status"] == "ACTIVE"
    assert stage.order().status is OrderStatus.CANCELLED
    assert stage.order().holds == ()
    assert stage.erp.seen("/v1/cancellations", reference="can-1")["items"] == [made]
    other = stage.erp.post(CANCEL, body | {"reference": "can-2"}, if_match=stage.tag())
    assert other.json()["code"] == "already_cancelled"
    told = eventually(lambda: stage.told("order_cancelled"))
    assert told[0]["detail"] == "REJECT"


def test_neither_ending_follows_the_other(stage: Stage) -> None:
    for order_id in ("SO-1", "SO-2"):
        stage.enter(order(order_id, extra_holds=[LEGAL]))
    stage.erp.made(RELEASE, release("SO-1-H1"), if_match=stage.tag())
    cancel = {"reference": "can", "reason_code": "REJECT"}
    assert stage.erp.post(CANCEL, cancel, if_match=stage.tag()).json()["code"] == "already_released"
    stage.erp.made("/v1/orders/SO-2/cancellation", cancel, if_match=stage.tag("SO-2"))
    refused = stage.erp.post("/v1/orders/SO-2/release", release("SO-2-H1"), if_match=stage.tag("SO-2"))
    assert refused.json()["code"] == "already_cancelled"
