from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.tasks import Refusal
from runtime.approvals.refusals import ADVICE, ExitCode, Refused

GUIDE = Path(__file__).parents[3] / "docs" / "approvals.md"


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_a_code_of_its_own_and_a_sentence_on_what_to_do(refusal: Refusal) -> None:
    refused = Refused.by_case(refusal, "no")
    assert refused.code == ExitCode[refusal]
    assert refused.code > ExitCode.SETTINGS
    assert refused.advice == ADVICE[refused.code]


def test_codes_are_distinct_and_a_refusal_of_no_known_kind_is_a_defect() -> None:
    assert len({int(code) for code in ExitCode}) == len(ExitCode.__members__)
    assert Refused.by_case("SOMETHING_NEW", "no").code is ExitCode.DEFECT
    assert Refused.by_case(None, "no").code is ExitCode.DEFECT


def test_the_guide_lists_every_exit_code() -> None:
    listed = dict(re.findall(r"^\| (\d+) \| `?([A-Z_]+)`? \|", GUIDE.read_text(), re.MULTILINE))
    assert listed == {str(int(code)): code.name for code in ExitCode}
