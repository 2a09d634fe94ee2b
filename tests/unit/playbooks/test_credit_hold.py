from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.assessment import Assessment, Disposition
from domain.events import EventType
from domain.playbooks import InvalidAdjustment
from domain.policy.wording import fill
from tests.unit.playbooks.scenario import (
    HARD,
    NOW,
    chosen,
    credit,
    day,
    line,
    offered,
    order,
    policy,
    step,
    steps,
)

CODES = {"RELEASE_ONCE", "TEMP_LIMIT", "PARTIAL_WITHIN_LIMIT", "PREPAY", "PAY_LINK_WAIT", "REJECT"}


def over(by: int | str = 500, **more: Any) -> Assessment:
    """An order of 1,000 that goes over a limit of 10,000 by so much."""
    fields: dict[str, Any] = {"open_receivables": 9000 + Decimal(by), "card_on_file": True}
    return credit(fields | more)


def test_every_option_is_offered_when_it_is_feasible() -> None:
    """Over the limit, with a card on file and a divisible order, all six ways are open."""
    assert offered(over()) == CODES


def test_exposure_counts_everything_and_this_order_once() -> None:
    """Receivables, deliveries, billings and other orders, plus this one, less cash and deposits."""
    position = {
        "open_receivables": 100,
        "delivered_not_billed": 20,
        "billed_not_posted": 3,
        "open_orders": 4000,
        "unapplied_cash": 50,
        "deposits": 7,
    }
    assert credit(position).findings["resulting exposure"] == "5,066.00 USD"


@pytest.mark.parametrize(
    ("excess", "automatic"), [("0", True), ("1000", True), ("1000.01", False)], ids=["at", "10 %", "above"]
)
def test_ten_percent_over_is_the_last_that_goes_by_itself(excess: str, automatic: bool) -> None:  # noqa: FBT001
    """The boundary belongs to the release."""
    assert (over(excess).ask is None) is automatic


@pytest.mark.parametrize(
    ("age", "role"), [(15, None), (16, "credit_manager"), (60, "credit_manager"), (61, "controller")]
)
def test_the_age_of_the_oldest_item_decides_who_is_asked(age: int, role: str | None) -> None:
    """Fifteen days go by themselves, sixty are the credit manager's, more the controller's."""
    assessment = credit({"oldest_overdue_days": age})
    assert (assessment.ask.role if assessment.ask else None) == role


@pytest.mark.parametrize(
    ("amount", "role"),
    [
        (25_000, "assistant_credit_manager"),
        (25_001, "credit_manager"),
        (250_000, "credit_manager"),
        (250_001, "controller"),
        (500_001, "cfo"),
        (1_000_001, "president"),
    ],
)
def test_who_decides_follows_from_the_resulting_exposure(amount: int, role: str) -> None:
    """The first of the chain whose limit covers what the customer will owe."""
    position = {"limit": amount - 500, "open_receivables": amount - 1000}
    assessment = credit(position, {"segment": "C"})
    assert assessment.ask is not None
    assert assessment.ask.role == role
    assert assessment.ask.amount.amount == amount


def test_a_role_knows_its_juniors() -> None:
    """Who was asked for more is not overruled when less is at stake later."""
    option = chosen(credit({"limit": 300_000, "open_receivables": 299_500}, {"segment": "C"}), "RELEASE_ONCE")
    assert (option.role, option.juniors) == ("controller", ("assistant_credit_manager", "credit_manager"))


@pytest.mark.parametrize("who", [{"insolvent": True}, {}])
def test_nothing_is_automatic_for_the_insolvent_or_on_a_hard_hold(who: dict[str, bool]) -> None:
    """Even a prepaid order waits for a person."""
    assessment = credit({"prepaid_for_order": 1000}, who, the_hold=None if who else HARD)
    assert assessment.ask is not None
    assert assessment.wait_first is None
    assert not any(option.automatic for option in assessment.options)


def test_cash_that_covers_the_excess_is_waited_for() -> None:
    """A known false hold: nobody is asked for four hours."""
    assessment = credit({"open_receivables": 9500, "unapplied_cash": 500})
    assert assessment.wait_first is not None
    assert assessment.wait_first.until == NOW + timedelta(hours=4)
    assert assessment.wait_first.events == (EventType.PAYMENT_RECEIVED,)


def test_cash_that_does_not_cover_it_is_not_waited_for() -> None:
    """A cent too little, and the rules for being over the limit decide."""
    assessment = credit({"open_receivables": 9500, "unapplied_cash": "499.99"})
    assert (assessment.wait_first, assessment.rules[0].rule) == (None, "slightly_over")


def test_releasing_once_is_capped_and_ends() -> None:
    """The release names its amount and its last day, and can be taken back."""
    option = chosen(over(), "RELEASE_ONCE")
    released = step(option, "credit.release")
    assert released.undo == "reblock"
    assert released.arguments == {
        "customer_id": "C-1",
        "order_id": "SO-1",
        "currency": "USD",
        "amount": "1000.00",
        "valid_until": f"{day(5)}T23:59:59Z",
    }
    assert option.amount.amount == 10_500


