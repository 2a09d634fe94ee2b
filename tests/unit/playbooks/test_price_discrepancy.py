from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.assessment import Assessment, Disposition
from domain.events import EventType
from domain.exception_types import ExceptionType
from domain.facts.pricing import AgreementKind, LastPaid
from domain.order import AsOrdered
from domain.playbooks import InvalidAdjustment, playbook_for
from domain.policy.templates import CUSTOMER_FOLDER, QUESTION_FOLDER
from domain.policy.wording import fill
from tests.unit.playbooks.pricing import (
    answered,
    contract,
    costing,
    known,
    ordered,
    po_line,
    price,
    promotion,
    record,
    schedule,
    unanswered,
)
from tests.unit.playbooks.scenario import NOW, chosen, day, hold, offered, order, policy, step, steps

WRONG_RECORD = known(contract(9), record=record(10))
TWO_LINES = order(po_line(8), po_line(10, line_id="2"))


def set_to(assessment: Assessment, code: str) -> dict[str, str]:
    """The new prices of that option, by line."""
    lines = step(chosen(assessment, code), "erp.set_price").arguments["lines"]
    assert isinstance(lines, dict)
    return {line_id: new["unit_price"] for line_id, new in lines.items()}  # type: ignore[call-overload,index,misc]


def test_prices_are_asked_for_as_of_the_day_of_the_order() -> None:
    """By the order alone."""
    requests = {r.name: r for r in playbook_for(ExceptionType.PRICE_DISCREPANCY).facts_needed(order(), hold("PRICE"))}
    assert {name: request.activity for name, request in requests.items()} == {
        "account": "crm.account",
        "prices": "pricing.prices",
        "customer_answers": "crm.customer_answers",
    }
    assert requests["prices"].arguments == {
        "customer_id": "C-1",
        "currency": "USD",
        "as_of": "2026-03-02",
        "lines": [{"line_id": "1", "item": "BOLT", "quantity": "100", "unit": "EA"}],
    }


@pytest.mark.parametrize(
    ("stated", "rule"),
    [("9.90", "close_enough"), ("9.89", "margin_target"), ("10.10", "close_enough"), ("10.11", "higher_than_ours")],
)
def test_a_line_may_be_off_by_one_percent(stated: str, rule: str) -> None:
    """Of 1,000, that is 10: less than the 25 that a line may be off by."""
    assert price(ordered(stated)).rules[0].rule == rule


@pytest.mark.parametrize(("stated", "rule"), [("9.95", "close_enough"), ("9.9499", "margin_target")])
def test_a_line_may_be_off_by_25(stated: str, rule: str) -> None:
    """Of 5,000, which is half a percent."""
    assert price(ordered(stated, quantity=500)).rules[0].rule == rule


@pytest.mark.parametrize(("lines", "rule"), [(10, "close_enough"), (11, "margin_target")])
def test_many_small_differences_are_one_large_one(lines: int, rule: str) -> None:
    """Ten lines of 10 make the 100 that an order may be off by."""
    assert price(order(*(po_line("9.90", line_id=str(n)) for n in range(lines)))).rules[0].rule == rule


def test_units_packs_and_currencies_come_first() -> None:
    """Twelve a case, 120 a case, 100 in euros at 1.20: all of that is 10 a piece."""
    for stated in (
        AsOrdered(unit_price=Decimal(120), unit="CS", pack_quantity=Decimal(12), currency="USD"),
        AsOrdered(unit_price=Decimal(100), unit="CS", currency="EUR"),
    ):
        held = order(po_line(None, as_ordered=stated))
        assessment = price(held, known(packs={"CS": Decimal(12)}), rates={"EUR": "1.2"})
        assert assessment.rules[0].rule == "settled"
        assert set_to(assessment, "HONOR_PO") == {"1": "10"}


def test_a_customer_who_states_no_price_takes_the_agreed_one() -> None:
    """The contract's, if there is one."""
    assert price(ordered(None)).rules[0].rule == "settled"
    assert set_to(price(ordered(None), known(contract(9))), "HONOR_CONTRACT") == {"1": "9"}


