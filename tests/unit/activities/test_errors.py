from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from activities.connectors.errors import SystemCallFailed, kind_of_status, kind_of_transport, retry_after
from domain.exception_types import IntegrationErrorKind as Kind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (500, "", Kind.TRANSIENT),
        (503, "", Kind.TRANSIENT),
        (429, "", Kind.TRANSIENT),
        (408, "", Kind.TRANSIENT),
        (425, "", Kind.TRANSIENT),
        (409, "", Kind.CONFLICT),
        (412, "stale_version", Kind.CONFLICT),
        (400, "", Kind.VALIDATION),
        (422, "idempotency_key_reused", Kind.VALIDATION),
        (428, "if_match_required", Kind.VALIDATION),
        (401, "", Kind.AUTH),
        (403, "", Kind.AUTH),
        (404, "order_not_found", Kind.NOT_FOUND),
        (410, "", Kind.NOT_FOUND),
        (422, "unknown_item", Kind.MAPPING),
        (404, "unknown_order", Kind.NOT_FOUND),
        (302, "", Kind.POISON),
    ],
)
def test_a_status_has_a_kind(status: int, code: str, kind: Kind) -> None:
    assert kind_of_status(status, code, writing=False) is kind
    assert kind_of_status(status, code, writing=True) is kind


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_gave_up_on_a_write_leaves_its_outcome_open(status: int) -> None:
    assert kind_of_status(status, "", writing=False) is Kind.TRANSIENT
    assert kind_of_status(status, "", writing=True) is Kind.UNKNOWN_OUTCOME


@pytest.mark.parametrize("error", [httpx.ReadTimeout(""), httpx.RemoteProtocolError(""), httpx.ReadError("")])
def test_a_write_without_an_answer_may_have_happened(error: httpx.TransportError) -> None:
    assert kind_of_transport(error, writing=False) is Kind.TRANSIENT
    assert kind_of_transport(error, writing=True) is Kind.UNKNOWN_OUTCOME


@pytest.mark.parametrize("error", [httpx.ConnectError(""), httpx.ConnectTimeout(""), httpx.PoolTimeout("")])
def test_a_write_that_never_left_has_not_happened(error: httpx.TransportError) -> None:
    assert kind_of_transport(error, writing=True) is Kind.TRANSIENT


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("7", timedelta(seconds=7)),
        (" 0.5 ", timedelta(seconds=0.5)),
        ("Mon, 02 Mar 2026 09:02:00 GMT", timedelta(minutes=2)),
        ("Mon, 02 Mar 2026 08:00:00 GMT", None),
        ("0", None),
        ("-3", None),
        ("soon", None),
        ("999999999", timedelta(days=1)),
        ("\N{ARABIC-INDIC DIGIT SEVEN}", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(header: str | None, wait: timedelta | None) -> None:
    assert retry_after(header, NOW) == wait


@pytest.mark.parametrize("kind", Kind)
def test_temporal_retries_only_what_passes(kind: Kind) -> None:
    failure = SystemCallFailed(
        system="tax",
        operation="tax.quote",
        order_id="SO-1",
        kind=kind,
        what="answered 503",
        status=503,
        retry_after=timedelta(seconds=7),
    )
    assert failure.type == kind
    assert failure.non_retryable is not kind.passes
    assert failure.next_retry_delay == timedelta(seconds=7)
    assert tuple(failure.details) == ("tax", 503)
    assert failure.message.startswith("order SO-1: tax.quote: tax answered 503; ")
