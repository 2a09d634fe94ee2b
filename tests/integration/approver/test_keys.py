"""Keys made, enrolled by single sign-on at a real door, listed and revoked, with the command line as people run it."""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from typer.testing import CliRunner

from approver import app
from domain.credential import ALGORITHM
from domain.enrolment import TYPE, Enrolment, Possession, id_token_digest
from runtime.approvals.private_keys import PrivateKey
from runtime.approvals.refusals import ExitCode
from runtime.encryption.keyring import new_key
from runtime.key_door import KeyDoor, add_keys
from runtime.key_set_file import read_key_set
from runtime.problems import install_problems
from runtime.settings import IdentitySettings, OidcSettings
from sandbox.processes import HOST, free_ports
from tests.integration.approver.provider import CLIENT, Provider, Served
from tests.integration.approver.stage import PATIENCE, Said, eventually
from tests.unit.activities.policies import company_policies

BOB = "bob.tanaka"


@dataclass
class Office:
    """A provider, a door that takes keys in, and a person's machine."""

    provider: Provider
    directory: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    environment_of_its_own: dict[str, str] = field(default_factory=dict)

    @property
    def door(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def key_set(self) -> Path:
        """The door's file."""
        return self.directory / "keys.json"

    def app(self) -> FastAPI:
        """The door, as far as keys go."""
        oidc = OidcSettings(issuer=self.provider.issuer, client_id=CLIENT)
        identity = IdentitySettings(keys=str(self.key_set), oidc=oidc)
        door = FastAPI()
        install_problems(door)
        http = httpx.AsyncClient(trust_env=False, timeout=PATIENCE)
        add_keys(door, KeyDoor(identity, oidc, company_policies, http))
        return door

    @property
    def environment(self) -> dict[str, str]:
        """The settings of somebody's command line."""
        return {
            "HOLDFAST_USER": "",
            "HOLDFAST_SETTINGS": "",
            "HOLDFAST_ENCRYPTION__KEYS": new_key("tests"),
            "HOLDFAST_IDENTITY__KEYS": f"{self.door}/v1/keys",
            "HOLDFAST_IDENTITY__PRIVATE_KEYS": str(self.directory / "private"),
            "HOLDFAST_IDENTITY__DOOR_URL": self.door,
            "HOLDFAST_IDENTITY__OIDC__ISSUER": self.provider.issuer,
            "HOLDFAST_IDENTITY__OIDC__CLIENT_ID": CLIENT,
        }

    def approver(self, *arguments: str) -> Said:
        """Run `approver.py` in this process."""
        ended = CliRunner().invoke(app, list(arguments), env=self.environment | self.environment_of_its_own)
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Said(ended.exit_code, ended.stdout, ended.stderr)

    def enrolling(self, answer: Callable[[], None], *arguments: str) -> Said:
        """`keys enrol`, and what somebody does in a browser meanwhile."""

        def in_a_browser() -> None:
            eventually(lambda: self.provider.flows, bool)
            answer()

        answering = threading.Thread(target=in_a_browser, daemon=True)
        answering.start()
        said = self.approver("keys", "enrol", *arguments)
        answering.join(PATIENCE)
        return said

    def present(self, key: PrivateKey, id_token: str, **changed: Any) -> httpx.Response:
        """What `keys enrol` sends at the end, or something like it."""
        digest = id_token_digest(id_token)
        signed = Possession(aud="holdfast", id_token_sha256=digest, iat=key.public.iat or 0)
        content = signed.model_dump() | changed.pop("possession", {})
        possession = jwt.encode(content, key.key, algorithm=ALGORITHM, headers={"typ": TYPE})
        body = Enrolment(id_token=id_token, x=key.public.x, possession=possession).model_dump() | changed
        return httpx.post(f"{self.door}/v1/keys", json=body, trust_env=False, timeout=PATIENCE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    provider = Provider()
    office = Office(provider, tmp_path_factory.mktemp("office"))
    with Served(provider.app(), provider.port), Served(office.app(), office.port):
        yield office


@pytest.fixture
def office(served: Office) -> Office:
    served.key_set.unlink(missing_ok=True)
    served.provider.flows.clear()
    served.provider.claims.clear()
    served.environment_of_its_own = {}
    served.provider.signing_key = None
    return served


def test_a_key_is_enrolled_by_whoever_signed_in(office: Office) -> None:
    said = office.enrolling(lambda: office.provider.confirm(BOB))
    assert (said.code, "Enrolled: key" in said.out) == (0, True), said
    assert f"Open {office.provider.issuer}/activate and enter the code" in said.err
    (key,) = read_key_set(office.key_set).keys
    (file,) = (office.directory / "private").iterdir()
    assert (key.sub, stat.S_IMODE(file.stat().st_mode)) == (BOB, 0o600)
    assert PrivateKey.parse(file.read_text(), BOB).public == key
    again = office.enrolling(lambda: office.provider.confirm(BOB), "--as", BOB, "--json")
    assert again.document["key"]["kid"] != key.kid
    listed = office.approver("keys", "list", "--as", BOB, "--json").document
    assert listed["own"]["kid"] == again.document["key"]["kid"]
    assert [one["kid"] for one in listed["keys"] if "revoked_at" in one] == [key.kid]
    assert "in use" in office.approver("keys", "list", "--as", BOB).out


def test_nobody_is_enrolled_who_says_no_or_is_somebody_else(office: Office) -> None:
    denied = office.enrolling(office.provider.deny)
    assert (denied.code, "access_denied" in denied.err) == (ExitCode.UNAUTHENTICATED, True)
    other = office.enrolling(lambda: office.provider.confirm(BOB), "--as", "dan.weber")
    assert (other.code, f"signed in as {BOB}" in other.err) == (ExitCode.FORBIDDEN, True)
    stranger = office.enrolling(lambda: office.provider.confirm("mallory"))
    assert (stranger.code, "nobody called mallory" in stranger.err) == (ExitCode.FORBIDDEN, True)
    assert not office.key_set.exists()


def test_a_token_that_is_not_ours_or_not_fresh_enrols_nobody(office: Office) -> None:
    key = PrivateKey.new(BOB, _now())
    for wrong in (
        {"iss": "https://other.example"},
        {"aud": "another-client"},
        {"exp": 1},
        {"iat": _now() - 3600},
        {"iat": None},
        {"preferred_username": None},
    ):
        answer = office.present(key, office.provider.id_token(BOB, **wrong))
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), wrong
    office.provider.signing_key = ec.generate_private_key(ec.SECP256R1())
    assert office.present(key, office.provider.id_token(BOB)).status_code == 401
    unsecured = jwt.encode({"preferred_username": BOB}, None, algorithm="none")  # type: ignore[arg-type]
    assert office.present(key, unsecured).status_code == 401
    assert not office.key_set.exists()


def test_a_key_is_enrolled_only_by_who_has_it_and_for_this_very_token(office: Office) -> None:
    key, token = PrivateKey.new(BOB, _now()), office.provider.id_token(BOB)
    for wrong in ({"aud": "elsewhere"}, {"id_token_sha256": "0" * 64}, {"iat": _now() - 3600}, {"iat": _now() + 3600}):
        assert office.present(key, token, possession=wrong).json()["code"] == "not_possessed"
    assert office.present(key, token, x=PrivateKey.new(BOB, 0).public.x).status_code == 401
    assert office.present(key, token, more=1).status_code == 422
    assert (
        httpx.post(f"{office.door}/v1/keys", content=b"x" * 40_000, trust_env=False, timeout=PATIENCE).status_code
        == 413
    )
    assert office.present(key, token).status_code == 201
    assert (
        httpx.get(f"{office.door}/v1/keys", trust_env=False, timeout=PATIENCE).json()
        == read_key_set(office.key_set).document
    )


def test_a_key_is_made_published_and_revoked_where_the_key_set_is_a_file(office: Office) -> None:
    keys = ("--key-set", str(office.key_set))
    made = office.approver("keys", "new", "--as", "dan.weber", "--publish", *keys, "--json")
    assert made.code == 0, made
    again = office.approver("keys", "new", "--as", "dan.weber", "--publish", *keys)
    assert (again.code, "has a key" in again.err) == (ExitCode.CONFLICT, True)
    kid = made.document["key"]["kid"]
    assert "d" not in made.document["key"]
    revoked = office.approver("keys", "revoke", kid[:12], *keys)
    assert (revoked.code, kid in revoked.out) == (0, True)
    assert office.approver("keys", "revoke", "nothing-like-it", *keys).code == ExitCode.NOT_FOUND
    assert "revoked 20" in office.approver("keys", "list", "--as", "dan.weber").out
    replaced = office.approver("keys", "new", "--as", "dan.weber", "--replace")
    assert (replaced.code, '"kty": "OKP"' in replaced.out) == (0, True)
    assert "not in the key set" in office.approver("keys", "list", "--as", "dan.weber").out


def test_a_key_set_that_cannot_be_read_is_said_to_be_so(office: Office) -> None:
    office.key_set.write_text("{")
    said = office.approver("keys", "list", "--json")
    assert (said.code, json.loads(said.out)["refusal"]["code"]) == (ExitCode.UNAVAILABLE, "UNAVAILABLE")


def test_who_names_no_key_set_is_not_shown_the_keys_that_everybody_knows(office: Office) -> None:
    office.environment_of_its_own = {"HOLDFAST_IDENTITY__KEYS": ""}
    said = office.approver("keys", "list")
    assert (said.code, "known to everybody" in said.err) == (ExitCode.SETTINGS, True)


def _now() -> int:
    return int(time.time())
