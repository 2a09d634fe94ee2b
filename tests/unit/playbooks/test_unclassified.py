from __future__ import annotations

import pytest

from domain.assessment import Disposition
from domain.exception_types import ExceptionType
from domain.order import HoldClass
from domain.playbooks import PLAYBOOKS, playbook_for
from domain.playbooks.unclassified import Unclassified
from domain.policy.schedules import PolicyGap
from domain.policy.wording import fill
from tests.unit.playbooks.scenario import assess, hold, order, policy, policy_without

OWN_RULES = {kind for kind, playbook in PLAYBOOKS.items() if not isinstance(playbook, Unclassified)}


@pytest.mark.parametrize("kind", ExceptionType)
def test_every_type_has_a_playbook_of_that_type(kind: ExceptionType) -> None:
    """Also those without rules of their own."""
    assert playbook_for(kind).exception_type is kind
    assert set(PLAYBOOKS) == set(ExceptionType)


@pytest.mark.parametrize("kind", sorted(set(ExceptionType) - OWN_RULES))
@pytest.mark.parametrize("hold_class", HoldClass)
def test_what_has_no_rules_is_always_asked_about(kind: ExceptionType, hold_class: HoldClass) -> None:
    """Release as it is, or reject; no fact is needed, and nothing is automatic."""
    held = hold("ODD", hold_class)
    assessment = assess(kind, {}, the_hold=held)
    assert playbook_for(kind).facts_needed(order(), held) == ()
    assert [(option.code, option.disposition) for option in assessment.options] == [
        ("RELEASE_AS_IS", Disposition.RELEASE),
        ("REJECT", Disposition.CANCEL_ORDER),
    ]
    assert assessment.ask is not None
    assert not any(option.automatic or option.plan.steps for option in assessment.options)


def test_its_messages_can_be_written() -> None:
    """The templates are there."""
    for option in assess(ExceptionType.UNCLASSIFIED, {}).options:
        for message in option.messages:
            assert fill(policy(), f"templates/customer/{message.template}.txt", message.values)


def test_without_a_row_that_names_a_role_the_gap_is_named() -> None:
    """Nobody could be asked: whoever keeps the table has to mend it."""
    with pytest.raises(PolicyGap, match="unclassified_rules has no row for"):
        assess(ExceptionType.UNCLASSIFIED, {}, by=policy_without("unclassified_rules", ["hard"]))
