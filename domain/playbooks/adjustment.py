"""What a person changed about an option before approving it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from domain.assessment import Circumstances, Parameter
from domain.playbooks.figures import figure

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,59}")
_PLACES = 4
"""More decimals than any amount or quantity has."""


class InvalidAdjustment(ValueError):
    """A new value that cannot be used: not a number, or for something that the option does not have."""


@dataclass(frozen=True)
class Adjustment:
    """The new values for one option, by parameter.

    A value outside of what is offered is moved to the nearest that is: the person sees it in the option before
    approving, and a value that was inside when it was entered does not block a case whose facts have moved since.
    """

    option: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, circumstances: Circumstances, option: str, known: Collection[str]) -> Adjustment:
        """What was changed about `option`; InvalidAdjustment if it has no parameter of that name."""
        values = circumstances.adjustments.get(option, {})
        strange = sorted(set(values) - set(known))
        if strange:
            raise InvalidAdjustment(
                f"{option} has no parameter {strange[0]!a}: it has {', '.join(sorted(known)) or 'none'}"
            )
        return cls(option, values)

    def decimal(self, name: str, meaning: str, default: Decimal, low: Decimal, high: Decimal) -> Parameter:
        """A decimal parameter with its value in force."""
        return self._parameter("decimal", name, meaning, self._number(name, default), (low, high))

    def integer(self, name: str, meaning: str, default: int, low: int, high: int) -> Parameter:
        """A whole parameter with its value in force; InvalidAdjustment if the new one has a fraction."""
        value = self._number(name, Decimal(default))
        if value != value.to_integral_value():
            raise InvalidAdjustment(f"{self.option} {name} is a whole number, not {self.values[name]!r}")
        return self._parameter("integer", name, meaning, value, (Decimal(low), Decimal(high)))

    def code(self, name: str, meaning: str, default: str) -> Parameter:
        """An item, a site, a number of a document; InvalidAdjustment if the new one cannot be one."""
        value = self.values.get(name, default).strip()
        if not _CODE.fullmatch(value):
            raise InvalidAdjustment(f"{self.option} {name} must be a code of 1 to 60 letters, digits and . _ : / -")
        return Parameter(name=name, meaning=meaning, kind="text", value=value)

    def _number(self, name: str, default: Decimal) -> Decimal:
        text = self.values.get(name)
        if text is None:
            return default
        try:
            value = Decimal(text.strip())
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < 0:
            raise InvalidAdjustment(f"{self.option} {name} must be a number of 0 or more, not {text[:40]!a}")
        return value

    def _parameter(
        self,
        kind: Literal["decimal", "integer"],
        name: str,
        meaning: str,
        value: Decimal,
        bounds: tuple[Decimal, Decimal],
    ) -> Parameter:
        low, high = bounds
        return Parameter(
            name=name,
            meaning=meaning,
            kind=kind,
            value=figure(round(min(max(value, low), high), _PLACES)),
            minimum=figure(low),
            maximum=figure(high),
        )
