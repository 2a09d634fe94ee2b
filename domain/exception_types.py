"""The kinds of exception, who owns them, and the order in which their resolutions are carried out."""

from __future__ import annotations

from enum import StrEnum


class ExceptionType(StrEnum):
    """What a hold means for the people who clear it."""

    INTEGRATION_FAILURE = "INTEGRATION_FAILURE"
    DUPLICATE_PO = "DUPLICATE_PO"
    ADDRESS_INVALID = "ADDRESS_INVALID"
    PRICE_DISCREPANCY = "PRICE_DISCREPANCY"
    INVENTORY_SHORTFALL = "INVENTORY_SHORTFALL"
    CARRIER_INSTRUCTIONS_MISSING = "CARRIER_INSTRUCTIONS_MISSING"
    TAX_DISCREPANCY = "TAX_DISCREPANCY"
    CREDIT_HOLD = "CREDIT_HOLD"
    UNCLASSIFIED = "UNCLASSIFIED"


EXECUTION_ORDER: tuple[ExceptionType, ...] = tuple(ExceptionType)
"""Each later resolution sees the final amounts of the earlier ones: a new price changes the tax, both change the
exposure. The enumeration is declared in this order; what nobody classified comes last."""

OWNING_TEAM: dict[ExceptionType, str] = {
    ExceptionType.INTEGRATION_FAILURE: "integration",
    ExceptionType.DUPLICATE_PO: "customer service",
    ExceptionType.ADDRESS_INVALID: "customer service",
    ExceptionType.PRICE_DISCREPANCY: "pricing",
    ExceptionType.INVENTORY_SHORTFALL: "warehouse and procurement",
    ExceptionType.CARRIER_INSTRUCTIONS_MISSING: "transport",
    ExceptionType.TAX_DISCREPANCY: "finance",
    ExceptionType.CREDIT_HOLD: "finance",
    ExceptionType.UNCLASSIFIED: "customer service",
}


class IntegrationErrorKind(StrEnum):
    """Why a call to another system failed, by what can be done about it."""

    TRANSIENT = "TRANSIENT"
    CONFLICT = "CONFLICT"
    VALIDATION = "VALIDATION"
    AUTH = "AUTH"
    NOT_FOUND = "NOT_FOUND"
    MAPPING = "MAPPING"
    POISON = "POISON"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"

    @property
    def passes(self) -> bool:
        """Whether waiting and trying again can help, with no one doing anything."""
        return self in (IntegrationErrorKind.TRANSIENT, IntegrationErrorKind.UNKNOWN_OUTCOME)
