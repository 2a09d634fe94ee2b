from __future__ import annotations

import importlib
import typing
import uuid

import pytest
import requests

from sandbox.kernel import in_thread
from tests.integration.contract.play import play
from tests.integration.sandbox.desk import TOKENS


def client_of_the_sandbox(request: requests.PreparedRequest) -> None:
    request.headers["Authorization"] = f"Bearer {TOKENS['holdfast']}"
    request.headers.setdefault("Idempotency-Key", uuid.uuid4().hex)


@pytest.mark.parametrize(
    "name", ["erp", "wms", "tms", "crm", "pricing", "credit", "tax", "edi", "suppliers", "channels"]
)
def test_a_service_answers_as_its_description_says(name: str) -> None:
    module = importlib.import_module(f"sandbox.{name}.service")
    kind = typing.get_type_hints(module.build)["settings"]
    with in_thread(module.build(kind(tokens=TOKENS))) as url:
        assert play(url, client_of_the_sandbox) > 5
