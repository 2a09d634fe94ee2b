"""When two addresses are one door, and what is a PO box. All addresses are invented."""

from __future__ import annotations

import pytest

from domain.address.po_box import po_box
from domain.address.postcode import base, fuller
from domain.address.premise import premise_of, same_town
from domain.facts.address import PostalAddress


def at(street: str, country: str = "US") -> PostalAddress:
    return PostalAddress(street=street, country=country)


@pytest.mark.parametrize(
    ("one", "other", "country"),
    [
        ("12 North Quarry Street", "12 n. quarry st", "US"),
        ("12 Quarry Street, Suite 400", "12 QUARRY ST", "US"),
        ("12 Saint James Avenue", "12 St. James Ave", "US"),
        ("80 Boulevard Saint-Laurent", "80 boul St Laurent", "CA"),
        ("Flat 2, 14 High Street", "14 High St", "GB"),
        ("Hauptstraße 12 a", "Hauptstr. 12a", "DE"),
        ("Haupt Str. 7", "Hauptstrasse 7", "DE"),
        ("Müllerweg 3", "Muellerweg 3", "DE"),
        ("Postfach 12 34", "Postfach 1234", "DE"),
        ("P.O. Box 31", "PO BOX 31", "US"),
    ],
)
def test_the_same_door_is_the_same_however_it_is_written(one: str, other: str, country: str) -> None:
    """Abbreviations, points, accents, floors and suites make no difference."""
    assert premise_of(at(one, country)) == premise_of(at(other, country)) != ""


@pytest.mark.parametrize(
    ("one", "other", "country"),
    [
        ("12 Quarry St", "14 Quarry St", "US"),
        ("12 Quarry St", "12 Quarry Ave", "US"),
        ("12 N Quarry St", "12 S Quarry St", "US"),
        ("Hauptstr. 12", "Hauptstr. 12a", "DE"),
        ("PO Box 31", "PO Box 32", "US"),
        ("31 Box St", "PO Box 31", "US"),
        ("12 Quarry St", "12 Quarry St", "GB"),
    ],
)
def test_another_door_is_another(one: str, other: str, country: str) -> None:
    """Number, street, direction and country count."""
    assert premise_of(at(one, "US" if country == "GB" else country)) != premise_of(at(other, country))


def test_a_premise_does_not_say_where_it_is() -> None:
    """It is a digest, and nothing is none."""
    assert premise_of(at("")) == ""
    premise = premise_of(at("12 Quarry St"))
    assert len(premise) == 16
    assert set(premise) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("street", "country", "number"),
    [
        ("P.O. Box 12", "US", "12"),
        ("PO Box 12", "GB", "12"),
        ("p o box no. 77", "US", "77"),
        ("Post Office Box 5", "US", "5"),
        ("POB 9", "IL", "9"),
        ("BOX 12", "US", "12"),
        ("Box 12", "SE", "12"),
        ("Postfach 10 20 30", "DE", "102030"),
        ("Postbus 4", "NL", "4"),
        ("Postboks 8", "NO", "8"),
        ("B.P. 310", "FR", "310"),
        ("Boîte postale 31", "FR", "31"),
        ("Case postale 6", "CH", "6"),
        ("C.P. 6", "CA", "6"),
        ("Apartado Postal 21", "MX", "21"),
        ("Apdo. de Correos 3", "ES", "3"),
        ("Caixa Postal 44", "BR", "44"),
        ("Casella postale 2", "IT", "2"),
        ("PL 15", "FI", "15"),
        ("Skr. poczt. 19", "PL", "19"),
        ("GPO Box 1", "AU", "1"),
        ("Postfach", "DE", ""),
    ],
)
def test_a_po_box_is_recognised_in_many_languages(street: str, country: str, number: str) -> None:
    """With its number, if it has one."""
    assert po_box(at(street, country)) == number


@pytest.mark.parametrize(
    ("street", "country"),
    [
        ("12 Box Hill Road", "GB"),
        ("RR 2 Box 12", "US"),
        ("PL 15", "PL"),
        ("BP Tower, 1 Main St", "US"),
        ("Postfachstr. 2", "DE"),
        ("5 Poboxar Lane", "US"),
    ],
)
def test_what_only_looks_like_a_po_box_is_none(street: str, country: str) -> None:
    """Rural routes, street names and companies."""
    assert po_box(at(street, country)) is None


def test_a_po_box_may_stand_in_a_field_of_its_own() -> None:
    """As many ERPs have it."""
    assert po_box(PostalAddress(street="12 Quarry St", po_box="No. 31")) == "31"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("St. Louis", "SAINT LOUIS", True), ("Zürich", "ZURICH", True), ("Albany", "Troy", False), ("Łódź", "Łódź", True)],
)
def test_towns_are_compared_by_name(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Case, accents and the usual abbreviations make no difference."""
    assert same_town(one, other) is same


def test_a_suffix_tells_more_about_the_same_postal_code() -> None:
    """The ZIP of a ZIP+4 is enough for the goods; elsewhere every character counts."""
    assert base("US", "12207-1234") == "12207"
    assert base("GB", "SW1A 1AA") == "SW1A 1AA"
    assert fuller("US", "12207", "12207-1234") == fuller("US", "12207-1234", "12207") == "12207-1234"
