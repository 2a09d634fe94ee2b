from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.assessment import Assessment, Disposition
from domain.exception_types import ExceptionType
from domain.exception_types import IntegrationErrorKind as Kind
from domain.order import HoldClass
from domain.playbooks import playbook_for
from domain.policy.wording import fill
from tests.unit.playbooks.documents import (
    BOTH_WAYS,
    LATE,
    answered,
    failed,
    neighbour,
    ordered,
    partner,
    partner_hold,
    unread,
)
from tests.unit.playbooks.scenario import NOW, chosen, hold, offered, order, policy, step, steps

ONE = failed(Kind.MAPPING, unread())
KNOWN = failed(Kind.MAPPING, unread(mapped_item="BOLT", proposal=None))
REFUSED = failed(Kind.AUTH, routes=BOTH_WAYS, paused=True, waiting=1)
OVERDUE = failed(Kind.TRANSIENT, overdue=(LATE,), routes=BOTH_WAYS)
LONG_AGO = NOW - timedelta(hours=1)

ROWS: dict[str, tuple[Callable[[], Assessment], str, str | None]] = {
    "hard": (
        lambda: partner(KNOWN, the_hold=partner_hold(hold_class=HoldClass.HARD)),
        "FIX_AND_REPLAY",
        "data_steward",
    ),
    "settled": (lambda: partner(failed(None, settled_by="REPLAY")), "FIX_AND_REPLAY", None),
    "mapped": (lambda: partner(KNOWN), "FIX_AND_REPLAY", None),
    "unmapped": (lambda: partner(ONE), "FIX_AND_REPLAY", "data_steward"),
    "value": (lambda: partner(failed(Kind.VALIDATION, unread(unit_known=False))), "MANUAL_ENTRY", "data_steward"),
    "poison": (lambda: partner(failed(Kind.POISON)), "MANUAL_ENTRY", "integration_oncall"),
    "refused": (lambda: partner(REFUSED), "FALLBACK_ROUTE", "integration_oncall"),
    "overdue": (lambda: partner(OVERDUE), "RETRY", "integration_oncall"),
    "answered": (lambda: neighbour(answered()), "RETRY", None),
    "mended": (lambda: neighbour(answered("wms"), held_minutes=240, waited_for=("cause outage/wms",)), "RETRY", None),
    "due": (lambda: neighbour(answered("wms", validated_at=NOW - timedelta(minutes=1))), "RETRY", None),
    "patient": (lambda: neighbour(answered("wms")), "RETRY", None),
    "silent": (lambda: neighbour(answered("wms"), held_minutes=240), "RETRY", "integration_oncall"),
    "others": (lambda: partner(None), "MANUAL_ENTRY", "integration_oncall"),
}


@pytest.mark.parametrize("rule", [row.rule for row in policy().tables["integration_rules"].rows])
def test_every_row_decides_what_it_says(rule: str) -> None:
    """Each row is hit by its own case, and recommends and asks as its owner meant it."""
    judge, recommended, asks = ROWS[rule]
    assessment = judge()
    assert (assessment.rules[0].table, assessment.rules[0].rule) == ("integration_rules", rule)
    assert assessment.recommended == recommended
    assert (assessment.ask.role if assessment.ask else None) == asks
    assert assessment.recommended_option.automatic is (assessment.ask is None and assessment.wait_first is None)


def test_no_case_outlives_its_row() -> None:
    """A row that was taken out takes its case with it."""
    assert set(ROWS) == {row.rule for row in policy().tables["integration_rules"].rows}


@pytest.mark.parametrize(
    ("rule", "segment", "level", "value", "minutes"),
    [
        ("rush", "A", "SAME_DAY", 90_000, 30),
        ("priority", "C", "PRIORITY", 10, 60),
        ("best_large", "A", "STANDARD", 25_001, 120),
        ("standard", "A", "STANDARD", 25_000, 240),
    ],
)
def test_every_row_of_terms_says_how_long_a_silent_system_is_borne_with(
    rule: str, segment: str, level: str, value: int, minutes: int
) -> None:
    """The sooner the order has to go, the sooner a person is asked."""
    match = policy().decide("integration_terms", segment=segment, service_level=level, order_value=Decimal(value))
    assert match is not None
    assert (match.rule, match.duration("retry_for")) == (rule, timedelta(minutes=minutes))


def test_only_orders_by_edi_are_asked_about_at_the_gateway() -> None:
    """And a person may go on without its answer."""
    playbook = playbook_for(ExceptionType.INTEGRATION_FAILURE)
    plain = [request.activity for request in playbook.facts_needed(order(), hold("INTEGRATION"))]
    by_edi = playbook.facts_needed(ordered(), hold("INTEGRATION"))
    assert plain == ["crm.account", "erp.validation"]
    assert [request.activity for request in by_edi] == [*plain, "edi.failure"]
    assert by_edi[-1].optional