def test_a_contract_that_says_what_the_customer_says_corrects_the_erp() -> None:
    """By a step with its reason, which can be taken back, and at no cost: nothing is conceded."""
    option = chosen(price(ordered(9), known(contract(9))), "HONOR_CONTRACT")
    (write,) = option.plan.steps
    assert (write.activity, write.undo_activity) == ("erp.set_price", "erp.reverse_amendment")
    assert write.arguments == {"lines": {"1": {"unit_price": "9"}}, "basis": "contract K-1"}
    assert [option.amount.amount, option.cost.amount] == [Decimal(100), Decimal(0)]


def test_a_price_that_is_raised_is_more_credit_and_more_tax() -> None:
    """Which are assessed again; a lower one asks nobody anything."""
    raised = chosen(price(ordered(11, in_erp=10), known(contract(11))), "HONOR_CONTRACT")
    assert steps(raised) == ["erp.set_price", "erp.revalidate"]
    lowered = chosen(price(ordered(9, in_erp=10), known(contract(9))), "HONOR_CONTRACT")
    assert steps(lowered) == ["erp.set_price"]


@pytest.mark.parametrize(
    "useless",
    [
        contract(9, valid_to=NOW.date() - timedelta(days=1)),
        contract(9, valid_from=NOW.date() + timedelta(days=1)),
        contract(9, prices=schedule(9, least=101)),
        contract(9, prices=schedule(9, currency="CAD")),
    ],
    ids=["over", "not begun", "too few", "no rate"],
)
def test_a_contract_that_does_not_hold_agrees_about_nothing(useless: object) -> None:
    """The purchase order then just asks for less."""
    assert price(ordered(9), known(useless)).rules[0].rule == "margin_target"  # type: ignore[arg-type]


def test_the_lowest_of_what_was_agreed_counts() -> None:
    """The customer may rely on each contract, quote and promotion."""
    quoted = contract("8.5", agreement_id="Q-7", kind=AgreementKind.QUOTE)
    promoted = known(contract(9), quoted, record=record(10, None), promotions=(promotion(16),))
    assert set_to(price(ordered("8.4"), promoted), "HONOR_CONTRACT") == {"1": "8.4"}
    assert set_to(price(ordered("8.5"), known(contract(9), quoted)), "HONOR_CONTRACT") == {"1": "8.5"}


def test_more_than_agreed_is_flagged_and_the_lower_price_holds() -> None:
    """Nobody is charged more than was agreed, also if the ERP would."""
    assessment = price(ordered(11, in_erp=11), known(contract(10)))
    assert set_to(assessment, "HONOR_CONTRACT") == {"1": "10"}
    assert "flag" in assessment.findings


def test_no_option_charges_more_than_was_agreed() -> None:
    """Not even where another line of the order makes people accept the purchase order."""
    asks_more, asks_less = po_line(11), po_line(8, line_id="2")
    agreed = (known(contract(7)), known(line_id="2"))
    assert offered(price(order(asks_more), agreed[0])) == {
        "HONOR_CONTRACT",
        "ONE_TIME_OVERRIDE",
        "CUSTOMER_REVISE",
        "REJECT_LINE",
    }
    mixed = price(order(asks_more, asks_less), *agreed)
    assert set_to(mixed, "HONOR_PO") == {"1": "7", "2": "8"}
    assert chosen(mixed, "ONE_TIME_OVERRIDE").parameters[0].maximum == "7"
    assert chosen(price(ordered(11)), "HONOR_PO").cost.amount == 0


def test_what_is_conceded_is_the_cost() -> None:
    """Entitled less accepted, times the quantity: what margin leakage is made of."""
    option = chosen(price(ordered(8, in_erp=12), known(contract(10))), "HONOR_PO")
    assert [option.cost.amount, option.amount.amount] == [Decimal(200), Decimal(200)]
    assert chosen(price(ordered("10.05")), "HONOR_PO").cost.amount == 0


def test_below_cost_two_have_to_agree() -> None:
    """The question goes to the CFO, and says that it is the VP's as well."""
    option = chosen(price(ordered(5)), "HONOR_PO")
    assert option.role == "cfo"
    assert option.juniors == ("pricing_analyst", "sales_manager", "vp_sales")
    assert "both have to agree" in option.reason


