from __future__ import annotations

import base64

import pytest
from pydantic import SecretStr

from runtime.admission import BEARER, Admission, Message, Rate, Replays
from runtime.problems import Problem
from runtime.settings import DoorSettings, SenderSettings
from tests.unit.runtime.test_signatures import BODY, KEY, NOW, signed

SECRET = "whsec_" + base64.b64encode(KEY).decode()
TOKEN = "a-token-of-the-door"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def admission(clock: Clock, rate: float = 100) -> Admission:
    sender = SenderSettings(secret=SecretStr(SECRET))
    return Admission(DoorSettings(senders={"erp": sender}, token=SecretStr(TOKEN), rate=rate), clock)


def refused_by(work: object) -> Problem:
    assert callable(work)
    with pytest.raises(Problem) as refused:
        work()
    return refused.value


def test_a_signed_message_names_its_sender() -> None:
    assert admission(Clock()).admit(signed(), BODY) == Message("erp", "msg_1")


def test_a_token_admits_whoever_cannot_sign() -> None:
    keeper, headers = admission(Clock()), {"authorization": f"Bearer {TOKEN}"}
    keeper.check_token(headers)
    assert keeper.admit(headers, BODY) == Message(BEARER)


def test_a_token_does_not_mend_a_bad_signature() -> None:
    headers = signed(b"z" * 24) | {"authorization": f"Bearer {TOKEN}"}
    assert refused_by(lambda: admission(Clock()).admit(headers, BODY)).status == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \u00e4"]
)
def test_neither_signature_nor_token_is_turned_away_before_the_body_is_read(header: str) -> None:
    assert refused_by(lambda: admission(Clock()).check_token({"authorization": header})).status == 401


def test_one_sender_that_sends_too_much_waits_and_the_others_do_not() -> None:
    clock = Clock()
    rate = Rate(10, clock)
    assert [rate.take("erp") for _ in range(20)] == [0.0] * 20
    assert rate.take("erp") == pytest.approx(0.1)
    assert rate.take("wms") == 0
    clock.now += 0.15
    assert rate.take("erp") == 0
    assert rate.take("erp") > 0


def test_too_much_is_answered_with_when_to_come_back() -> None:
    keeper = admission(Clock(), rate=1)
    for number in range(2):
        keeper.admit(signed(message_id=f"msg_{number}"), BODY)
    problem = refused_by(lambda: keeper.admit(signed(), BODY))
    assert (problem.status, problem.headers, problem.retryable) == (429, {"Retry-After": "1"}, True)


def test_the_same_message_again_has_the_same_cases_and_another_body_is_a_conflict() -> None:
    replays, message = Replays(Clock()), Message("erp", "msg_1")
    assert replays.known(message, b"one") is None
    replays.settle(message, ("case",))
    assert replays.known(message, b"one") == ("case",)
    assert refused_by(lambda: replays.known(message, b"two")).status == 409
    assert replays.known(Message("wms", "msg_1"), b"two") is None


def test_a_message_that_was_refused_may_be_corrected() -> None:
    replays, message = Replays(Clock()), Message("erp", "msg_1")
    replays.known(message, b"wrong")
    replays.settle(message, None)
    assert replays.known(message, b"right") is None


def test_ids_are_remembered_for_as_long_as_their_signatures_are_good() -> None:
    clock = Clock()
    replays, message = Replays(clock), Message("erp", "msg_1")
    replays.known(message, b"one")
    replays.settle(message, ("case",))
    clock.now += 599
    assert replays.known(message, b"one") == ("case",)
    clock.now += 2
    assert replays.known(message, b"one") is None


def test_messages_without_an_id_are_not_told_apart_here() -> None:
    replays = Replays(Clock())
    assert [replays.known(Message(BEARER), body) for body in (b"one", b"two")] == [None, None]
