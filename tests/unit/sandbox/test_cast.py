"""The demo's people: where two of a role have to agree, two of them are asked."""

from __future__ import annotations

from typing import Any, cast

from sandbox.demo.cast import Cast
from sandbox.demo.cli import Said
from tests.unit.activities.policies import company_policies


class Quorum:
    """A case that wants two people, and answers whoever says the same again as before."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def run(self, *arguments: str) -> Said:
        """What `approver.py` would print."""
        who = arguments[-1]
        if who not in self.said:
            self.said.append(who)
        receipt = {"task_id": "T1", "audit_head": who, "actor": who, "message": "approved"}
        return Said(0, {"receipts": [receipt]})


class Silent:
    def note(self, *_: Any) -> None:
        """Nobody listens."""


async def test_a_second_person_is_asked_for_the_second_yes() -> None:
    case = Quorum()
    people = Cast(cast(Any, None), cast(Any, case), company_policies(), {}, cast(Any, Silent()))
    for _ in range(2):
        assert (await people._by_somebody(["grace.kim", "henry.adams"], "approve", "SO-1")).done
    assert case.said == ["grace.kim", "henry.adams"]
