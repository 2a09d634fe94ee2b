from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.facts.inventory import Sourcing
from domain.order import OrderStatus
from tests.integration.sandbox.desk import PATIENCE, TOKENS, Desk, eventually
from tests.integration.sandbox.erp_stage import LEGAL, Neighbours, Stage, line, order, position, staged

ROOT = Path(__file__).parents[3]
PURCHASE = {
    "reference": "buy",
    "order_id": "SO-1",
    "line_id": "1",
    "item": "BOLT",
    "quantity": "10",
    "supplier": "ACME",
    "unit_cost": "3.10",
    "drop_ship": True,
    "due_on": "2026-12-01",
}


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "SANDBOX_TOKENS"} | {"PYTHONPATH": str(ROOT)}


@contextmanager
def started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service as a process of its own, and the address that it says."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            assert said["service"] == "erp"
            yield process, said["url"]
        finally:
            process.kill()


def test_a_hold_by_hand_is_published_and_cleared_by_hand(stage: Stage) -> None:
    stage.enter()
    stage.admin.made("/admin/orders/SO-1/holds", {"code": "CREDIT", "hold_class": "MANUAL"})
    assert stage.order().status is OrderStatus.ON_HOLD
    assert stage.admin.http.delete("/admin/orders/SO-1/holds/SO-1-H1").status_code == 200
    assert stage.order().status is OrderStatus.RELEASED
    eventually(lambda: stage.told("hold_placed") and stage.told("hold_cleared"))
    assert stage.told("hold_placed")[0]["hold"]["hold_class"] == "MANUAL"
    assert stage.told("hold_cleared")[0]["order_version"] == 3
    assert stage.admin.http.delete("/admin/orders/SO-1/holds/SO-1-H1").json()["code"] == "hold_not_found"


def test_only_the_administrator_works_by_hand(stage: Stage) -> None:
    stage.enter()
    assert stage.erp.post("/admin/orders/SO-1/holds", LEGAL).status_code == 403


def test_a_change_by_hand_is_published(stage: Stage) -> None:
    stage.held()
    body = {"lines": [{"line_id": "1", "quantity": "20"}], "reason": "the customer called"}
    stage.admin.made("/admin/orders/SO-1/change", body)
    assert stage.order().line("1").quantity == 20
    [told] = eventually(lambda: stage.told("order_changed"))
    assert (told["order_version"], told["detail"]) == (2, "the customer called")


def test_a_change_after_release_is_no_way_past_the_checks(stage: Stage) -> None:
    stage.enter()
    stage.admin.made("/admin/orders/SO-1/change", {"lines": [{"line_id": "1", "quantity": "101"}]})
    eventually(lambda: stage.told("hold_placed"))
    assert [hold.code for hold in stage.order().holds] == ["STOCK"]


def test_a_cancellation_by_hand_is_published(stage: Stage) -> None:
    stage.held()
    stage.admin.made("/admin/orders/SO-1/cancel", {"reason": "the customer gave up"})
    assert stage.order().status is OrderStatus.CANCELLED
    eventually(lambda: stage.told("order_cancelled"))
    assert stage.admin.post("/admin/orders/SO-1/holds", LEGAL).json()["code"] == "order_gone"


def test_purchases_are_made_and_cancelled(stage: Stage) -> None:
    stage.held()
    bought = stage.erp.made("/v1/purchase-orders", PURCHASE)
    assert bought["number"].startswith("PO-")
    assert stage.erp.seen("/v1/purchase-orders", reference="buy")["items"] == [bought]
    cancelled = stage.erp.made(f"/v1/purchase-orders/{bought['id']}/cancel", {"reference": "undo"})
    assert cancelled["status"] == "CANCELLED"
    assert stage.erp.effects(order_id="SO-1") == ["orders.create", "purchase-orders.create", "purchase-orders.cancel"]


def test_purchases_are_expedited_and_restored_unless_changed_again(stage: Stage) -> None:
    change = {"purchase_order": "PO-77", "due_on": "2026-11-28", "cost": "120.00"}
    first = stage.erp.made("/v1/purchase-order-changes", change | {"reference": "a"})
    second = stage.erp.made("/v1/purchase-order-changes", change | {"reference": "b", "due_on": "2026-11-27"})
    path = "/v1/purchase-order-changes"
    refused = stage.erp.post(f"{path}/{first['id']}/cancel", {"reference": "undo a"})
    assert refused.json()["code"] == "changed_since"
    for one in (second, first):
        assert stage.erp.made(f"{path}/{one['id']}/cancel", {"reference": "undo"})["status"] == "CANCELLED"


