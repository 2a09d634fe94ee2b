"""Restricted-party screening, and how likely a new address is a fraud."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from domain.base import digest
from domain.facts.address import Screening, ScreeningResult
from sandbox.crm.sites import CustomerSite, SiteFile
from sandbox.kernel import Answer, Documents, Page, Paging, Records, Service, Write
from sandbox.kernel.versions import version_of

_STRICT = ConfigDict(frozen=True, extra="forbid")
_WORD = re.compile(r"\w+")
_ANYWHERE = "*"


class DeniedParty(BaseModel):
    """Somebody on a list. `customer_id` is set where the account itself was found to be that party."""

    model_config = _STRICT

    name: str
    list_name: str
    country: str = _ANYWHERE
    customer_id: str = ""


class Embargo(BaseModel):
    """A country to which nothing goes."""

    model_config = _STRICT

    country: str
    list_name: str


class FraudScore(BaseModel):
    """How often new addresses around a postal code were fraud: 0 never, 100 always."""

    model_config = _STRICT

    country: str = "US"
    postal_code: str
    score: int = Field(ge=0, le=100)


class ScreeningBody(BaseModel):
    """Who is to be delivered to, and where."""

    model_config = _STRICT

    order_id: str
    customer_id: str
    site_id: str
    postal_code: str = ""
    country: str = "US"


Finding = tuple[ScreeningResult, str]
_CLEAR: Finding = (ScreeningResult.CLEAR, "")
_GRAVITY = tuple(ScreeningResult)


class ScreeningOffice:
    """Seeds `denied-parties`, `embargoes` and `fraud-scores`. Every screening is kept, the same one once."""

    def __init__(self, service: Service, sites: SiteFile) -> None:
        self._sites = sites
        self._parties = Records(service, "denied-parties", DeniedParty, ("list_name", "name"))
        self._embargoes = Records(service, "embargoes", Embargo, ("country",))
        self._scores = Records(service, "fraud-scores", FraudScore, ("country", "postal_code"))
        self._made = Documents(service.store, "screenings", ("order_id",))
        self._mount(service)

    def screen(self, asked: ScreeningBody) -> Screening:
        """What speaks against a delivery."""
        site = self._sites.site(asked.customer_id, asked.site_id)
        found = [self._customer(asked.customer_id), self._country(asked.country)]
        result, list_name = _gravest([*found, self._recipient(site) if site else _CLEAR])
        screening = Screening(
            result=result,
            list_name=list_name,
            restricted_sites=tuple(
                other.site_id
                for other in self._sites.of_customer(asked.customer_id)
                if other.site_id != asked.site_id and self._site(other) != _CLEAR
            ),
            fraud_score=0 if site else self._score(asked),
        )
        return screening.model_copy(update={"version": version_of(screening)})

    def _site(self, site: CustomerSite) -> Finding:
        return _gravest([self._country(site.country), self._recipient(site)])

    def _customer(self, customer_id: str) -> Finding:
        known = next((party for party in self._parties.all() if party.customer_id == customer_id), None)
        return (ScreeningResult.MATCH, known.list_name) if known else _CLEAR

    def _country(self, country: str) -> Finding:
        embargo = self._embargoes.get(country)
        return (ScreeningResult.MATCH, embargo.list_name) if embargo else _CLEAR

    def _recipient(self, site: CustomerSite) -> Finding:
        """The same name in the same country is that party; a name that contains the other may be."""
        name = _words(site.recipient)
        found = [_CLEAR]
        for party in self._parties.all():
            theirs = _words(party.name)
            if name == theirs and party.country in (_ANYWHERE, site.country):
                found.append((ScreeningResult.MATCH, party.list_name))
            elif theirs and (theirs <= name or (name and name <= theirs)):
                found.append((ScreeningResult.POSSIBLE_MATCH, party.list_name))
        return _gravest(found)

    def _score(self, asked: ScreeningBody) -> int:
        known = self._scores.get(asked.country, asked.postal_code)
        return known.score if known else 0

    def _keep(self, asked: ScreeningBody) -> Answer:
        screening = self.screen(asked).model_dump(mode="json")
        screening_id = f"scr-{digest(asked, screening)[:12]}"
        self._made.put(screening_id, {"screening_id": screening_id, **asked.model_dump(mode="json"), **screening})
        return Answer(screening, 200)

    def _mount(self, service: Service) -> None:
        @service.v1.post("/screenings", status_code=200, tags=["screening"], summary="Screen a delivery")
        async def screen(body: ScreeningBody, write: Write) -> Response:
            return write.once(lambda: self._keep(body))

        @service.v1.get("/screenings", tags=["screening"], summary="Which deliveries were screened")
        async def made(paging: Paging, order_id: Annotated[str | None, Query(max_length=200)] = None) -> Page:
            return paging.read(self._made, order_id=order_id)


def _gravest(found: list[Finding]) -> Finding:
    return max(found, key=lambda finding: _GRAVITY.index(finding[0]))


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name.casefold()))
