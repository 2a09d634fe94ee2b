from __future__ import annotations

from typing import Any

import pytest

from domain.address.comparison import Difference, compare
from domain.assessment import Disposition
from domain.events import EventType
from domain.exception_types import ExceptionType
from domain.facts.address import PostalAddress, Site
from domain.order import ShipTo
from domain.playbooks import InvalidAdjustment, playbook_for
from domain.playbooks.reassessment import after_move
from domain.policy.wording import customer_question, fill
from tests.unit.playbooks.addresses import (
    BOX,
    ELSEWHERE,
    HARBOR,
    HERE,
    STREET,
    address,
    answered,
    entered,
    heavy,
    replied,
    site,
    unanswered,
)
from tests.unit.playbooks.scenario import HARD, NOW, chosen, hold, offered, order, policy, step, steps, worth

NAMED = ShipTo(site_id="S-1", region="NY", postal_code="12207")
STRANGE = ShipTo(site_id="S-9", region="NY", postal_code="12207")
MOVED = entered(street="14 N Quarry St")
CLOSED = site(active=False)
NO_DOCK = site(freight_capable=False)
MATCH = {"result": "MATCH", "list_name": "SDN"}


@pytest.mark.parametrize(
    ("stated", "ship_to", "sites", "difference"),
    [
        (entered(), NAMED, (HERE,), Difference.NONE),
        (entered(street="12 north quarry street"), NAMED, (HERE,), Difference.FORMAT),
        (entered(region=""), NAMED, (HERE,), Difference.FORMAT),
        (entered(), NAMED, (site(postal_code="12207-1400"),), Difference.POSTCODE_SUFFIX),
        (entered(postal_code="12207-1400"), NAMED, (HERE,), Difference.NONE),
        (entered(postal_code="12208"), NAMED, (HERE,), Difference.POSTCODE),
        (entered(postal_code="1220"), NAMED, (HERE,), Difference.POSTCODE),
        (entered(**ELSEWHERE), NAMED, (HERE, HARBOR), Difference.OTHER_SITE),
        (entered(), STRANGE, (HERE,), Difference.OTHER_SITE),
        (MOVED, NAMED, (HERE,), Difference.PREMISE),
        (entered(city="Troy"), NAMED, (HERE,), Difference.CITY),
        (entered(region="NJ", postal_code="07101"), NAMED, (HERE,), Difference.REGION),
        (entered(country="MX", region="JAL", postal_code="44100"), NAMED, (HERE,), Difference.COUNTRY),
        (entered(), NAMED, (CLOSED,), Difference.CLOSED),
        (MOVED, STRANGE, (HERE,), Difference.NEW),
        (entered(region="Atlantis"), NAMED, (HERE,), Difference.UNUSABLE),
        (entered(street=""), NAMED, (HERE,), Difference.UNUSABLE),
        (None, NAMED, (HERE,), Difference.NONE),
        (None, ShipTo(site_id="S-1", region="NY", postal_code="12208"), (HERE,), Difference.POSTCODE),
        (None, ShipTo(site_id="S-1", region="NJ", postal_code="12207"), (HERE,), Difference.REGION),
        (None, NAMED, (CLOSED,), Difference.CLOSED),
        (None, STRANGE, (HERE,), Difference.UNUSABLE),
    ],
)
def test_an_address_is_held_against_the_master(
    stated: PostalAddress | None, ship_to: ShipTo, sites: tuple[Site, ...], difference: Difference
) -> None:
    """The gravest difference counts, and a premise that is known counts more than the site that is named."""
    assert compare(stated, ship_to, sites).difference is difference


def test_of_two_sites_at_one_door_the_named_one_is_meant() -> None:
    """Otherwise the one that was delivered to last."""
    twin, third = site("S-2", 5), site("S-3", 2)
    assert compare(entered(), NAMED, (third, twin, HERE)).site == HERE
    assert compare(entered(), STRANGE, (HERE, third, twin)).site == third


