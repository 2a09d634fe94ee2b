from __future__ import annotations

import base64

import pytest

from runtime.signatures import NotSigned, signature, signer, signing_key

KEY, OLD, OTHER = b"k" * 24, b"o" * 24, b"x" * 24
SENDERS = {"erp": (KEY, OLD), "wms": (OTHER,)}
NOW = 1_700_000_000.0
BODY = b'{"id": 1}'


def signed(key: bytes = KEY, message_id: str = "msg_1", at: float = NOW, body: bytes = BODY) -> dict[str, str]:
    timestamp = str(int(at))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(key, message_id, timestamp, body),
    }


def test_the_example_of_the_specification_is_signed_as_it_says() -> None:
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(("key", "name"), [(KEY, "erp"), (OLD, "erp"), (OTHER, "wms")])
def test_either_of_a_senders_two_secrets_names_it(key: bytes, name: str) -> None:
    assert signer(signed(key), BODY, SENDERS, NOW) == (name, "msg_1")


def test_one_good_signature_among_several_is_enough() -> None:
    headers = signed()
    headers["webhook-signature"] = f"v1a,unknown v1,c2hvcnQ= {headers['webhook-signature']}"
    assert signer(headers, BODY, SENDERS, NOW)[0] == "erp"


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_clocks_may_be_five_minutes_apart(seconds: int) -> None:
    assert signer(signed(at=NOW + seconds), BODY, SENDERS, NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_an_old_message_is_refused_and_one_from_the_future_too(seconds: int) -> None:
    with pytest.raises(NotSigned, match="more than 300 s"):
        signer(signed(at=NOW + seconds), BODY, SENDERS, NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(NOW) + 1)},
        {"webhook-signature": "v1,"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1," + base64.b64encode(b"0" * 32).decode()},
        {"webhook-signature": "\u00e4\u00ff v1,\u00e4"},
        {"webhook-id": ""},
        {"webhook-id": "x" * 201},
        {"webhook-id": "a b"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-timestamp": "\u0661\u0662"},
    ],
)
def test_whatever_is_changed_is_noticed(changed: dict[str, str]) -> None:
    with pytest.raises(NotSigned):
        signer(signed() | changed, BODY, SENDERS, NOW)


def test_a_changed_body_is_noticed() -> None:
    with pytest.raises(NotSigned, match="no secret of this door"):
        signer(signed(), BODY + b" ", SENDERS, NOW)


@pytest.mark.parametrize(
    "written", ["", "secret", "whsec_", "whsec_###", "whsec_c2hvcnQ=", "whsec_\u00e4", "MfKQ9r8GKY"]
)
def test_a_secret_that_is_none_is_refused_without_being_repeated(written: str) -> None:
    with pytest.raises(ValueError, match="a signing secret") as refused:
        signing_key(written)
    assert len(written) < 7 or written not in str(refused.value)