@pytest.mark.parametrize(("retries", "minutes"), [(0, 1), (1, 2), (3, 8), (5, 30), (40, 30)])
def test_the_pause_between_retries_doubles_up_to_the_longest(retries: int, minutes: int) -> None:
    """From a minute to half an hour for a standard order; each pause has a name of its own."""
    waited = tuple(f"retry {number}" for number in range(1, retries + 1))
    assessment = neighbour(answered("wms"), waited_for=waited)
    assert assessment.wait_first is not None
    assert assessment.wait_first.until == NOW + timedelta(minutes=minutes)
    assert assessment.wait_first.name == f"retry {retries + 1}"


def test_a_retry_has_the_erp_ask_again_and_settles_nothing_by_itself() -> None:
    """What the ERP finds comes as news."""
    option = chosen(neighbour(answered("wms", validated_at=None)), "RETRY")
    assert (steps(option), option.disposition) == (["erp.revalidate"], Disposition.REASSESS)


def test_an_order_that_everybody_was_asked_about_is_let_go() -> None:
    """Nothing is written but the release."""
    option = chosen(neighbour(answered()), "RETRY")
    assert (steps(option), option.disposition) == ([], Disposition.RELEASE)


def test_a_long_silence_is_one_cause_for_all_orders() -> None:
    """By the name of the system; a retry that is due again is made before anybody is asked."""
    cause = neighbour(answered("wms"), held_minutes=300).cause
    assert cause is not None
    assert (cause.key, cause.system, cause.fix) == ("outage/wms", "wms", "RETRY")
    again = neighbour(answered("wms", validated_at=LONG_AGO), held_minutes=300)
    assert (again.ask, again.rules[0].rule) == (None, "due")


def test_once_a_silence_is_settled_for_all_every_order_is_asked_about_again_at_once() -> None:
    """One retry, which the hold remembers; if the system is still silent then, a person is asked as before."""
    settled = ("retry 1", "cause outage/wms")
    again = neighbour(answered("wms"), held_minutes=300, waited_for=settled)
    option = chosen(again, "RETRY")
    assert (again.ask, steps(option), option.disposition) == (None, ["erp.revalidate"], Disposition.REASSESS)
    assert option.plan.wait is not None
    assert (option.plan.wait.name, option.plan.wait.until <= NOW) == ("retry after outage/wms", True)
    made = neighbour(answered("wms"), held_minutes=300, waited_for=(*settled, option.plan.wait.name))
    assert (made.rules[0].rule, chosen(made, "RETRY").plan.wait) == ("silent", None)


def test_a_settled_silence_says_nothing_about_other_systems() -> None:
    """Each system is a cause of its own; one that has answered since needs no retry."""
    assert neighbour(answered("tax"), held_minutes=300, waited_for=("cause outage/wms",)).rules[0].rule == "silent"
    assert neighbour(answered(), held_minutes=300, waited_for=("cause outage/wms",)).rules[0].rule == "answered"


def test_one_part_is_one_cause_that_is_mended_once() -> None:
    """The fix is for all orders; items, replay and validation are each order's own, validation last."""
    assessment = partner(failed(Kind.MAPPING, unread(), siblings=4))
    option = chosen(assessment, "FIX_AND_REPLAY")
    assert assessment.cause is not None
    assert (assessment.cause.key, assessment.cause.fix) == ("mapping/ACME/P-1", "FIX_AND_REPLAY")
    assert steps(option) == ["edi.fix_mapping", "erp.confirm_item", "edi.replay", "erp.revalidate"]
    assert [part.activity for part in option.plan.steps if part.mends_cause] == ["edi.fix_mapping"]
    assert step(option, "edi.fix_mapping").arguments == {"partner": "ACME", "part": "P-1", "item": "BOLT"}
    assert step(option, "erp.confirm_item").arguments == {"line_id": "1", "item": "BOLT", "unit": "EA"}
    assert step(option, "edi.replay").arguments == {"order_id": "SO-1", "items": {"1": "BOLT"}}
    assert option.disposition is Disposition.REASSESS
    assert "4 other orders" in option.reason


def test_a_person_may_say_another_item() -> None:
    """It goes wherever the proposed one would."""
    option = chosen(partner(ONE, adjustments={"FIX_AND_REPLAY": {"item": "NUT"}}), "FIX_AND_REPLAY")
    assert [parameter.value for parameter in option.parameters] == ["NUT"]
    assert step(option, "edi.fix_mapping").arguments["item"] == "NUT"
    assert step(option, "edi.replay").arguments["items"] == {"1": "NUT"}


def test_once_the_part_is_known_nobody_is_asked_and_nothing_is_mended_again() -> None:
    """That is how one fix replays all siblings."""
    assessment = partner(KNOWN)
    option = chosen(assessment, "FIX_AND_REPLAY")
    assert (assessment.ask, assessment.cause) == (None, None)
    assert steps(option) == ["erp.confirm_item", "edi.replay", "erp.revalidate"]