def test_a_margin_that_nobody_knows_is_not_taken_for_a_good_one() -> None:
    """Without cost in pricing or in the ERP."""
    held = order(po_line(8, unit_cost=Decimal(0)))
    assert chosen(price(held, known(costing=None)), "HONOR_PO").role == "vp_sales"
    assert chosen(price(ordered(8), known(costing=None)), "HONOR_PO").role == "sales_manager"


def test_an_override_starts_at_the_target_margin() -> None:
    """Between what they ask and what we ask."""
    option = chosen(price(ordered(7)), "ONE_TIME_OVERRIDE")
    (parameter,) = option.parameters
    assert (parameter.name, parameter.value, parameter.minimum, parameter.maximum) == (
        "unit_price_1",
        "8.5715",
        "7",
        "10",
    )
    assert option.role == "pricing_analyst"
    assert option.cost.amount == Decimal("142.85")


@pytest.mark.parametrize(
    ("asked", "value", "role"),
    [("9", "9", "pricing_analyst"), ("8", "8", "sales_manager"), ("7", "7", "vp_sales"), ("1", "5", "cfo")],
)
def test_authority_follows_an_adjusted_price(asked: str, value: str, role: str) -> None:
    """The margin is computed again; nothing goes below what the customer asks for or the terms allow."""
    option = chosen(price(ordered(5), adjustments={"ONE_TIME_OVERRIDE": {"unit_price_1": asked}}), "ONE_TIME_OVERRIDE")
    assert (option.parameters[0].value, option.role) == (value, role)
    assert step(option, "erp.set_price").arguments["lines"] == {"1": {"unit_price": value}}


def test_a_price_for_a_line_that_is_not_contested_is_refused() -> None:
    """With the names of those that are."""
    with pytest.raises(InvalidAdjustment, match="unit_price_1"):
        price(TWO_LINES, adjustments={"ONE_TIME_OVERRIDE": {"unit_price_2": "9"}})


def test_a_wrong_record_is_mended_once_for_all_orders() -> None:
    """It takes over what the contract says, guarded by its version; the order's price is the order's own step."""
    assessment = price(ordered(9), WRONG_RECORD)
    option = chosen(assessment, "FIX_MASTER")
    assert [(part.activity, part.mends_cause) for part in option.plan.steps] == [
        ("pricing.correct_record", True),
        ("erp.set_price", False),
    ]
    correction = step(option, "pricing.correct_record")
    assert correction.undo == "restore_record"
    assert correction.arguments == {
        "record_id": "PR-1",
        "record_version": 4,
        "prices": schedule(9).model_dump(mode="json"),
        "basis": "contract K-1 version 1",
    }
    assert assessment.cause is not None
    assert (assessment.cause.key, assessment.cause.system, assessment.cause.fix) == (
        "price-record/PR-1",
        "pricing",
        "FIX_MASTER",
    )


def test_after_the_record_was_mended_every_other_order_goes_by_itself() -> None:
    """Record, contract and purchase order agree: only the order's own price is left to correct."""
    assessment = price(ordered(9), known(contract(9), record=record(9)))
    assert (assessment.recommended, assessment.ask, assessment.cause) == ("HONOR_CONTRACT", None, None)
    assert "FIX_MASTER" not in offered(assessment)


@pytest.mark.parametrize(
    "right",
    [
        known(contract(9), record=record(10, None)),
        known(contract(9, kind=AgreementKind.QUOTE), record=record(10)),
        known(contract(9), record=record(9, prices=schedule(108, pack=12, unit="CS"))),
    ],
    ids=["the list's", "a quote", "another pack"],
)
def test_a_record_that_serves_others_or_says_the_same_is_not_wrong(right: object) -> None:
    """A contract of one customer changes nothing for the rest."""
    assert "FIX_MASTER" not in offered(price(ordered(9), right))  # type: ignore[arg-type]


@pytest.mark.parametrize("stated", [8, 11])
def test_a_customer_who_asks_for_another_price_is_a_question_apart(stated: int) -> None:
    """Mending the record would not settle it, so it does not wait with the others; it can still be mended."""
    assessment = price(ordered(stated), WRONG_RECORD)
    assert assessment.cause is None
    assert "FIX_MASTER" in offered(assessment)


