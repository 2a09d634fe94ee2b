from __future__ import annotations

import re
from pathlib import Path

import pytest
from temporalio import activity

from activities.connectors.settings import NotificationSettings, PortSystem, Systems
from activities.proofs import Proofs
from activities.registry import build_activities
from runtime.development_keys import DevelopmentKeys
from tests.unit.activities.policies import company_policies

ROOT = Path(__file__).parents[3]
NAMES = ("erp", "wms", "tms", "crm", "pricing", "credit", "tax", "edi")
SYSTEMS = Systems(**{name: PortSystem(url=f"http://{name}.test") for name in NAMES})
SETTINGS = NotificationSettings(smtp_host="mail.test", webhook_url="http://chat.test/hook")


async def names() -> list[str]:
    async with build_activities(
        SYSTEMS, SETTINGS, company_policies, Proofs(DevelopmentKeys(company_policies), "holdfast")
    ) as activities:
        definitions = [activity._Definition.must_from_callable(one) for one in activities]
        return [str(definition.name) for definition in definitions]


async def test_every_activity_has_a_name_of_its_own() -> None:
    found = await names()
    assert len(found) == len(set(found))
    assert {name.partition(".")[0] for name in found} == {
        "assessment",
        "authorisation",
        "causes",
        "credit",
        "crm",
        "deadlines",
        "edi",
        "erp",
        "notification",
        "pricing",
        "tax",
        "tms",
        "triage",
        "wms",
    }


async def test_whatever_the_playbooks_name_can_be_carried_out() -> None:
    """Facts, steps and their undo are names in the playbooks: none may be without an activity."""
    text = "\n".join(path.read_text() for path in (ROOT / "domain" / "playbooks").glob("*.py"))
    named = {".".join(pair) for pair in re.findall(r'system="(\w+)",\s*operation="(\w+)"', text)}
    undone = set(re.findall(r'undo="(\w+)"', text))
    found = await names()
    assert named
    assert named <= set(found)
    assert undone <= {name.partition(".")[2] for name in found}


async def test_whatever_the_workflow_calls_by_name_is_there() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "workflows").glob("*.py"))
    called = set(re.findall(r'"((?:triage|assessment|causes|deadlines|authorisation|notification)\.\w+)"', text))
    assert called
    assert called <= set(await names())


def test_an_installation_that_could_tell_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody would hear of a held order"):
        NotificationSettings()


def test_a_system_is_reached_by_http() -> None:
    with pytest.raises(ValueError, match="url"):
        PortSystem(url="erp.example:8080")
