from __future__ import annotations

import pytest

from runtime.approvals.private_keys import PrivateKey
from runtime.development_keys import (
    DevelopmentKeys,
    development_public_key,
    is_development_key,
    refuse_development_keys,
)
from runtime.settings import Settings
from runtime.settings_check import WrongSettings
from tests.unit.activities.policies import company_policies


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("HOLDFAST_SETTINGS", "")


@pytest.mark.parametrize("address", ["127.0.0.1:7233", "localhost:7233", "[::1]:7233", "http://127.0.0.1:7233"])
def test_they_count_in_dev_with_temporal_on_this_machine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    refuse_development_keys(Settings.model_validate({"environment": "dev"}))


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ("test", "127.0.0.1:7233"),
        ("prod", "127.0.0.1:7233"),
        ("dev", "temporal.example:7233"),
        ("dev", "10.0.0.1:7233"),
        ("dev", "127.0.0.1.example:7233"),
        ("dev", "0.0.0.0:7233"),
    ],
)
def test_they_count_nowhere_else(monkeypatch: pytest.MonkeyPatch, environment: str, address: str) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    with pytest.raises(WrongSettings, match="known to everybody"):
        refuse_development_keys(Settings.model_validate({"environment": environment}))
    refuse_development_keys(Settings.model_validate({"environment": environment, "identity": {"keys": "keys.json"}}))


async def test_everybody_whom_the_policies_know_has_one() -> None:
    known = await DevelopmentKeys(company_policies)()
    assert {key.sub for key in known.keys} == set(company_policies().people)
    assert all(is_development_key(key) for key in known.keys)
    assert development_public_key("bob.tanaka") == known.key(development_public_key("bob.tanaka").kid)
    assert not is_development_key(PrivateKey.new("bob.tanaka", 0).public)
