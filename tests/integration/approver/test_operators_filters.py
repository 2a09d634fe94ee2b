"""The list filters that docs/operations.md offers to operators, asked of a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.approver.stage import Stage

GUIDE = Path(__file__).parents[3] / "docs" / "operations.md"
FILTERS = re.findall(
    r"^\| [^|]+ \| `([^`]+(?:=|<|>|IS NOT NULL|IN )[^`]*)` \|$",
    GUIDE.read_text().partition("### Filters for the list")[2],
    re.MULTILINE,
)


def test_the_guide_has_them() -> None:
    assert len(FILTERS) > 8


@pytest.mark.parametrize("list_filter", FILTERS)
def test_the_server_understands_every_filter_of_the_guide(stage: Stage, list_filter: str) -> None:
    assert stage.run(stage.client.count_workflows(list_filter)).count >= 0
