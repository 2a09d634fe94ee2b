"""Exemption certificates: kept, asked for, and linked to orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.events import EventData, EventType
from domain.facts.tax import Certificate, Certificates
from sandbox.kernel import Document, Problem, Records, Service, WriteRequest
from sandbox.kernel.versions import version_of
from sandbox.tax.records import CertificateLinkBody, CertificateRequestBody, CustomerCertificate, TaxSettings


class CertificateFile:
    """All certificates, which orders they are linked to, and which ones customers were asked for."""

    def __init__(self, service: Service, settings: TaxSettings) -> None:
        self._service = service
        self._grace = timedelta(days=settings.grace_days)
        self._certificates = Records(
            service,
            "certificates",
            CustomerCertificate,
            ("certificate_id",),
            indexed=("customer_id",),
            on_put=self._answer_requests,
        )
        self._links = service.collection("certificate-links", CertificateLinkBody, "lnk", on_create=self._link)
        self._requests = service.collection(
            "certificate-requests",
            CertificateRequestBody,
            "req",
            on_create=self._ask,
            indexed=("customer_id",),
        )

    def of_customer(self, customer_id: str, region: str | None) -> Certificates:
        """The customer's certificates, the expired ones too."""
        own = [known for known in self._certificates.all(customer_id=customer_id) if region in (None, known.region)]
        found = tuple(Certificate.model_validate(known.model_dump()) for known in own)
        return Certificates(certificates=found, version=version_of(*found))

    def of_order(self, order_id: str) -> tuple[Certificate, ...]:
        """The certificates that are linked to an order."""
        linked = (self._certificates.get(link["certificate_id"]) for link in self._links.active(order_id=order_id))
        return tuple(certificate for certificate in linked if certificate is not None)

    def _link(self, _: WriteRequest, body: CertificateLinkBody, __: str) -> Document:
        certificate, today = self._certificates.get(body.certificate_id), datetime.now(UTC).date()
        if certificate is None:
            raise Problem(409, "unknown_certificate", f"there is no certificate {body.certificate_id}")
        if certificate.valid_from > today:
            what = f"certificate {body.certificate_id} counts from {certificate.valid_from}"
            raise Problem(409, "certificate_not_yet_valid", what)
        if certificate.valid_to + self._grace < today:
            what = f"certificate {body.certificate_id} expired on {certificate.valid_to}, beyond the grace period"
            raise Problem(409, "certificate_expired", what)
        return {"in_grace": certificate.valid_to < today}

    def _ask(self, _: WriteRequest, __: CertificateRequestBody, ___: str) -> Document:
        return {"answered_by": None}

    def _answer_requests(self, certificate: CustomerCertificate) -> None:
        """A certificate that came in answers the open requests for it: publishes `customer_answered` for each."""
        for request in self._requests.active(customer_id=certificate.customer_id):
            if request["region"] == certificate.region and request["answered_by"] is None:
                answered = request | {"answered_by": certificate.certificate_id}
                self._requests.documents.put(request["id"], answered)
                self._say(answered)

    def _say(self, request: Document) -> None:
        data = EventData(
            tenant=self._service.settings.tenant,
            order_id=request["order_id"],
            customer_id=request["customer_id"],
            detail=f"certificate {request['answered_by']} for {request['region']}",
        )
        self._service.webhooks.publish(
            EventType.CUSTOMER_ANSWERED, data.model_dump(mode="json", exclude_none=True), subject=request["order_id"]
        )
