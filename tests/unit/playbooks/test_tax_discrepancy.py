from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.assessment import Disposition
from domain.events import EventType
from domain.exception_types import ExceptionType
from domain.facts.fact import FactMissing
from domain.facts.tax import Certificate
from domain.playbooks import InvalidAdjustment, playbook_for
from domain.policy.wording import fill
from tests.unit.playbooks.scenario import (
    HARD,
    NOW,
    account,
    assess,
    certificate,
    chosen,
    day,
    engine,
    hold,
    line,
    offered,
    order,
    policy,
    step,
    steps,
    tax,
    taxed,
)


def test_the_engine_is_asked_with_open_lines_and_freight() -> None:
    """It is the one fact that a person may go without."""
    requests = {r.name: r for r in playbook_for(ExceptionType.TAX_DISCREPANCY).facts_needed(order(), hold("TAX"))}
    assert {name: request.activity for name, request in requests.items()} == {
        "account": "crm.account",
        "tax": "tax.quote",
        "certificates": "tax.certificates",
    }
    assert [name for name, request in requests.items() if request.optional] == ["tax"]
    assert requests["tax"].arguments == {
        "order_id": "SO-1",
        "currency": "USD",
        "ship_from": "NYC",
        "ship_to": {"region": "NY", "postal_code": "10001", "country": "US"},
        "freight": "0",
        "lines": [{"line_id": "1", "amount": "1000", "product_tax_code": "GENERAL"}],
    }


def test_the_engine_wins() -> None:
    """Its taxes go into the ERP, freight's included, and can be taken back."""
    quote = engine("80", freight_taxable=True, freight_tax=Decimal("4.10"))
    option = chosen(tax(quote, taxed(60)), "USE_ENGINE")
    assert step(option, "erp.set_tax").arguments == {
        "lines": {"1": "80.00"},
        "freight_tax": "4.10",
        "basis": "engine quote Q-1",
        "true_up": False,
    }
    assert option.plan.steps[0].undo == "reverse_amendment"
    assert option.amount.amount == 20
    assert option.role == "tax_manager"


@pytest.mark.parametrize(
    ("in_erp", "by_engine", "rule"),
    [
        ("80.00", "80.05", "close_enough"),
        ("80.00", "80.06", "engine_wins"),
        ("79.95", "80.00", "close_enough"),
        ("9.96", "10.00", "close_enough"),
        ("9.94", "9.99", "engine_wins"),
    ],
    ids=["line at", "line above", "less", "percent inside", "percent above"],
)
def test_a_line_may_differ_by_five_cents_and_an_order_by_half_a_percent(in_erp: str, by_engine: str, rule: str) -> None:
    """Inside both tolerances, or the engine wins."""
    assert tax(engine(by_engine), taxed(in_erp)).rules[0].rule == rule


@pytest.mark.parametrize(("lines", "rule"), [(20, "close_enough"), (21, "engine_wins")])
def test_many_small_differences_are_one_large_one(lines: int, rule: str) -> None:
    """Twenty lines of five cents make a dollar; one more is too much."""
    held = order(
        *(line(str(n), quantity=100, tax_in_erp=Decimal(80), tax_as_ordered=Decimal(80)) for n in range(1, lines + 1))
    )
    assert tax(engine(*["80.05"] * lines), held).rules[0].rule == rule


def test_what_the_customer_expects_counts_as_much_as_what_the_erp_says() -> None:
    """The figure further from the engine decides."""
    assert tax(engine(80), taxed(80, as_ordered=0)).findings["difference of the order"] == "80.00 USD (100 %)"


def test_accepting_tells_the_engine_and_says_what_we_bear() -> None:
    """An override with its reason, that can be voided."""
    option = chosen(tax(engine("80.04"), taxed(80)), "ACCEPT_VARIANCE")
    override = step(option, "tax.override")
    assert override.undo == "void_override"
    assert override.arguments == {
        "order_id": "SO-1",
        "lines": {"1": "80.00"},
        "basis": "variance accepted",
        "quote_id": "Q-1",
    }
    assert option.cost.amount == Decimal("0.04")


