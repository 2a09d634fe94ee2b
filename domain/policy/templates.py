"""Templates of messages: which there must be, and which values each may use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    "ORDER_COVERED": f"{CUSTOMER_FOLDER}order_covered.txt",
}
"""The frame of the message to a customer, by the outcome of the case."""
CUSTOMER_FIELDS: tuple[str, ...] = ("po_number", "order_id", "paragraphs")

QUESTION_FOLDER = f"{FOLDER}customer_questions/"
"""The questions that customers are asked: a file for each, named by the question's code."""
QUESTION_MAIL = f"{CUSTOMER_FOLDER}question.txt"
"""The frame of the mail that asks."""
QUESTION_MAIL_FIELDS: tuple[str, ...] = ("po_number", "order_id", "subject", "question", "choices", "answer_by", "link")

_LABEL = re.compile(r"([A-Z][A-Z0-9_]*): +(\S.*)")
_FEWEST_CHOICES = 2


@dataclass(frozen=True)
class QuestionTemplate:
    """A question to a customer, not filled yet: `labels` is what each choice says on its button."""

    subject: str
    text: str
    labels: Mapping[str, str]

    @classmethod
    def of(cls, template: str) -> QuestionTemplate:
        """The parts of a template: subject, text, and at its end one line `CHOICE: label` for each choice.

        ValueError says which part is missing.
        """
        subject, _, rest = template.strip().partition("\n")
        text, _, block = rest.strip().rpartition("\n\n")
        found = [_LABEL.fullmatch(line.strip()) for line in block.splitlines()]
        labels = {match[1]: match[2] for match in found if match}
        if not text.strip() or len(labels) != len(found) or len(labels) < _FEWEST_CHOICES:
            raise ValueError(
                "needs a subject, an empty line, the text, an empty line, and a line like `AGREE: Yes, please` "
                "for each of two or more choices"
            )
        return cls(subject=subject.strip(), text=text.strip(), labels=labels)


def problems(templates: Mapping[str, str]) -> Iterator[Problem]:
    """Templates that are missing, that cannot be filled, or that want a value which nobody gives."""
    wanted = dict.fromkeys(APPROVER_TEMPLATES.values(), APPROVER_FIELDS)
    wanted |= dict.fromkeys(CUSTOMER_TEMPLATES.values(), CUSTOMER_FIELDS)
    wanted[QUESTION_MAIL] = QUESTION_MAIL_FIELDS
    for file in sorted(wanted.keys() - templates.keys()):
        yield Problem(file=file, message="is missing")
    for file, text in templates.items():
        if not text.strip():
            yield Problem(file=file, message="is empty")
        for number, line in enumerate(text.splitlines(), 1):
            yield from _line(file, number, Template(line), wanted.get(file))
        if text.strip() and file.startswith(QUESTION_FOLDER):
            yield from _question(file, text)


def _question(file: str, text: str) -> Iterator[Problem]:
    try:
        QuestionTemplate.of(text)
    except ValueError as error:
        yield Problem(file=file, message=str(error))


def _line(file: str, number: int, line: Template, fields: tuple[str, ...] | None) -> Iterator[Problem]:
    if not line.is_valid():
        yield Problem(file=file, row=number, message="has a $ that begins no ${name}: write $$ for the sign itself")
    if fields is None:
        return
    for name in line.get_identifiers() if line.is_valid() else ():
        if name not in fields:
            message = f"nobody gives ${{{name}}}: use {', '.join(fields)}"
            yield Problem(file=file, row=number, message=message)