def test_the_cap_and_the_days_can_be_adjusted() -> None:
    """What a person sets is in the plan, and in what authority is measured by."""
    values = {"amount": "1040", "valid_days": "2"}
    option = chosen(credit({"open_receivables": 9500}, adjustments={"RELEASE_ONCE": values}), "RELEASE_ONCE")
    arguments = step(option, "credit.release").arguments
    assert (arguments["amount"], arguments["valid_until"]) == ("1040.00", f"{day(2)}T23:59:59Z")
    assert option.amount.amount == 10_540


@pytest.mark.parametrize(("asked", "given"), [("1", "1000"), ("9999", "1050"), ("1E-99999", "1000")])
def test_a_cap_outside_of_what_is_offered_is_moved_inside(asked: str, given: str) -> None:
    """Never less than the order, never more than it may grow: the person sees what will be done."""
    option = chosen(credit(adjustments={"RELEASE_ONCE": {"amount": asked}}), "RELEASE_ONCE")
    assert next(p for p in option.parameters if p.name == "amount").value == given


@pytest.mark.parametrize(
    "values", [{"amount": "much"}, {"amount": "-1"}, {"amount": "NaN"}, {"valid_days": "1.5"}, {"days": "3"}]
)
def test_a_value_that_cannot_be_used_is_refused(values: dict[str, str]) -> None:
    """With the name of what is wrong."""
    with pytest.raises(InvalidAdjustment, match="RELEASE_ONCE"):
        credit(adjustments={"RELEASE_ONCE": values})


def test_an_adjustment_of_an_option_that_is_gone_is_forgotten() -> None:
    """The facts may have moved since: that must not stop the case."""
    assert "TEMP_LIMIT" not in offered(credit(adjustments={"TEMP_LIMIT": {"limit": "12000"}}))


def test_an_approval_survives_growth_of_the_order_by_five_percent() -> None:
    """Measured by the exposure: five percent of the order is less of what the customer owes in all."""
    option = chosen(over(), "RELEASE_ONCE")
    growth = option.amount.amount * option.tolerance_percent / 100
    assert round(growth, 1) == Decimal("50.0")


def test_a_temporary_limit_covers_the_exposure_in_round_figures() -> None:
    """Up to the step of the table, and restored when undone."""
    raised = step(chosen(over(), "TEMP_LIMIT"), "credit.raise_limit")
    assert raised.arguments == {
        "customer_id": "C-1",
        "limit": "11000.00",
        "currency": "USD",
        "valid_until": f"{day(5)}T23:59:59Z",
    }
    assert raised.undo == "restore_limit"


def test_a_temporary_limit_can_be_adjusted() -> None:
    """Down to what is needed, not below."""
    option = chosen(credit({"open_receivables": 9500}, adjustments={"TEMP_LIMIT": {"limit": "100"}}), "TEMP_LIMIT")
    assert step(option, "credit.raise_limit").arguments["limit"] == "10500.00"


def test_a_temporary_limit_is_not_offered_where_it_cannot_help() -> None:
    """Within the limit, too far above it, or when it is the group's limit that is broken."""
    group = {"group_limit": 9000, "group_exposure": 8500}
    assert "TEMP_LIMIT" not in offered(credit())
    assert "TEMP_LIMIT" not in offered(over(6000))
    assert "TEMP_LIMIT" not in offered(credit(group))
    assert credit(group).rules[0].rule == "slightly_over"


def test_a_customer_without_a_limit_is_far_over_it() -> None:
    """Nothing of anything is no small percentage."""
    assert credit({"limit": 0}).rules[0].rule == "far_over"


def test_what_fits_under_the_limit_ships_now() -> None:
    """Whole packs, what is needed first coming first; the rest becomes an order of its own."""
    lines = (line("1", quantity=60, pack_quantity=Decimal(12)), line("2", "NUT", 40, need_by=day(3)))
    option = chosen(credit({"open_receivables": 9200}, the_order=order(*lines)), "PARTIAL_WITHIN_LIMIT")
    split = step(option, "erp.split_order")
    assert split.arguments == {"keep": {"2": "40", "1": "36"}}
    assert split.undo == "reverse_amendment"
    assert option.amount.amount == 9960


def test_less_than_fits_can_be_shipped() -> None:
    """A person may keep more in reserve."""
    option = chosen(
        credit({"open_receivables": 9500}, adjustments={"PARTIAL_WITHIN_LIMIT": {"amount": "200"}}),
        "PARTIAL_WITHIN_LIMIT",
    )
    assert step(option, "erp.split_order").arguments == {"keep": {"1": "20"}}


