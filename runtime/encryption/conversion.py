"""How values become payloads: Pydantic's JSON, encrypted where there are keys.

What a stranger sends and cannot be read is refused with a type of its own, so that an update's caller hears a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.common import MetricMeter, RawValue
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.exceptions import ApplicationError

from domain.base import StrictModel
from domain.tasks import Refusal
from runtime.encryption.codec import EncryptionCodec, why_unreadable
from runtime.encryption.keyring import Keyring


class CasePayloadConverter(PydanticPayloadConverter):
    """Pydantic's converter, with a reason of ours for what cannot be read."""

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """See the base class. Raises ApplicationError (INVALID) for an unreadable request of a stranger, and
        UnreadablePayload for a tombstone anywhere else.
        """
        try:
            _no_tombstone(payloads, type_hints)
            values = super().from_payloads(payloads, type_hints)
            _no_null(values, type_hints)
        except Exception as error:
            if type_hints and any(_is_request(hint) for hint in type_hints):
                raise _refused(error) from None
            raise
        return values


class UnreadablePayload(RuntimeError):
    """A value is needed that cannot be decrypted: with the missing key it can."""


def data_converter(
    keyring: Keyring | None,
    namespace: str = "default",
    *,
    accept_plain: bool = True,
    meter: MetricMeter = MetricMeter.noop,
) -> DataConverter:
    """The converter of every client and worker. Without keys nothing is encrypted."""
    if keyring is None:
        return DataConverter(payload_converter_class=CasePayloadConverter)
    return DataConverter(
        payload_converter_class=CasePayloadConverter,
        payload_codec=EncryptionCodec(keyring, namespace, accept_plain=accept_plain, meter=meter),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def _no_tombstone(payloads: Sequence[Payload], type_hints: list[type] | None) -> None:
    hints = type_hints or []
    for place, payload in enumerate(payloads):
        why = why_unreadable(payload)
        if why is not None and not (place < len(hints) and hints[place] is RawValue):
            raise UnreadablePayload(f"a payload cannot be decrypted: {why}")


def _no_null(values: Sequence[Any], type_hints: list[type] | None) -> None:
    """The SDK takes null for a value of any type; a request is none."""
    if any(value is None and _is_request(hint) for value, hint in zip(values, type_hints or (), strict=False)):
        raise ValueError("null")


def _is_request(hint: type) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrictModel)


def _refused(error: Exception) -> ApplicationError:
    why = str(error) if isinstance(error, UnreadablePayload) else "it is not what is expected here"
    return ApplicationError(f"the request cannot be read: {why}", type=Refusal.INVALID.value, non_retryable=True)