def test_released_orders_ship_and_are_invoiced(neighbours: Neighbours) -> None:
    with staged(neighbours, ship_after=0, invoice_after=0) as stage:
        stage.neighbours.positions = [position("BOLT"), position("NUT")]
        stage.held(line("1"), line("2", "NUT"))
        sources = [{"warehouse": "NYC", "quantity": "6"}, {"warehouse": "RNO", "quantity": "4"}]
        stage.amend("assign_sources", {"line_id": "1", "sources": sources})
        stage.release()
        eventually(lambda: stage.told("order_invoiced") and stage.told("order_shipped"))
        found = stage.seen()
        assert (found["status"], found["shipments"]) == ("INVOICED", 2)
        assert found["released_at"] <= found["shipped_at"] <= found["invoiced_at"]
        assert [data["detail"] for data in stage.told("order_shipped")] == ["complete"]
        assert stage.erp.effects(order_id="SO-1")[-2:] == ["orders.ship", "orders.invoice"]
        refused = stage.admin.post("/admin/orders/SO-1/cancel", {})
        assert refused.json()["code"] == "order_gone"


def test_what_is_backordered_ships_later(neighbours: Neighbours) -> None:
    with staged(neighbours, ship_after=0, invoice_after=0) as stage:
        stage.held(line("1"))
        stage.amend("split_line", {"line_id": "1", "now": "6", "later": "4", "later_on": "2026-12-20"})
        stage.release()
        eventually(lambda: stage.told("order_invoiced") and len(stage.told("order_shipped")) == 2)
        assert (stage.seen()["status"], stage.seen()["shipments"]) == ("INVOICED", 2)
        assert [data["detail"] for data in stage.told("order_shipped")] == ["partial", "complete"]
        assert stage.erp.effects(order_id="SO-1")[-3:] == ["orders.ship", "orders.ship", "orders.invoice"]


def test_held_orders_do_not_ship(neighbours: Neighbours) -> None:
    with staged(neighbours, ship_after=0, invoice_after=0) as stage:
        stage.held()
        stage.enter(order("SO-2"))
        eventually(lambda: stage.order("SO-2").status is OrderStatus.INVOICED)
        assert stage.order().status is OrderStatus.ON_HOLD


def test_the_item_master_knows_substitutes_and_says_nothing_of_what_it_does_not_know(neighbours: Neighbours) -> None:
    substitute = {"item": "SCREW", "unit_price": "4.50", "unit_cost": "2.00"}
    with staged(
        neighbours, seed={"items": [{"item": "BOLT", "criticality": "HIGH", "substitutes": [substitute]}]}
    ) as stage:
        found = Sourcing.model_validate(stage.erp.seen("/v1/items", ids="BOLT,RUG"))
        assert [(item.item, item.criticality, len(item.substitutes)) for item in found.items] == [
            ("BOLT", "HIGH", 1),
            ("RUG", "NORMAL", 0),
        ]
        assert stage.admin.http.put("/admin/items", json={"item": "RUG", "criticality": "LOW"}).status_code == 200
        again = Sourcing.model_validate(stage.erp.seen("/v1/items", ids="BOLT,RUG"))
        assert again.version != found.version


def test_a_restart_keeps_orders_releases_and_what_is_still_to_ship(neighbours: Neighbours, tmp_path: Path) -> None:
    database = tmp_path / "erp.db"
    with staged(neighbours, database) as stage:
        stage.held()
        made = stage.release()
        before = stage.seen()
    with staged(neighbours, database, ship_after=0.5) as stage:
        eventually(lambda: stage.seen()["status"] == "SHIPPED")
        assert stage.seen()["cleared_holds"] == before["cleared_holds"]
        assert stage.erp.seen("/v1/releases", reference=made["reference"])["items"] == [made]


def test_the_command_says_where_it_is_survives_a_kill_and_stops_when_asked(tmp_path: Path) -> None:
    settings = tmp_path / "erp.json"
    settings.write_text(json.dumps({"tokens": TOKENS, "database": str(tmp_path / "erp.db")}))
    command = [sys.executable, "-m", "sandbox.erp", "--port", "0", "--settings", str(settings), "--ship-after", "900"]
    with started(command) as (process, url):
        made = Desk(url).made("/v1/orders", order(extra_holds=[LEGAL]))
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    with started(command) as (process, url):
        assert Desk(url).seen("/v1/orders/SO-1") == made
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_the_command_names_wrong_settings_and_no_secret(tmp_path: Path) -> None:
    settings = tmp_path / "erp.json"
    settings.write_text(json.dumps({"tokens": ["top-secret"], "ship_afer": 3}))
    command = [sys.executable, "-m", "sandbox.erp", "--settings", str(settings)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment())
    assert result.returncode == 1
    assert "tokens" in result.stderr
    assert "ship_afer" in result.stderr
    assert "top-secret" not in result.stderr
