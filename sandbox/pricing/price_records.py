"""Price records: what the ERP sells by, version by version, corrected and restored."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse

from sandbox.kernel import Cancellation, Document, Documents, Page, Paging, Problem, Records, Service, WriteRequest
from sandbox.kernel.etags import etag, require_match
from sandbox.pricing.records import CorrectionBody, KeptRecord


class PriceRecords:
    """All price records. Every change makes a version, and no version is ever lost."""

    def __init__(self, service: Service) -> None:
        self._versions = Documents(service.store, "price_record_versions", ("record_id",))
        self._records = Records(
            service, "price-records", KeptRecord, ("record_id",), indexed=("item",), on_put=self._remember
        )
        service.collection("price-corrections", CorrectionBody, "prc", on_create=self._correct, on_cancel=self._restore)
        self._mount(service)

    def selling(self, customer_id: str, item: str) -> KeptRecord | None:
        """The record by which a customer is sold an item: an own one, or the list's."""
        of_item = [record for record in self._records.all(item=item) if record.customer_id in (None, customer_id)]
        return max(of_item, key=lambda record: record.customer_id is not None, default=None)

    def _correct(self, write: WriteRequest, body: CorrectionBody, _: str) -> Document:
        record = self._of(body.record_id)
        require_match(write.if_match, record.version)
        corrected = self._change(record, prices=body.prices, basis=body.basis)
        return {"before": record.model_dump(mode="json"), "version": corrected.version}

    def _restore(self, _: WriteRequest, correction: Document, cancellation: Cancellation) -> Document:
        """The version before, as a new one. What somebody else has changed since is left alone: Problem 409."""
        record, before = self._of(correction["record_id"]), KeptRecord.model_validate(correction["before"])
        if record.version != correction["version"]:
            what = f"price record {record.record_id} is at version {record.version}, not {correction['version']}"
            raise Problem(409, "record_changed", f"{what}: somebody has changed it since, look at it together")
        basis = f"version {before.version} again: {cancellation.reason}" if cancellation.reason else before.basis
        return {"restored_as": self._change(record, prices=before.prices, basis=basis).version}

    def _change(self, record: KeptRecord, **changes: Any) -> KeptRecord:
        changed = record.model_copy(update={**changes, "version": record.version + 1})
        self._remember(record)
        self._records.put(changed)
        self._remember(changed)
        return changed

    def _remember(self, record: KeptRecord) -> None:
        document = record.model_dump(mode="json")
        self._versions.put(f"{record.record_id}/{record.version}", document)

    def _of(self, record_id: str) -> KeptRecord:
        record = self._records.get(record_id)
        if record is None:
            raise Problem(404, "unknown_record", f"there is no price record {record_id}")
        return record

    def _mount(self, service: Service) -> None:
        @service.v1.get("/price-records/{record_id}", response_model=KeptRecord, tags=["price-records"])
        async def show(record_id: str) -> JSONResponse:
            """The present version; its ETag is what a correction has to match."""
            record = self._of(record_id)
            return JSONResponse(record.model_dump(mode="json"), headers={"ETag": etag(record.version)})

        @service.v1.get("/price-records/{record_id}/versions", tags=["price-records"])
        async def versions(record_id: str, paging: Paging) -> Page:
            """Every version of which something is known, the oldest first."""
            self._remember(self._of(record_id))
            return paging.read(self._versions, record_id=record_id)