@pytest.mark.parametrize(
    ("terms", "owed"), [({"ship_complete": True}, 9500), ({"allow_partial": False}, 9500), ({}, 10_000), ({}, 9995)]
)
def test_no_part_is_offered_against_the_customers_terms_or_of_nothing(terms: dict[str, bool], owed: int) -> None:
    """Ship-complete, no partials, no headroom, or not even one piece."""
    assert "PARTIAL_WITHIN_LIMIT" not in offered(credit({"open_receivables": owed}, the_order=order(**terms)))


def test_freight_and_tax_count_in_what_fits() -> None:
    """What the customer owes for the part is no more than the headroom."""
    taxed = order(line(quantity=10, unit_price=Decimal(100), tax_in_erp=Decimal(80)), freight=Decimal(50))
    option = chosen(credit({"open_receivables": 9500}, the_order=taxed), "PARTIAL_WITHIN_LIMIT")
    assert step(option, "erp.split_order").arguments == {"keep": {"1": "4"}}
    assert option.amount.amount == 9982


def test_prepaying_charges_the_card_before_the_release() -> None:
    """First the payment, then the release; both can be taken back."""
    option = chosen(over(), "PREPAY")
    assert steps(option) == ["credit.authorise_payment", "credit.release"]
    assert [part.undo for part in option.plan.steps] == ["void_payment", "reblock"]
    assert step(option, "credit.authorise_payment").arguments["amount"] == "1000.00"
    assert option.amount.amount == 9500


def test_only_what_is_unpaid_is_charged() -> None:
    """A deposit for this very order counts."""
    option = chosen(over(prepaid_for_order=400), "PREPAY")
    assert step(option, "credit.authorise_payment").arguments["amount"] == "600.00"


def test_without_a_card_or_a_debt_nothing_is_charged() -> None:
    """No card on file: a link only. All paid: neither."""
    assert offered(over(card_on_file=False)) >= {"PAY_LINK_WAIT"}
    assert "PREPAY" not in offered(over(card_on_file=False))
    assert not offered(over(prepaid_for_order=1000)) & {"PREPAY", "PAY_LINK_WAIT"}


def test_a_payment_link_settles_nothing_yet() -> None:
    """The link is sent, the payment waited for, and then everything is judged again."""
    option = chosen(over(), "PAY_LINK_WAIT")
    link = step(option, "credit.create_payment_link")
    assert (option.disposition, link.undo) == (Disposition.REASSESS, "cancel_payment_link")
    assert option.plan.wait is not None
    assert option.plan.wait.events == (EventType.PAYMENT_RECEIVED,)
    assert option.plan.wait.until >= NOW + timedelta(days=2)
    assert link.arguments["expires_at"] == option.plan.wait.until.isoformat().replace("+00:00", "Z")


def test_the_payment_releases_the_order_by_itself() -> None:
    """Prepaid is released, whatever else the customer owes."""
    assessment = credit(
        {"open_receivables": 90_000, "prepaid_for_order": 1000, "oldest_overdue_days": 90},
        waited_for=("payment link 1",),
    )
    assert (assessment.recommended, assessment.ask) == ("RELEASE_ONCE", None)


def test_a_second_link_has_a_wait_of_its_own() -> None:
    """The end of the first wait must not end the second."""
    first, second = (
        chosen(credit({"open_receivables": 9500}, waited_for=done), "PAY_LINK_WAIT").plan.wait
        for done in ((), ("payment link 1",))
    )
    assert first is not None
    assert second is not None
    assert first.name != second.name


def test_rejecting_cancels_the_order_and_is_never_automatic() -> None:
    """There is nothing to write before: the lifecycle cancels."""
    option = chosen(over(), "REJECT")
    assert (option.disposition, option.plan.steps) == (Disposition.CANCEL_ORDER, ())


def test_looking_again_soon_does_not_change_what_is_offered() -> None:
    """Otherwise every look would make a new revision of the question."""
    again = credit({"open_receivables": 9500}, now=NOW + timedelta(hours=1))
    assert again.digest == credit({"open_receivables": 9500}).digest


def test_step_ids_are_unique_in_an_option() -> None:
    """They are part of the keys under which effects are known."""
    for option in over().options:
        ids = [part.step_id for part in option.plan.steps]
        assert len(ids) == len(set(ids))


def test_customers_read_nothing_about_their_credit() -> None:
    """Neutral words, for whoever opens the message at the ship-to."""
    for option in over().options:
        for message in option.messages:
            text = fill(policy(), f"templates/customer/{message.template}.txt", message.values).lower()
            assert not [word for word in ("credit", "limit", "overdue", "exposure", "invoice") if word in text]


def test_findings_show_group_and_review_where_there_are_any() -> None:
    """What a credit manager looks for first."""
    findings = credit({"group_limit": 50_000, "group_exposure": 100, "limit_review_on": "2026-01-31"}).findings
    assert findings["group"] == "1,100.00 USD of 50,000.00 USD"
    assert findings["limit to be reviewed on"] == "2026-01-31"