@pytest.mark.parametrize(("in_erp", "is_offered"), [(105, True), ("105.01", False)])
def test_a_person_may_accept_up_to_the_terms(in_erp: str, is_offered: bool) -> None:  # noqa: FBT001
    """25 USD for this customer."""
    assert ("ACCEPT_VARIANCE" in offered(tax(engine(80), taxed(in_erp)))) is is_offered


def test_a_valid_certificate_is_linked_and_exempts_what_it_covers() -> None:
    """The other lines stay taxed; the tax manager decides."""
    held = order(
        line("1", quantity=10, product_tax_code="FOOD", tax_in_erp=Decimal(8)),
        line("2", quantity=10, tax_in_erp=Decimal(8)),
    )
    quote = engine(8, 8, freight_taxable=True, freight_tax=Decimal(1))
    assessment = tax(quote, held, certificate(0, product_tax_codes=("FOOD",)))
    option = chosen(assessment, "APPLY_CERTIFICATE")
    assert assessment.ask is not None
    assert steps(option) == ["tax.link_certificate", "erp.set_tax"]
    assert step(option, "tax.link_certificate").arguments == {"order_id": "SO-1", "certificate_id": "X-1"}
    assert step(option, "tax.link_certificate").undo == "unlink_certificate"
    assert step(option, "erp.set_tax").arguments["lines"] == {"1": "0.00", "2": "8.00"}
    assert step(option, "erp.set_tax").arguments["freight_tax"] == "1.00"
    assert option.amount.amount == 8


def test_freight_of_an_order_that_is_exempt_is_exempt() -> None:
    """Nothing taxable is left for it to belong to."""
    quote = engine(80, freight_taxable=True, freight_tax=Decimal(4))
    option = chosen(tax(quote, taxed(80), certificate(0)), "APPLY_CERTIFICATE")
    assert step(option, "erp.set_tax").arguments["freight_tax"] == "0.00"


@pytest.mark.parametrize(
    "useless",
    [
        certificate(10, region="NJ"),
        certificate(10, valid_from=day(1)),
        certificate(10, product_tax_codes=("FOOD",)),
        certificate(-31),
    ],
    ids=["other region", "not yet valid", "other products", "expired too long"],
)
def test_a_certificate_that_does_not_fit_is_not_applied(useless: Certificate) -> None:
    """And the engine wins."""
    assessment = tax(engine(80), taxed(60), useless)
    assert "APPLY_CERTIFICATE" not in offered(assessment)
    assert (assessment.recommended, assessment.ask) == ("USE_ENGINE", None)


def test_a_certificate_that_would_save_nothing_does_not_matter() -> None:
    """The engine taxes nothing already."""
    assert tax(engine(0), taxed(20), certificate(10)).rules[0].rule == "engine_wins"


def test_a_valid_certificate_goes_before_an_expired_one() -> None:
    """Then the one that covers more, then the one that holds longer."""
    certificates = (
        certificate(-1, certificate_id="OLD"),
        certificate(5, certificate_id="SHORT"),
        certificate(9, certificate_id="LONG"),
        certificate(99, certificate_id="NARROW", product_tax_codes=("FOOD",)),
    )
    option = chosen(tax(engine(80), taxed(80), *certificates), "APPLY_CERTIFICATE")
    assert option.plan.steps[0].arguments["certificate_id"] == "LONG"


@pytest.mark.parametrize(
    ("age", "rule"), [(1, "certificate_expired"), (30, "certificate_expired"), (31, "engine_wins")]
)
def test_a_certificate_that_expired_recently_is_asked_for(age: int, rule: str) -> None:
    """Up to thirty days ago."""
    assert tax(engine(80), taxed(60), certificate(-age)).rules[0].rule == rule


def test_tax_now_and_credit_later_asks_for_the_certificate_too() -> None:
    """So that the credit can come."""
    option = chosen(tax(engine(80), taxed(80), certificate(-5)), "USE_ENGINE")
    assert steps(option) == ["erp.set_tax", "tax.request_certificate"]
    request = step(option, "tax.request_certificate")
    assert request.arguments == {"customer_id": "C-1", "order_id": "SO-1", "region": "NY"}
    assert request.undo == "withdraw_certificate_request"


