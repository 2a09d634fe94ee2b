from __future__ import annotations

from collections.abc import Callable

from temporalio.exceptions import ApplicationError

from domain.identifiers import workflow_id
from tests.integration.approver.stage import Opened, Stage, enterprise, eventually

OpenCase = Callable[..., Opened]


def test_a_case_is_shown_with_all_that_its_approver_asks(open_case: OpenCase) -> None:
    case = open_case().asked()
    page = case.approver("show", "CASE").out
    for said in (
        f"Order {case.order_id}  AWAITING_DECISION",
        "credit version 1",
        "limit 1000",
        "* RELEASE_ONCE  Release this order once",
        "Cost 150.00 USD, needs credit_manager for 1,000.00 USD",
        "Customer: the order ships as promised",
        "Adjust amount=1000: the highest value released",
        "Recommended RELEASE_ONCE: a good customer a little over the limit",
        "by policy credit_rules, row 7: over-10-percent",
        "Awaits credit_manager",
        "If nobody answers: controller is asked; silence approves nothing",
        "asked: T1 to credit_manager",
        f"/namespaces/default/workflows/order-exception%2Facme%2F{case.order_id}/",
        f"approver.py approve {case.order_id} --revision 1",
    ):
        assert said in page


def test_what_strangers_wrote_cannot_steer_the_terminal(open_case: OpenCase) -> None:
    page = open_case().asked().approver("show", "CASE", "--full").out
    assert r"pay\x1b[2J now\u202e\n[red]or else[/red]" in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_the_commands_it_offers_can_be_typed(open_case: OpenCase) -> None:
    case = open_case().asked()
    offered = case.approver("show", "CASE", "--json").document["tasks"][0]["commands"]
    claim = next(command for command in offered if " claim " in command)
    assert case.approver(*claim.split()[1:], as_="carla").code == 0
    assert case.approver(*offered[0].split()[1:], as_="carla").code == 0


def test_the_json_has_a_stable_shape(open_case: OpenCase) -> None:
    case = open_case().asked()
    view = case.approver("show", "CASE", "--json").document
    assert (view["order_id"], view["workflow_id"], view["state"]) == (case.order_id, case.workflow, "AWAITING_DECISION")
    hold, task = view["holds"][0], view["tasks"][0]
    assert [option["code"] for option in hold["options"]] == ["RELEASE_ONCE", "REJECT"]
    assert hold["options"][0]["cost"] == {"amount": "0", "currency": "USD"}
    assert hold["rules"] == [{"table": "credit_rules", "row": 7, "rule": "over-10-percent"}]
    assert (task["task_id"], task["revision"], task["role"], task["is_open"]) == ("T1", 1, "credit_manager", True)


def test_an_outage_is_shown_with_its_attempts_and_the_next_try(stage: Stage, open_case: OpenCase) -> None:
    case = open_case().asked()
    world = enterprise("OUT-1")
    world.failures["credit.position"] = [ApplicationError("credit is closed", type="TRANSIENT") for _ in range(99)]
    stage.worker(world, "outage")
    workflow = stage.start("OUT-1", "outage")
    view = eventually(
        lambda: case.approver("show", workflow, "--json").document,
        lambda seen: seen["outages"] and seen["outages"][0]["attempt"] > 1 and seen["outages"][0]["next_try_at"],
    )
    outage = view["outages"][0]
    assert (view["state"], outage["system"], outage["kind"]) == ("RETRYING", "credit", "TRANSIENT")
    assert "credit is closed" in outage["message"]
    page = case.approver("show", workflow).out
    assert "RETRYING credit: cannot be reached since" in page
    assert "attempts failed; next try" in page


def test_without_a_worker_it_says_who_can_help(stage: Stage, open_case: OpenCase) -> None:
    case = open_case().asked()
    lonely = stage.start("LONELY-1", "nobody-serves-this")
    assert lonely == workflow_id("acme", "LONELY-1")
    said = case.approver("show", lonely)
    assert said.code == 21
    assert "whether a worker is running" in said.err


def test_the_whole_way_of_an_order_is_one_list(open_case: OpenCase) -> None:
    """On paper and as JSON; what strangers wrote cannot steer the terminal here either."""
    case = open_case().asked()
    page = case.approver("show", "CASE", "--timeline").out
    for said in (f"Order {case.order_id}", "order received by EDI", "asked: T1 to credit_manager", "case opened"):
        assert said in page
    assert "\x1b" not in page
    timeline = case.approver("show", "CASE", "--timeline", "--json").document
    assert timeline["order_id"] == case.order_id
    assert [entry["at"] for entry in timeline["entries"]] == sorted(entry["at"] for entry in timeline["entries"])
