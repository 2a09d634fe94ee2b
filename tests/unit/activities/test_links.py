from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from activities.connectors.links import CustomerLinks, LinkExpired, LinkUnusable, Target

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
LINKS = CustomerLinks("https://orders.example/", ("the first secret of all",))
TARGET = Target(tenant="acme", order_id="SO-1", request_id="csr-1", expires_at=NOW + timedelta(hours=1))


def token(links: CustomerLinks = LINKS, target: Target = TARGET) -> str:
    return links.link(target).removeprefix("https://orders.example/c/")


def test_a_link_leads_to_one_question_and_needs_no_escaping() -> None:
    address = urlsplit(LINKS.link(TARGET))
    assert (address.scheme, address.netloc, address.query) == ("https", "orders.example", "")
    assert LINKS.read(token(), NOW) == TARGET


def test_a_link_ends_with_the_time_to_answer() -> None:
    LINKS.read(token(), NOW + timedelta(minutes=59))
    with pytest.raises(LinkExpired):
        LINKS.read(token(), NOW + timedelta(hours=1))


def test_a_link_that_somebody_changed_is_worth_nothing() -> None:
    signed = token()
    other = token(target=TARGET.model_copy(update={"order_id": "SO-2"}))
    grafted = ".".join([other.rsplit(".", 2)[0], *signed.rsplit(".", 2)[1:]])
    for changed in (signed[:-1], f"{signed}x", f"A{signed[1:]}", grafted, "", ".", "a.b.c", "\u00e4", signed * 9):
        with pytest.raises(LinkUnusable):
            LINKS.read(changed, NOW)


def test_a_link_of_another_secret_is_worth_nothing() -> None:
    with pytest.raises(LinkUnusable):
        CustomerLinks(LINKS.base_url, ("another secret",)).read(token(), NOW)


def test_while_secrets_are_rotated_old_links_hold_and_new_ones_are_signed_by_the_first() -> None:
    rotated = CustomerLinks(LINKS.base_url, ("the second secret", *LINKS.secrets))
    assert rotated.read(token(), NOW) == TARGET
    only_new = CustomerLinks(LINKS.base_url, ("the second secret",))
    assert only_new.read(token(rotated), NOW) == TARGET
    with pytest.raises(LinkUnusable):
        LINKS.read(token(rotated), NOW)