def test_what_is_asked_names_the_destination_but_no_street() -> None:
    """Facts are requested from the order alone, and none can be done without."""
    requests = {one.name: one for one in playbook_for(ExceptionType.ADDRESS_INVALID).facts_needed(order(), hold())}
    assert {name: request.activity for name, request in requests.items()} == {
        "account": "crm.account",
        "address": "erp.address",
        "sites": "crm.sites",
        "screening": "crm.screening",
        "customer_answers": "crm.customer_answers",
    }
    assert not any(request.optional for request in requests.values())
    assert requests["screening"].arguments == {
        "order_id": "SO-1",
        "customer_id": "C-1",
        "site_id": "S-1",
        "postal_code": "10001",
        "country": "US",
    }


def test_the_standard_writing_goes_into_the_order_with_the_fuller_postcode() -> None:
    """And can be taken back."""
    stated = entered(street="12 north quarry street")
    option = chosen(address(stated, site(postal_code="12207-1400")), "STANDARDISE")
    written = step(option, "erp.set_ship_to")
    assert written.undo == "reverse_amendment"
    assert written.arguments == {
        "site_id": "S-1",
        "region": "NY",
        "postal_code": "12207-1400",
        "country": "US",
        "address": {"street": "12 N QUARRY ST", "city": "ALBANY", "region": "NY", "postal_code": "12207-1400"},
        "basis": "standard writing",
    }


def test_the_master_is_referred_to_and_not_repeated() -> None:
    """The order then goes to the site, wherever the master says that it is."""
    arguments = step(chosen(address(entered(**ELSEWHERE), HERE, HARBOR), "USE_MASTER"), "erp.set_ship_to").arguments
    assert arguments == {
        "site_id": "S-2",
        "region": "NY",
        "postal_code": "14202",
        "country": "US",
        "basis": "ship-to master S-2",
    }


def test_the_customer_is_asked_what_is_possible_and_waited_for() -> None:
    """Nothing is settled by asking."""
    option = chosen(address(MOVED, HERE), "CUSTOMER_CONFIRM")
    question = step(option, "crm.ask_customer")
    assert (option.disposition, question.undo) == (Disposition.REASSESS, "withdraw_question")
    assert question.arguments["choices"] == ["CONFIRM", "USE_ON_FILE", "CORRECT", "CANCEL"]
    assert question.arguments["values"] == {
        "po_number": "PO-1",
        "site": "S-1",
        "difference": "the premise differs (S-1)",
    }
    assert option.plan.wait is not None
    assert (option.plan.wait.events, option.plan.wait.on_customer) == ((EventType.CUSTOMER_ANSWERED,), True)
    assert option.plan.wait.until > NOW


@pytest.mark.parametrize(
    ("stated", "sites", "choices"),
    [
        (entered(region="Atlantis"), (HERE,), ["USE_ON_FILE", "CORRECT", "CANCEL"]),
        (entered(region="Atlantis"), (CLOSED,), ["CORRECT", "CANCEL"]),
        (entered(), (CLOSED,), ["CONFIRM", "CORRECT", "CANCEL"]),
    ],
)
def test_no_choice_is_offered_that_cannot_be_carried_out(
    stated: PostalAddress, sites: tuple[Site, ...], choices: list[str]
) -> None:
    """An address that cannot be used is not confirmed, a closed site is not chosen."""
    question = step(chosen(address(stated, *sites), "CUSTOMER_CONFIRM"), "crm.ask_customer").arguments
    assert question["choices"] == choices
    values: Any = question["values"]
    assert customer_question(policy(), str(question["question"]), choices, values).labels.keys() == set(choices)


def test_an_answer_counts_only_for_the_address_that_it_was_given_for() -> None:
    """Somebody enters another one: the customer is asked again."""
    answers = answered("CONFIRM", address(MOVED, HERE))
    assert address(MOVED, HERE, answers=answers).rules[0].rule == "customer_confirms"
    assert address(entered(street="16 N Quarry St"), HERE, answers=answers).rules[0].rule == "elsewhere"


