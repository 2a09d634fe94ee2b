from __future__ import annotations

import asyncio

import httpx
import pytest

from activities.connectors.settings import System
from runtime.health import Check, Health, health_endpoint, system_checks
from runtime.settings_check import WrongSettings
from sandbox.processes import free_ports


class Dependency:
    """Something that a process depends on."""

    def __init__(self, wrong: str | None = None) -> None:
        self.wrong = wrong
        self.asked = 0

    async def check(self) -> str | None:
        self.asked += 1
        return self.wrong


@pytest.fixture
def bind() -> str:
    return f"127.0.0.1:{free_ports(1)[0]}"


async def test_liveness_and_readiness_are_told_apart(bind: str) -> None:
    temporal = Dependency("does not answer")
    health = Health({"temporal": temporal.check})
    async with health_endpoint(bind, health), httpx.AsyncClient(base_url=f"http://{bind}", timeout=60) as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        temporal.wrong = None
        assert (await http.get("/readyz?verbose=1")).status_code == 200
        assert (await http.get("/elsewhere")).status_code == 404
        assert (await http.post("/readyz")).status_code == 405


async def test_both_say_what_is_wrong_and_what_was_looked_at(bind: str) -> None:
    """Liveness does not look itself: whatever is slow outside, it answers at once."""
    health = Health({"temporal": Dependency("does not answer").check}, {"erp": Dependency().check})
    async with health_endpoint(bind, health), httpx.AsyncClient(base_url=f"http://{bind}", timeout=60) as http:
        assert (await http.get("/healthz")).json()["wrong"] == {}
        said = (await http.get("/readyz")).json()
        assert said == {
            "status": "not ready",
            "wrong": {"temporal": "does not answer"},
            "checked": ["temporal", "erp"],
        }
        assert (await http.get("/healthz")).json() == said | {"status": "alive"}


async def test_a_system_that_is_out_is_named_and_keeps_nobody_from_being_ready() -> None:
    """Cases wait for it and say so; another worker could do no more."""
    health = Health({"temporal": Dependency().check}, {"tax": Dependency("answers 503").check})
    status, body = await health.ready()
    assert (status, body["status"], body["wrong"]) == (200, "ready", {"tax": "answers 503"})


async def test_systems_are_not_asked_at_every_look() -> None:
    tax, temporal = Dependency(), Dependency()
    health = Health({"temporal": temporal.check}, {"tax": tax.check})
    for _ in range(3):
        await health.ready()
    assert (tax.asked, temporal.asked) == (1, 3)


async def test_a_check_that_hangs_is_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.health._CHECK_WITHIN", 0.05)

    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    status, body = await Health({"temporal": hangs}).ready()
    assert (status, body["wrong"]) == (503, {"temporal": "no answer within 0.05 s"})


async def test_a_system_is_there_if_anything_answers_at_its_address(bind: str) -> None:
    """The address alone is asked, without our token: 404 or 401 are answers."""
    here, gone = f"http://{bind}", f"http://127.0.0.1:{free_ports(1)[0]}"
    async with (
        health_endpoint(bind, Health({})),
        system_checks({"erp": System(url=here), "tax": System(url=gone)}) as checks,
    ):
        answers: dict[str, Check] = checks
        assert await answers["erp"]() is None
        assert await answers["tax"]() == "does not answer (ConnectError)"


async def test_nonsense_does_not_harm_it(bind: str) -> None:
    host, port = bind.split(":")
    async with health_endpoint(bind, Health({})):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"\0" * 100_000 + b"\r\n\r\n")
        writer.close()
        async with httpx.AsyncClient(timeout=60) as http:
            assert (await http.get(f"http://{bind}/healthz")).is_success


async def test_a_port_that_is_taken_is_a_wrong_setting(bind: str) -> None:
    async with health_endpoint(bind, Health({})):
        with pytest.raises(WrongSettings, match=r"observation\.health_bind"):
            async with health_endpoint(bind, Health({})):
                pass


async def test_without_an_address_there_is_no_endpoint() -> None:
    async with health_endpoint(None, Health({})):
        pass
