"""Every way in which a proof can be wrong, each with the refusal that it deserves."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.exceptions import ApplicationError

from activities.authorisation import AuthorisationActivities
from activities.proofs import Proofs
from domain.calls import Authorisation, AuthoriseRequest, ScreenRequest
from domain.exception_types import ExceptionType
from domain.keys import KeySet, KeysUnavailable, PublicKey
from domain.money import Money
from domain.tasks import Action, Refusal, TaskKind, TaskRequest
from runtime.approvals.private_keys import PrivateKey
from runtime.approvals.signing import Signer
from runtime.development_keys import development_key, development_public_key
from tests.signatures import AUDIENCE, NAMESPACE, binding, forged
from tests.unit.activities.conftest import CASE, run
from tests.unit.activities.policies import company_policies

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
MOMENT = NOW.timestamp()
BOB = "bob.tanaka"
AMOUNT = Money(amount=Decimal(100), currency="USD")
REQUEST = TaskRequest(task_id="T1", task_revision=2, action=Action.APPROVE, actor=BOB, comment="fine")
BOUND = binding(REQUEST, CASE.workflow_id, "RELEASE_ONCE", AMOUNT)
OTHER_KEY = Ed25519PrivateKey.generate()
REVOKED = development_public_key("maya.patel").model_copy(update={"revoked_at": int(MOMENT) - 60})
KEYS = KeySet.of((development_public_key(BOB), development_public_key("jack.novak"), REVOKED))


def asked(request: TaskRequest = REQUEST, credential: str | None = None, **more: Any) -> AuthoriseRequest:
    values: dict[str, Any] = {
        "case": CASE,
        "task_id": "T1",
        "task_revision": 2,
        "role": "credit_manager",
        "kind": TaskKind.RESOLUTION,
        "exception_type": ExceptionType.CREDIT_HOLD,
        "amount": AMOUNT,
        "requesters": ("clerk",),
        "request": request.model_copy(update={"credential": credential}),
        "now": NOW,
        "option": "RELEASE_ONCE",
    }
    return AuthoriseRequest(**values | more)


async def known_keys(kid: str | None = None) -> KeySet:  # noqa: ARG001 - as a key source is called
    return KEYS


async def answer(request: AuthoriseRequest, keys: Callable[..., Any] = known_keys) -> Authorisation:
    activities = AuthorisationActivities(company_policies, Proofs(keys, AUDIENCE))
    found: Authorisation = await run(activities.authorise, request)
    return found


async def refusal(request: AuthoriseRequest, keys: Callable[..., Any] = known_keys) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await answer(request, keys)
    assert caught.value.non_retryable
    assert not request.request.credential or request.request.credential not in caught.value.message
    return caught.value


def honest(**changed: Any) -> str:
    return forged(BOUND, BOB, at=MOMENT, **changed)


def unsecured() -> str:
    head = {"alg": "none", "typ": "hold-decision+jwt", "kid": development_public_key(BOB).kid}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, {})]
    return ".".join([*parts, "x"])


def with_claim(name: str, value: Any) -> str:
    """Somebody changed a claim and left the signature as it was."""
    head, _, signature = honest().split(".")
    content = jwt.decode(honest(), options={"verify_signature": False}) | {name: value}
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip('=')}.{signature}"


async def test_an_honest_proof_is_recognised_by_key_proof_and_key_set() -> None:
    credential = honest()
    found = await answer(asked(credential=credential))
    assert (found.subject, found.role) == (BOB, "credit_manager")
    assert found.evidence is not None
    assert found.evidence.kid == development_public_key(BOB).kid
    assert found.evidence.key_set == KEYS.digest
    assert found.evidence.proof == asked(credential=credential).request.proof


@pytest.mark.parametrize(
    ("credential", "said"),
    [
        (lambda: None, "carries no signed proof"),
        (lambda: "rubbish", "no compact JWS"),
        (lambda: "a.b.c", "the head of the proof"),
        (unsecured, "the head of the proof must be alg EdDSA"),
        (lambda: honest(key=b"x" * 32, algorithm="HS256"), "the head of the proof must be alg EdDSA"),
        (lambda: honest(head={"typ": "JWT"}), "the head of the proof"),
        (lambda: honest(head={"jwk": {"kty": "OKP"}}), "the head of the proof"),
        (lambda: honest(key=OTHER_KEY), "the signature does not fit"),
        (lambda: with_claim("option", "CANCEL"), "the signature does not fit"),
        (lambda: honest(head={"kid": "nobody's"}), "is not in the key set"),
        (lambda: honest(head={"kid": development_public_key("jack.novak").kid}), "the signature does not fit"),
        (lambda: forged(BOUND, "maya.patel", at=MOMENT), "was revoked at 2026-03-02 14:59:00Z"),
        (lambda: forged(BOUND, BOB, key=development_key("jack.novak"), at=MOMENT,
                        head={"kid": development_public_key("jack.novak").kid}), "belongs to somebody else"),
        (lambda: forged(BOUND, "jack.novak", at=MOMENT), "signed for somebody else"),
        (lambda: honest(iss="mallory"), "the proof is for"),
        (lambda: honest(aud="another-installation"), "'another-installation'; here it must be for 'holdfast'"),
        (lambda: honest(extra="claim"), "the claims of the proof are not those of a decision: extra"),
        (lambda: honest(task_rev="2"), "not those of a decision: task_rev"),
        (lambda: honest(life=601), "valid for 600 s at most"),
        (lambda: honest(life=-1), "valid for 600 s at most"),
        (lambda: honest(namespace="elsewhere"), "another namespace"),
        (lambda: honest(workflow_id="order-exception/acme/SO-2"), "another workflow_id"),
        (lambda: honest(task_id="T7"), "another task_id"),
        (lambda: honest(action="REJECT"), "action differs"),
        (lambda: honest(adjustment_digest="0" * 64), "adjustment_digest differs"),
        (lambda: honest(reason="OTHER"), "reason differs"),
        (lambda: honest(on_behalf_of="dan.weber"), "on_behalf_of differs"),
    ],
)  # fmt: skip
async def test_a_forgery_is_unauthenticated(credential: Callable[[], str | None], said: str) -> None:
    error = await refusal(asked(credential=credential()))
    assert error.type == Refusal.UNAUTHENTICATED
    assert said in error.message


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"task_rev": 1}, "signed for revision 1, the request says 2"),
        ({"amount": "99"}, "RELEASE_ONCE for 99 USD was signed, and now it is RELEASE_ONCE for 100"),
        ({"amount": "NaN"}, "RELEASE_ONCE for NaN USD was signed"),
        ({"currency": "EUR"}, "RELEASE_ONCE for 100 EUR was signed"),
        ({"option": "PREPAY"}, "PREPAY for 100 USD was signed, and now it is RELEASE_ONCE"),
    ],
)
async def test_a_proof_of_what_has_changed_since_is_stale(changed: dict[str, Any], said: str) -> None:
    error = await refusal(asked(credential=honest(**changed)))
    assert error.type == Refusal.STALE
    assert said in error.message


@pytest.mark.parametrize(
    "edited",
    [
        {"comment": "and everything else"},
        {"option": "CANCEL"},
        {"adjustments": {"days": "99"}},
        {"actor": "jack.novak"},
    ],
)
async def test_a_request_that_was_edited_is_not_what_was_signed(edited: dict[str, Any]) -> None:
    request = REQUEST.model_copy(update=edited)
    error = await refusal(asked(request, honest(), option=request.option or "RELEASE_ONCE"))
    assert error.type == Refusal.UNAUTHENTICATED


@pytest.mark.parametrize("seconds", [-150, -90, 0, 30])
async def test_a_clock_may_be_half_a_minute_ahead_and_a_proof_half_a_minute_late(seconds: int) -> None:
    assert (await answer(asked(credential=forged(BOUND, BOB, at=MOMENT + seconds)))).subject == BOB


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(31, "clock is 31 s ahead of the case's; 30 s are allowed"), (-151, "expired 31 s ago")],
)
async def test_a_second_more_is_refused(seconds: int, said: str) -> None:
    error = await refusal(asked(credential=forged(BOUND, BOB, at=MOMENT + seconds)))
    assert (error.type, said in error.message) == (Refusal.UNAUTHENTICATED, True)


@pytest.mark.parametrize(
    ("minutes", "said"), [(10, "clock is 600 s ahead of the case's; 30 s are allowed"), (-10, "the clock is behind")]
)
async def test_a_clock_off_by_ten_minutes_is_refused_and_told_so(minutes: int, said: str) -> None:
    away = forged(BOUND, BOB, at=MOMENT + timedelta(minutes=minutes).total_seconds())
    error = await refusal(asked(credential=away))
    assert error.type == Refusal.UNAUTHENTICATED
    assert said in error.message


async def test_a_proof_that_is_too_large_is_invalid() -> None:
    error = await refusal(asked(credential="x" * (16 * 1024 + 1)))
    assert (error.type, "16384 are allowed" in error.message) == (Refusal.INVALID, True)


async def test_without_keys_nobody_decides() -> None:
    async def none(kid: str | None = None) -> KeySet:  # noqa: ARG001 - as a key source is called
        raise KeysUnavailable("the keys of approvers cannot be read from https://keys.example")

    error = await refusal(asked(credential=honest()), none)
    assert (error.type, "https://keys.example" in error.message) == (Refusal.UNAVAILABLE, True)


async def test_roles_come_from_the_policies_and_never_from_the_proof() -> None:
    request = REQUEST.model_copy(update={"actor": "jack.novak"})
    error = await refusal(asked(request, forged(BOUND, "jack.novak", at=MOMENT)))
    assert error.type == Refusal.FORBIDDEN


async def test_what_decides_nothing_is_bound_to_its_task_and_not_to_an_amount() -> None:
    claim = REQUEST.model_copy(update={"action": Action.CLAIM})
    bound = binding(claim, CASE.workflow_id, "RELEASE_ONCE", AMOUNT)
    assert bound.option is None
    credential = forged(bound, BOB, at=MOMENT, amount="7")
    assert (await answer(asked(claim, credential))).subject == BOB


async def test_screening_tells_forgeries_from_what_deserves_a_closer_look() -> None:
    activities = AuthorisationActivities(company_policies, Proofs(known_keys, AUDIENCE))
    credentials = [honest(), honest(key=OTHER_KEY), honest(task_id="T7"), None, honest(task_rev=1)]
    requests = tuple(REQUEST.model_copy(update={"credential": each}) for each in credentials)
    screened = await run(activities.screen, ScreenRequest(case=CASE, requests=requests, now=NOW))
    refused = Refusal.UNAUTHENTICATED
    assert screened.refusals == (None, refused, refused, refused, None)


async def test_what_the_command_line_signs_is_accepted() -> None:
    key = PrivateKey.new(BOB, int(MOMENT))
    signer = Signer(key, AUDIENCE, NAMESPACE, clock=lambda: MOMENT)
    request = asked(credential=signer.credential(BOUND, BOB))

    async def theirs(kid: str | None = None) -> KeySet:  # noqa: ARG001 - as a key source is called
        return KeySet.of((key.public,))

    assert (await answer(request, theirs)).evidence is not None
    again = PrivateKey.parse(key.text, BOB)
    assert isinstance(again.public, PublicKey)
    assert again.public == key.public