def test_a_customers_word_is_no_fraud_check() -> None:
    """A person has the last word about a new address with a high value, and about one that looks like fraud."""
    dear = replied("CONFIRM", entered(**ELSEWHERE), the_order=worth(2501))
    assert (dear.rules[0].rule, dear.recommended) == ("fraud_value", "STANDARDISE")
    odd = replied("CONFIRM", entered(**ELSEWHERE), screening={"fraud_score": 60})
    assert (odd.rules[0].rule, odd.recommended) == ("fraud_score", "CANCEL")
    assert dear.ask is not None
    assert odd.ask is not None


def test_a_question_that_is_open_is_waited_for_and_not_put_twice() -> None:
    """The plan then has no step."""
    option = chosen(address(MOVED, HERE, answers=answered(None, address(MOVED, HERE))), "CUSTOMER_CONFIRM")
    assert (steps(option), option.automatic) == ([], True)


def test_after_silence_nobody_is_asked_by_mail_again() -> None:
    """A person decides, and has the other options."""
    assert offered(unanswered(MOVED, HERE, HARBOR)) == {"USE_MASTER", "STANDARDISE", "ALTERNATE_SHIP_TO", "CANCEL"}


def test_freight_is_never_sent_to_a_po_box() -> None:
    """Neither as entered nor by the customer's word."""
    for the_order in (heavy(), heavy(kilograms=1, hazmat=True)):
        assessment = address(entered(**BOX), NO_DOCK, HARBOR, the_order=the_order)
        assert offered(assessment) == {"CUSTOMER_CONFIRM", "ALTERNATE_SHIP_TO", "CANCEL"}
        assert assessment.recommended == "ALTERNATE_SHIP_TO"
    parcel = address(entered(**BOX), HERE, the_order=heavy(kilograms=67))
    assert "STANDARDISE" in offered(parcel)


def test_another_site_is_taken_unasked_if_it_is_proven_and_the_order_small() -> None:
    """Otherwise a person looks."""
    proven = address(entered(**BOX), NO_DOCK, HARBOR, the_order=heavy())
    assert (proven.recommended, proven.ask) == ("ALTERNATE_SHIP_TO", None)
    assert address(entered(**BOX), NO_DOCK, HARBOR, the_order=heavy(10_001)).ask is not None


def test_a_person_may_choose_the_other_site() -> None:
    """Among those that can take the goods; the default site is offered first."""
    third = site("S-3", is_default=True, street="1 Mill Rd")
    assessment = address(MOVED, HERE, HARBOR, third, CLOSED)
    assert step(chosen(assessment, "ALTERNATE_SHIP_TO"), "erp.set_ship_to").arguments["site_id"] == "S-3"
    adjusted = address(MOVED, HERE, HARBOR, third, adjustments={"ALTERNATE_SHIP_TO": {"site_id": "S-2"}})
    assert step(chosen(adjusted, "ALTERNATE_SHIP_TO"), "erp.set_ship_to").arguments["site_id"] == "S-2"
    with pytest.raises(InvalidAdjustment, match="none of S-3, S-2"):
        address(MOVED, HERE, HARBOR, third, adjustments={"ALTERNATE_SHIP_TO": {"site_id": "S-1"}})


def test_what_is_collected_is_taxed_where_it_changes_hands() -> None:
    """The ship-to is our own door, no carrier comes, and no freight is charged."""
    option = chosen(address(MOVED, HERE, the_order=worth(1000, warehouse="EAST")), "PICKUP")
    assert steps(option) == ["erp.set_ship_to", "erp.set_carrier", "erp.revalidate"]
    assert step(option, "erp.set_ship_to").arguments["region"] == "NJ"
    assert step(option, "erp.set_carrier").arguments["scac"] == "CPU"
    assert step(option, "erp.set_carrier").arguments["freight"] == "0"
    assert [part.undo for part in option.plan.steps] == ["reverse_amendment"] * 2 + ["forget_validation"]


@pytest.mark.parametrize(
    ("to", "assessed"),
    [({"postal_code": "07102-1234"}, False), ({"postal_code": "07103"}, True), ({"region": "TX"}, True)],
    ids=["suffix", "postal code", "region"],
)
def test_goods_that_go_to_another_place_are_assessed_again(to: dict[str, str], assessed: bool) -> None:  # noqa: FBT001
    """Their tax, their freight, and what the customer owes for them."""
    here = ShipTo(site_id="S-1", region="NJ", postal_code="07102")
    found = after_move(worth(1000, ship_to=here), here.model_copy(update=to))
    assert [(part.operation, part.undo) for part in found] == [("revalidate", "forget_validation")] * assessed