def test_the_customer_is_asked_for_our_price_and_waited_for() -> None:
    """On the customer's time, and with a wait that ends."""
    option = chosen(price(TWO_LINES), "CUSTOMER_REVISE")
    assert (option.disposition, steps(option)) == (Disposition.REASSESS, ["crm.ask_customer"])
    asked = option.plan.steps[0]
    assert (asked.undo, asked.arguments["choices"]) == ("withdraw_question", ["REVISE", "KEEP", "CANCEL"])
    assert asked.arguments["values"] == {"po_number": "PO-1", "lines": "100 EA of BOLT: 10 USD per EA"}
    assert option.plan.wait is not None
    assert option.plan.wait.on_customer
    assert option.plan.wait.events == (EventType.CUSTOMER_ANSWERED,)
    assert option.plan.wait.until >= NOW + timedelta(days=2)


def test_what_the_customer_agreed_to_needs_nobody_else() -> None:
    """Our price then binds both, although nothing had been agreed before."""
    assert "HONOR_CONTRACT" not in offered(price(ordered(8)))
    option = chosen(answered(ordered(8, in_erp=10), choice="REVISE"), "HONOR_CONTRACT")
    assert option.automatic
    assert "the customer has agreed" in option.reason


def test_an_agreement_to_other_prices_is_none() -> None:
    """The contract has become cheaper since: the customer is asked about that, or nobody."""
    answer = answered(ordered(8), known(contract(10)), choice="REVISE")
    assert answer.rules[0].rule == "customer_agrees"
    about = chosen(price(ordered(8), known(contract(10))), "CUSTOMER_REVISE").plan.steps[0].arguments["about"]
    other = chosen(price(ordered(8), known(contract(9))), "CUSTOMER_REVISE").plan.steps[0].arguments["about"]
    assert about != other


def test_nobody_is_asked_twice_about_the_same_price() -> None:
    """Neither who said no, nor who said nothing."""
    for assessment in (answered(ordered(8), choice="KEEP"), unanswered(ordered(8))):
        assert "CUSTOMER_REVISE" not in offered(assessment)
        assert assessment.ask is not None


def test_a_rejected_line_leaves_the_rest() -> None:
    """What else the ERP has wrong is corrected; the last line of an order is never cancelled by itself."""
    held = order(po_line(8), po_line(9, line_id="2"))
    option = chosen(price(held, known(), known(contract(9), line_id="2")), "REJECT_LINE")
    assert steps(option) == ["erp.set_price", "erp.cancel_line"]
    assert option.plan.steps[1].arguments == {"line_id": "1"}
    assert option.disposition is Disposition.RELEASE
    whole = chosen(answered(ordered(8), choice="CANCEL"), "REJECT_LINE")
    assert (whole.disposition, whole.plan.steps, whole.automatic) == (Disposition.CANCEL_ORDER, (), False)


def test_people_see_every_price_and_what_it_leaves() -> None:
    """Prices, margins, the record and what was paid the last time."""
    paid = LastPaid(unit_price=Decimal("9.5"), currency="USD", paid_on=day(-30))
    assessment = price(ordered(8), known(contract(9), record=record(10), last_paid=paid))
    assert assessment.findings == {
        "line 1": "line 1 8 by the purchase order, 9 by contract K-1, 10 in the ERP (lower)",
        "line 1 margin": "25 % by the purchase order, 33.3 % agreed; floor 15 %, target 30 %",
        "line 1 price record": "10 by PR-1 version 4, the customer's own, not what the contract says",
        "line 1 last paid": "9.5 USD per EA on 2026-01-31",
        "purchase order less agreed, all lines": "-100.00 USD",
    }


@pytest.mark.parametrize(
    "assessment",
    [
        price(TWO_LINES),
        price(ordered(11), WRONG_RECORD),
        price(ordered(5), known(costing=costing(0))),
        answered(ordered(8), choice="CANCEL"),
    ],
    ids=["two lines", "wrong record", "no cost", "cancelled"],
)
def test_every_message_can_be_written(assessment: Assessment) -> None:
    """The templates have the values that the options give."""
    for option in assessment.options:
        assert len({part.step_id for part in option.plan.steps}) == len(option.plan.steps)
        for message in option.messages:
            assert fill(policy(), f"{CUSTOMER_FOLDER}{message.template}.txt", message.values)
        for asked in option.plan.steps:
            if asked.activity == "crm.ask_customer":
                assert f"{QUESTION_FOLDER}{asked.arguments['question']}.txt" in policy().templates
