"""What an exemption certificate covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.facts.tax import Certificate
from domain.order import Order


class CertificateState(StrEnum):
    """The best that the customer has for this order."""

    NONE = "NONE"
    VALID = "VALID"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True)
class Exemption:
    """The certificate that counts, if any, and the lines that it covers."""

    state: CertificateState
    certificate: Certificate | None = None
    line_ids: tuple[str, ...] = ()
    expired_days: int = 0

    @classmethod
    def of(cls, order: Order, certificates: Iterable[Certificate], today: date) -> Exemption:
        """A valid certificate before an expired one, then the one that covers more, then the one that holds longer.

        Certificates for another region, for none of the products, or that are not valid yet do not count.
        """
        fitting = [
            (certificate, _covered(order, certificate))
            for certificate in certificates
            if certificate.region == order.ship_to.region and certificate.valid_from <= today
        ]
        ranked = sorted(
            ((certificate, lines) for certificate, lines in fitting if lines),
            key=lambda entry: (entry[0].valid_to < today, -len(entry[1]), -entry[0].valid_to.toordinal()),
        )
        if not ranked:
            return cls(CertificateState.NONE)
        certificate, lines = ranked[0]
        expired_days = max(0, (today - certificate.valid_to).days)
        state = CertificateState.EXPIRED if expired_days else CertificateState.VALID
        return cls(state, certificate, lines, expired_days)


def _covered(order: Order, certificate: Certificate) -> tuple[str, ...]:
    codes = certificate.product_tax_codes
    return tuple(line.line_id for line in order.open_lines if not codes or line.product_tax_code in codes)