def test_holding_for_the_renewal_settles_nothing_yet() -> None:
    """The certificate is asked for and waited for; then everything is judged again."""
    option = chosen(tax(engine(80), taxed(80), certificate(-5)), "APPLY_CERTIFICATE")
    assert (option.disposition, steps(option)) == (Disposition.REASSESS, ["tax.request_certificate"])
    assert option.plan.wait is not None
    assert option.plan.wait.events == (EventType.CUSTOMER_ANSWERED,)
    assert option.plan.wait.until >= NOW + timedelta(days=3)
    later = chosen(tax(engine(80), taxed(80), certificate(-5), waited_for=("certificate 1",)), "APPLY_CERTIFICATE")
    assert later.plan.wait is not None
    assert later.plan.wait.name != option.plan.wait.name


def test_without_the_engine_a_provisional_rate_is_corrected_later() -> None:
    """By the table's rate for the region: New York's is 8.5 %."""
    assessment = tax(None, taxed(0))
    option = chosen(assessment, "FALLBACK_TRUE_UP")
    assert offered(assessment) == {"FALLBACK_TRUE_UP"}
    assert step(option, "erp.set_tax").arguments == {
        "lines": {"1": "85.00"},
        "freight_tax": "0.00",
        "basis": "fallback rate 8.5 %",
        "true_up": True,
    }


@pytest.mark.parametrize(("asked", "booked"), [("10", "100.00"), ("250", "1000.00")])
def test_the_provisional_rate_can_be_adjusted(asked: str, booked: str) -> None:
    """Between nothing and everything."""
    option = chosen(tax(None, taxed(0), adjustments={"FALLBACK_TRUE_UP": {"rate_percent": asked}}), "FALLBACK_TRUE_UP")
    assert step(option, "erp.set_tax").arguments["lines"] == {"1": booked}


def test_a_rate_that_is_none_is_refused() -> None:
    """With the name of what is wrong."""
    with pytest.raises(InvalidAdjustment, match="rate_percent"):
        tax(None, taxed(0), adjustments={"FALLBACK_TRUE_UP": {"rate_percent": "high"}})


def test_a_region_without_a_rate_goes_with_the_erps_figure() -> None:
    """Provisional as well, and nothing to adjust."""
    abroad = order().ship_to.model_copy(update={"country": "DE", "region": "BY"})
    option = chosen(tax(None, taxed(190, ship_to=abroad)), "FALLBACK_TRUE_UP")
    assert step(option, "erp.set_tax").arguments["lines"] == {"1": "190.00"}
    assert step(option, "erp.set_tax").arguments["true_up"] is True
    assert option.parameters == ()


def test_a_certificate_counts_also_while_the_engine_is_silent() -> None:
    """The tax manager decides, and the rest is corrected later."""
    option = chosen(tax(None, taxed(80), certificate(5)), "APPLY_CERTIFICATE")
    assert step(option, "erp.set_tax").arguments["true_up"] is True


def test_a_hard_hold_is_asked_about_whatever_the_difference() -> None:
    """Automation never releases it."""
    for quote in (engine(80), None):
        assessment = tax(quote, taxed(80), the_hold=HARD)
        assert assessment.ask is not None
        assert not any(option.automatic for option in assessment.options)


def test_a_fact_that_nobody_gathered_is_missed_by_name() -> None:
    """The case can say which one."""
    with pytest.raises(FactMissing, match="certificates"):
        assess(ExceptionType.TAX_DISCREPANCY, {"account": account(), "tax": engine(80)}, taxed(80))


@pytest.mark.parametrize("given", [(engine(80), certificate(5)), (engine(80), certificate(-5)), (None,)])
def test_every_message_can_be_written(given: tuple[Any, ...]) -> None:
    """The templates have the values that the options give."""
    quote, *certificates = given
    for option in tax(quote, taxed(60), *certificates).options:
        assert len({part.step_id for part in option.plan.steps}) == len(option.plan.steps)
        for message in option.messages:
            assert fill(policy(), f"templates/customer/{message.template}.txt", message.values)