def test_parts_are_explained_one_after_the_other() -> None:
    """Each is a cause of its own; the document is replayed when all are known."""
    two = failed(Kind.MAPPING, unread(), unread("2", "P-2"))
    option = chosen(partner(two, ordered("UNMAPPED:P-1", "UNMAPPED:P-2")), "FIX_AND_REPLAY")
    assert steps(option) == ["edi.fix_mapping"]
    half = failed(Kind.MAPPING, unread(mapped_item="BOLT"), unread("2", "P-2"))
    assessment = partner(half, ordered("UNMAPPED:P-1", "UNMAPPED:P-2"))
    assert assessment.cause is not None
    assert assessment.cause.key == "mapping/ACME/P-2"
    assert "edi.replay" in steps(chosen(assessment, "FIX_AND_REPLAY"))


def test_a_person_enters_item_and_unit_by_hand() -> None:
    """The gateway is told first: it refuses an item that nobody knows before anything is changed."""
    failure = failed(Kind.VALIDATION, unread(unit_known=False, unit="ZZ"))
    values = {"item_1": "NUT", "unit_1": "CS"}
    option = chosen(partner(failure, adjustments={"MANUAL_ENTRY": values}), "MANUAL_ENTRY")
    assert steps(option) == ["edi.take_over", "erp.confirm_item", "erp.revalidate"]
    assert step(option, "erp.confirm_item").arguments == {"line_id": "1", "item": "NUT", "unit": "CS"}


def test_a_partner_that_refuses_us_is_reached_by_another_route_or_called_again() -> None:
    """One cause for all of its orders; what waits is sent at once."""
    assessment = partner(REFUSED)
    assert assessment.cause is not None
    assert (assessment.cause.key, assessment.cause.fix) == ("auth/ACME", "FALLBACK_ROUTE")
    assert steps(chosen(assessment, "FALLBACK_ROUTE")) == ["edi.reroute", "edi.resend"]
    assert steps(chosen(assessment, "RETRY")) == ["edi.resume_partner", "edi.resend"]
    only = partner(failed(Kind.AUTH, routes=BOTH_WAYS[:1]))
    assert "FALLBACK_ROUTE" not in offered(only)
    assert only.cause is not None
    assert only.cause.fix == "RETRY"


def test_what_is_not_acknowledged_is_sent_again_or_settled_by_hand() -> None:
    """A missing 997 is the order's own matter, and no cause."""
    assessment = partner(OVERDUE)
    assert assessment.cause is None
    assert steps(chosen(assessment, "RETRY")) == ["edi.resend"]
    assert steps(chosen(assessment, "MANUAL_ENTRY")) == ["edi.take_over"]


@pytest.mark.parametrize(("code", "ack01"), [("PRICE", "IE"), ("STOCK", "SP"), ("TAX", "IH")])
def test_a_settled_order_is_answered_by_855_with_what_is_still_open(code: str, ack01: str) -> None:
    """Pending for what another hold is about, and at once: that may take days."""
    holds = (partner_hold(), hold(code, hold_id="H2"))
    option = chosen(partner(failed(None, settled_by="REPLAY"), ordered("BOLT", holds=holds)), "FIX_AND_REPLAY")
    sent = step(option, "edi.send_acknowledgement")
    lines: Any = sent.arguments["lines"]
    assert (sent.arguments["document"], sent.arguments["bak02"], lines[0]["code"]) == ("855", "AC", ack01)
    assert (sent.early, option.disposition) == (True, Disposition.RELEASE)


@pytest.mark.parametrize("before", [None, "AC"])
def test_with_nothing_else_open_the_answer_is_that_to_the_release(before: str | None) -> None:
    """No step comes before it."""
    assert not steps(chosen(partner(failed(None, answered_with=before)), "RETRY"))


def test_a_rejection_is_told_by_824_and_855() -> None:
    """824 for the application, 855 RD for the business, R2 on the line that nobody can read; always by a person."""
    option = chosen(partner(ONE, ordered("UNMAPPED:P-1", "BOLT")), "REJECT")
    advice, answer = (part.arguments for part in option.plan.steps)
    lines: Any = answer["lines"]
    assert (advice["document"], answer["document"], answer["bak02"]) == ("824", "855", "RD")
    assert [one["code"] for one in lines] == ["R2", "IR"]
    assert (option.disposition, option.cost.amount) == (Disposition.CANCEL_ORDER, Decimal(800))


@pytest.mark.parametrize("rule", ROWS)
def test_every_message_can_be_written_and_every_step_has_its_own_name(rule: str) -> None:
    """The templates have the values that the options give."""
    for option in ROWS[rule][0]().options:
        assert len({part.step_id for part in option.plan.steps}) == len(option.plan.steps)
        for message in option.messages:
            assert fill(policy(), f"templates/customer/{message.template}.txt", message.values)
