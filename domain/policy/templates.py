"""Templates of messages: which there must be, and which values each may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Template

from domain.calls import NoticeKind
from domain.policy.problem import Problem

FOLDER = "templates/"
CUSTOMER_FOLDER = f"{FOLDER}customer/"

APPROVER_TEMPLATES: Mapping[NoticeKind, str] = {
    kind: f"{FOLDER}approver/{kind.value.lower()}.txt" for kind in NoticeKind
}
APPROVER_FIELDS: tuple[str, ...] = (
    "order_id",
    "task_id",
    "role",
    "headline",
    "question",
    "amount",
    "choices",
    "recommended",
    "expires_at",
    "at_expiry",
    "command",
    "link",
)
CUSTOMER_TEMPLATES: Mapping[str, str] = {
    "RELEASED": f"{CUSTOMER_FOLDER}order_released.txt",
    "ORDER_CANCELLED": f"{CUSTOMER_FOLDER}order_cancelled.txt",
}
"""The frame of the message to a customer, by the outcome of the case."""
CUSTOMER_FIELDS: tuple[str, ...] = ("po_number", "order_id", "paragraphs")


def problems(templates: Mapping[str, str]) -> Iterator[Problem]:
    """Templates that are missing, that cannot be filled, or that want a value which nobody gives."""
    wanted = dict.fromkeys(APPROVER_TEMPLATES.values(), APPROVER_FIELDS)
    wanted |= dict.fromkeys(CUSTOMER_TEMPLATES.values(), CUSTOMER_FIELDS)
    for file in sorted(wanted.keys() - templates.keys()):
        yield Problem(file=file, message="is missing")
    for file, text in templates.items():
        if not text.strip():
            yield Problem(file=file, message="is empty")
        for number, line in enumerate(text.splitlines(), 1):
            yield from _line(file, number, Template(line), wanted.get(file))


def _line(file: str, number: int, line: Template, fields: tuple[str, ...] | None) -> Iterator[Problem]:
    if not line.is_valid():
        yield Problem(file=file, row=number, message="has a $ that begins no ${name}: write $$ for the sign itself")
    if fields is None:
        return
    for name in line.get_identifiers() if line.is_valid() else ():
        if name not in fields:
            message = f"nobody gives ${{{name}}}: use {', '.join(fields)}"
            yield Problem(file=file, row=number, message=message)
