from __future__ import annotations

import asyncio

import httpx
import pytest

from runtime.health import health_endpoint
from runtime.settings_check import WrongSettings
from sandbox.processes import free_ports


async def test_liveness_and_readiness_are_told_apart() -> None:
    ready = False

    async def check() -> bool:
        return ready

    bind = f"127.0.0.1:{free_ports(1)[0]}"
    async with health_endpoint(bind, check), httpx.AsyncClient(base_url=f"http://{bind}", timeout=60) as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        ready = True
        assert (await http.get("/readyz?verbose=1")).status_code == 200
        assert (await http.get("/elsewhere")).status_code == 404
        assert (await http.post("/readyz")).status_code == 405


async def test_nonsense_does_not_harm_it() -> None:
    async def check() -> bool:
        return True

    bind = free_ports(1)[0]
    async with health_endpoint(f"127.0.0.1:{bind}", check):
        _, writer = await asyncio.open_connection("127.0.0.1", bind)
        writer.write(b"\0" * 100_000 + b"\r\n\r\n")
        writer.close()
        async with httpx.AsyncClient(timeout=60) as http:
            assert (await http.get(f"http://127.0.0.1:{bind}/healthz")).is_success


async def test_a_port_that_is_taken_is_a_wrong_setting() -> None:
    async def check() -> bool:
        return True

    bind = f"127.0.0.1:{free_ports(1)[0]}"
    async with health_endpoint(bind, check):
        with pytest.raises(WrongSettings, match=r"observation\.health_bind"):
            async with health_endpoint(bind, check):
                pass


async def test_without_an_address_there_is_no_endpoint() -> None:
    async def check() -> bool:
        return True

    async with health_endpoint(None, check):
        pass
