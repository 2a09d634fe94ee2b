"""`company.toml`: what this set of policies is called, and the company's own words."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, ValidationError, field_validator

from domain.base import StrictModel
from domain.policy.header import ColumnName, read_toml
from domain.policy.people import DUTIES
from domain.policy.problem import PolicyError, problems_of
from domain.policy.vocabulary import BUILT_IN, Vocabulary

FILE = "company.toml"
UNKNOWN_SEGMENT = "UNKNOWN"


class Company(StrictModel):
    """`version` is the label that every decision carries, together with a digest of all files.

    `roles` maps each role that can be asked to its title. `segments` are the customer segments, best first.
    """

    name: str
    version: str
    roles: Mapping[ColumnName, str] = Field(min_length=1)
    segments: tuple[str, ...] = Field(min_length=1)
    currencies: tuple[str, ...] = Field(min_length=1)
    systems: tuple[str, ...] = Field(min_length=1)

    @field_validator("roles")
    @classmethod
    def _no_duties(cls, roles: Mapping[str, str]) -> Mapping[str, str]:
        for duty in DUTIES:
            if duty in roles:
                raise ValueError(f"{duty} is no role that can be asked: remove it here, people.csv knows it already")
        return roles

    @property
    def vocabulary(self) -> Vocabulary:
        """The lists that headers may name: the domain's own and the company's.

        A customer whose segment nobody knows counts as `UNKNOWN`, so that tables can say what to do then.
        """
        return {
            **BUILT_IN,
            "Role": tuple(self.roles),
            "Segment": (*self.segments, UNKNOWN_SEGMENT),
            "Currency": self.currencies,
            "System": self.systems,
        }


def parse_company(text: str) -> Company:
    """The company; PolicyError with everything that is wrong."""
    try:
        return Company.model_validate(read_toml(FILE, text))
    except ValidationError as error:
        raise PolicyError(problems_of(error, FILE)) from error
