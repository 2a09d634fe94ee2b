"""Which playbook knows which type."""

from __future__ import annotations

from collections.abc import Mapping

from domain.exception_types import ExceptionType
from domain.playbooks.address_invalid import AddressInvalid
from domain.playbooks.carrier_instructions import CarrierInstructionsMissing
from domain.playbooks.credit_hold import CreditHold
from domain.playbooks.duplicate_po import DuplicatePo
from domain.playbooks.integration_failure import IntegrationFailures
from domain.playbooks.inventory_shortfall import InventoryShortfall
from domain.playbooks.playbook import Playbook
from domain.playbooks.price_discrepancy import PriceDiscrepancy
from domain.playbooks.tax_discrepancy import TaxDiscrepancy
from domain.playbooks.unclassified import Unclassified

_KNOWN: tuple[Playbook, ...] = (
    AddressInvalid(),
    CarrierInstructionsMissing(),
    CreditHold(),
    DuplicatePo(),
    IntegrationFailures(),
    InventoryShortfall(),
    PriceDiscrepancy(),
    TaxDiscrepancy(),
)

PLAYBOOKS: Mapping[ExceptionType, Playbook] = {kind: Unclassified(kind) for kind in ExceptionType} | {
    playbook.exception_type: playbook for playbook in _KNOWN
}
"""Every type has one: without rules of its own it is judged as UNCLASSIFIED is."""


def playbook_for(exception_type: ExceptionType) -> Playbook:
    """The playbook of that type."""
    return PLAYBOOKS[exception_type]
