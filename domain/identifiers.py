"""Names of things: workflow ids, idempotency keys, and which order ids are let in."""

from __future__ import annotations

import re

from domain.base import digest
from domain.money import NO_CURRENCY

WORKFLOW_TYPE = "OrderException"
CAUSE_TYPE = "RootCause"
WATCH_TYPE = "HoldWatch"
"""No case: it looks at an ERP that sends no events."""
CASE_TYPES = (WORKFLOW_TYPE, CAUSE_TYPE)
"""Both have tasks and the same queries and updates; as Python writes it, a list for a visibility filter."""
CASE_PREFIX = "order-exception/"
CAUSE_PREFIX = "root-cause/"
WATCH = "hold-watch"
"""The schedule, and with a slash the beginning of its runs' ids."""
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)


class InvalidIdentifier(ValueError):
    """An id that could be mistaken for something else in a filter, a path or a terminal."""


def checked_key(value: str, what: str = "order id") -> str:
    """`value` itself, if it may enter workflow ids and visibility filters.

    Raises InvalidIdentifier otherwise: quotes, spaces, control characters and non-ASCII letters never get in.
    """
    if not _KEY.fullmatch(value):
        shown = ascii(value[:40])
        raise InvalidIdentifier(
            f"{what} {shown} is not acceptable: "
            "use 1 to 128 letters, digits and . _ : -, starting with a letter or digit"
        )
    return value


def workflow_id(tenant: str, order_id: str) -> str:
    """The one workflow of an order."""
    return f"{CASE_PREFIX}{checked_key(tenant, 'tenant')}/{checked_key(order_id)}"


def cause_id(key: str, currency: str) -> str:
    """What a root cause is called where an order has its id. Amounts of two currencies are never added up; a cause
    about which no money is committed has no currency in its name.
    """
    name = key.replace("/", ":")
    return checked_key(name if currency == NO_CURRENCY else f"{name}:{currency}", "cause")


def cause_workflow_id(tenant: str, cause: str) -> str:
    """The one workflow of a root cause."""
    return f"{CAUSE_PREFIX}{checked_key(tenant, 'tenant')}/{checked_key(cause, 'cause')}"


def idempotency_key(workflow: str, decision_digest: str, step_id: str) -> str:
    """The key under which a step's effect is known to the system it writes to.

    Made of what the step means, never of a run id or an attempt: a reset, a retry or another worker makes the same key.
    """
    return "hf-" + digest(workflow, decision_digest, step_id)[:40]
