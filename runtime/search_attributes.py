"""Registering the search attributes that cases are found by."""

from __future__ import annotations

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows.search_attributes import ALL

_NOT_LISTED_HERE = (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED)
_NOT_ADDED_BY_US = (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.INVALID_ARGUMENT)


class SearchAttributesMissing(RuntimeError):
    """The namespace lacks attributes and we may not add them; the message says which, for whoever may."""


async def ensure_search_attributes(client: Client) -> tuple[str, ...]:
    """Register what the namespace lacks, and say what that was. Doing it again does nothing.

    Raises SearchAttributesMissing if we may not, or an attribute has another type.
    """
    wanted = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in ALL}
    known = await _known(client)
    wrong = sorted(name for name, kind in wanted.items() if known.get(name, kind) != kind)
    if wrong:
        raise SearchAttributesMissing(f"these search attributes exist with another type: {', '.join(wrong)}")
    lacking = {name: kind for name, kind in wanted.items() if name not in known}
    if lacking:
        await _add(client, lacking)
    return tuple(lacking)


async def _known(client: Client) -> dict[str, IndexedValueType.ValueType]:
    """What the namespace has; nothing if the server does not tell."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    try:
        answer = await client.operator_service.list_search_attributes(request, retry=True)
    except RPCError as error:
        if error.status in _NOT_LISTED_HERE:
            return {}
        raise
    return {**answer.custom_attributes, **answer.system_attributes}


async def _add(client: Client, lacking: dict[str, IndexedValueType.ValueType]) -> None:
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=lacking)
    try:
        await client.operator_service.add_search_attributes(request, retry=True)
    except RPCError as error:
        if error.status is RPCStatusCode.ALREADY_EXISTS:
            return
        if error.status not in _NOT_ADDED_BY_US:
            raise
        names = ", ".join(f"{name} ({IndexedValueType.Name(kind)[19:]})" for name, kind in lacking.items())
        raise SearchAttributesMissing(
            f"namespace {client.namespace} lacks search attributes and they cannot be added from here "
            f"({error.message}): have these registered: {names}"
        ) from error
