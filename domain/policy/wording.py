"""Messages to people, from templates that the business owns: the subject first, an empty line, then the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from string import Template

from domain.base import Model
from domain.calls import CustomerNotice, Notice
from domain.policy.policy_set import PolicySet
from domain.policy.templates import (
    APPROVER_TEMPLATES,
    CUSTOMER_FOLDER,
    CUSTOMER_TEMPLATES,
    QUESTION_FOLDER,
    QUESTION_MAIL,
    QuestionTemplate,
)
from domain.tasks import ExpiryDefault


class TemplateGap(LookupError):
    """A template wants a value that nobody has, or is not there."""


class Message(Model):
    """What a person gets to read."""

    subject: str
    body: str


class CustomerQuestion(Model):
    """What a customer is asked, in the business's words. `labels` says what each choice means."""

    subject: str
    text: str
    labels: dict[str, str]


def approver_message(notice: Notice, policy: PolicySet, link: str, cli: str = "python approver.py") -> Message:
    """The message about a task. `link` leads to it; opening it decides nothing. `cli` starts the approvers' CLI."""
    task = notice.task
    values = {
        "order_id": notice.case.order_id,
        "task_id": task.task_id,
        "role": policy.role_title(notice.role),
        "headline": notice.headline,
        "question": task.question,
        "amount": str(task.amount),
        "choices": ", ".join(task.choices),
        "recommended": task.recommended or "nothing",
        "expires_at": task.deadlines.expires_at.strftime("%Y-%m-%d %H:%M %Z"),
        "at_expiry": at_expiry(task.deadlines.at_expiry, policy),
        "command": f"{cli} show {notice.case.order_id}",
        "link": link,
    }
    return compose(policy, APPROVER_TEMPLATES[notice.kind], values)


def at_expiry(default: ExpiryDefault, policy: PolicySet) -> str:
    """What silence leads to, in words."""
    asked = f"the {policy.role_title(default.ask_role)} is asked"
    if default.option is None:
        return asked
    if default.max_amount is None:
        return f"{default.option} is carried out"
    return f"{default.option} is carried out up to {default.max_amount}; above it {asked}"


def customer_message(notice: CustomerNotice, policy: PolicySet) -> Message:
    """The one message about an order: the frame of its outcome around the paragraphs of what was resolved."""
    paragraphs = [
        fill(policy, f"{CUSTOMER_FOLDER}{message.template}.txt", message.values) for message in notice.messages
    ]
    values = {
        "po_number": notice.po_number,
        "order_id": notice.case.order_id,
        "paragraphs": "\n\n".join(dict.fromkeys(paragraph.strip() for paragraph in paragraphs)),
    }
    return compose(policy, CUSTOMER_TEMPLATES[notice.outcome], values)


def customer_question(
    policy: PolicySet, code: str, choices: Sequence[str], values: Mapping[str, str]
) -> CustomerQuestion:
    """The question of that code with the labels of `choices`, in their order. TemplateGap if something is missing."""
    file = f"{QUESTION_FOLDER}{code}.txt"
    template = QuestionTemplate.of(_text(policy, file))
    for choice in choices:
        if choice not in template.labels:
            raise TemplateGap(f"{file} has no label for the choice {choice}")
    return CustomerQuestion(
        subject=" ".join(_filled(file, template.subject, values).split()),
        text=_filled(file, template.text, values),
        labels={choice: _filled(file, template.labels[choice], values) for choice in choices},
    )


def question_mail(
    policy: PolicySet, question: CustomerQuestion, link: str, answer_by: datetime, values: Mapping[str, str]
) -> Message:
    """The mail that asks. Its link leads to a page with the choices; opening it answers nothing."""
    about = {
        "subject": question.subject,
        "question": question.text,
        "choices": "\n".join(f"- {label}" for label in question.labels.values()),
        "answer_by": instant_in_words(answer_by),
        "link": link,
    }
    return compose(policy, QUESTION_MAIL, {**values, **about})


def instant_in_words(instant: datetime) -> str:
    """An instant as customers read it: Monday 2 March 2026, 18:00 UTC."""
    utc = instant.astimezone(UTC)
    return f"{utc:%A} {utc.day} {utc:%B %Y, %H:%M} UTC"


def compose(policy: PolicySet, template: str, values: Mapping[str, str]) -> Message:
    """The filled template: its first line is the subject, whatever a value contains."""
    subject, _, body = _text(policy, template).lstrip().partition("\n")
    return Message(
        subject=" ".join(_filled(template, subject, values).split()),
        body=_filled(template, body, values).strip() + "\n",
    )


def fill(policy: PolicySet, template: str, values: Mapping[str, str]) -> str:
    """The template with its values in place. TemplateGap if it, or one of its values, is missing."""
    return _filled(template, _text(policy, template), values)


def _text(policy: PolicySet, template: str) -> str:
    if template not in policy.templates:
        raise TemplateGap(f"there is no {template} among the policies")
    return policy.templates[template]


def _filled(template: str, text: str, values: Mapping[str, str]) -> str:
    try:
        return Template(text).substitute(values)
    except KeyError as missing:
        raise TemplateGap(f"{template} wants ${{{missing.args[0]}}}, which nobody gave") from missing
