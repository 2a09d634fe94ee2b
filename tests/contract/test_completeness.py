"""No operation of a port is without a test here."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from temporalio import activity

from activities.credit import CreditActivities
from activities.erp import ErpActivities
from activities.ports import CreditPort, ErpPort, PricingPort, StockPort
from activities.pricing import PricingActivities
from activities.wms import WmsActivities
from tests.contract.operations import OPERATIONS

PIVOTS = {"release", "release_made", "cancel", "cancellation_made"}
OTHER_ORDERS = {"merge_into", "unmerge", "cancel_other_order", "reinstate_other_order"}
STEPS = {name for operation in OPERATIONS for name in (operation.name, operation.undo)} | OTHER_ORDERS
FACTS = (Path(__file__).parent / "test_facts.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("port", [ErpPort, StockPort, CreditPort, PricingPort])
def test_every_method_of_a_port_is_asked_of_every_house(port: type) -> None:
    methods = {name for name, _ in inspect.getmembers(port, inspect.isfunction) if not name.startswith("_")}
    facts = {name for name in methods if f".{name}(" in FACTS} | {"order", "amend"}
    assert methods <= STEPS | PIVOTS | facts


@pytest.mark.parametrize("group", [ErpActivities, WmsActivities, CreditActivities, PricingActivities])
def test_every_activity_behind_a_port_is_a_step_or_a_fact_of_these_tests(group: type) -> None:
    activities = inspect.getmembers(group, lambda member: hasattr(member, "__temporal_activity_definition"))
    names = {activity._Definition.must_from_callable(found).name or "" for _, found in activities}
    plain = {name.partition(".")[2] for name in names}
    facts = {name for name in plain if f".{name}(" in FACTS}
    assert plain
    assert plain <= STEPS | facts | {"release_order", "cancel_order"}