def test_a_warehouse_that_hands_nothing_over_offers_no_collection() -> None:
    """Nor does one in another country."""
    assert "PICKUP" not in offered(address(MOVED, HERE))
    abroad = ShipTo(site_id="S-1", region="ON", postal_code="M5H 1A1", country="CA")
    assert "PICKUP" not in offered(address(None, HERE, the_order=worth(1000, warehouse="EAST", ship_to=abroad)))


@pytest.mark.parametrize("how", [{"screening": MATCH}, {"the_hold": HARD}], ids=["listed", "hard"])
def test_compliance_decides_and_the_customer_hears_nothing_before(how: dict[str, Any]) -> None:
    """Whatever the tables make automatic, and however much the order is worth."""
    assessment = address(entered(), HERE, HARBOR, the_order=worth(600_000, warehouse="EAST"), **how)
    assert offered(assessment) == {"STANDARDISE", "USE_MASTER", "ALTERNATE_SHIP_TO", "CANCEL"}
    assert {option.role for option in assessment.options} == {"compliance_officer"}
    assert not any(option.automatic for option in assessment.options)
    assert assessment.ask is not None
    assert chosen(assessment, "CANCEL").messages[0].template == "rejected"


def test_a_site_that_something_speaks_against_is_no_way_out() -> None:
    """And an address at its door is compliance's."""
    speaks = {"restricted_sites": ("S-2",)}
    assert "ALTERNATE_SHIP_TO" not in offered(address(MOVED, HERE, HARBOR, screening=speaks))
    at_its_door = address(entered(**ELSEWHERE), HERE, HARBOR, screening=speaks)
    assert at_its_door.rules[0].rule == "possible_match"
    assert "USE_MASTER" not in offered(at_its_door)


@pytest.mark.parametrize(("worth_of", "role"), [(50_000, "customer_service_lead"), (50_001, "operations_manager")])
def test_large_orders_go_to_whom_their_value_calls_for(worth_of: int, role: str) -> None:
    """The order's value is what authority is measured against."""
    assessment = unanswered(MOVED, HERE, the_order=worth(worth_of))
    assert assessment.ask is not None
    assert assessment.ask.role == role
    assert assessment.ask.amount.amount == worth_of


@pytest.mark.parametrize(
    "stated", [entered(), MOVED, entered(**ELSEWHERE), entered(**BOX), entered(region="Atlantis"), None]
)
def test_no_street_town_or_name_is_told_to_anybody(stated: PostalAddress | None) -> None:
    """Not in reasons, findings, questions, summaries, step ids, messages or what customers are asked."""
    for assessment in (
        address(stated, HERE, HARBOR, the_order=heavy()),
        address(stated, HERE, screening=MATCH),
        replied("CORRECT", MOVED, HERE, HARBOR),
    ):
        told = assessment.model_dump(mode="json")
        for option in told["options"]:
            for part in option["plan"]["steps"]:
                part["arguments"].pop("address", None)
        text = str(told).upper()
        for private in (*STREET.values(), *ELSEWHERE.values(), "QUARRY", "HARBOR", "PO BOX 31"):
            assert private in ("NY", "12207", "14202") or private.upper() not in text


@pytest.mark.parametrize("stated", [entered(), MOVED, entered(**BOX), entered(region="Atlantis")])
@pytest.mark.parametrize("how", [{}, {"screening": MATCH}], ids=["clear", "listed"])
def test_every_message_can_be_written(stated: PostalAddress, how: dict[str, Any]) -> None:
    """The templates have the values that the options give."""
    for option in address(stated, HERE, HARBOR, the_order=heavy(1000), **how).options:
        assert len({part.step_id for part in option.plan.steps}) == len(option.plan.steps)
        for message in option.messages:
            assert fill(policy(), f"templates/customer/{message.template}.txt", message.values)
