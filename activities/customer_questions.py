"""Asking customers: a question is registered in the CRM, which keeps the answer, and mailed once with a signed link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pydantic import AwareDatetime, JsonValue, ValidationError
from temporalio import activity

from activities.connectors.communications import Communications
from activities.connectors.delivery import Channel, Letter, Recipient
from activities.connectors.effects import Write
from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.links import CustomerLinks, Target
from activities.connectors.steps import Steps
from domain.base import Model
from domain.calls import StepCall, StepResult, UndoCall
from domain.exception_types import IntegrationErrorKind
from domain.policy.policy_set import PolicySet
from domain.policy.wording import (
    CustomerQuestion,
    Message,
    TemplateGap,
    customer_question,
    instant_in_words,
    question_mail,
)

_COLLECTION = "consent-requests"


class Asking(Model):
    """The arguments of the step; see `domain.playbooks.consent`."""

    order_id: str
    customer_id: str
    question: str
    about: str = ""
    choices: tuple[str, ...]
    answer_by: AwareDatetime
    values: dict[str, str] = {}

    @property
    def known(self) -> dict[str, str]:
        """What every wording may use, besides the playbook's own values."""
        by = instant_in_words(self.answer_by)
        return {"po_number": self.order_id, **self.values, "order_id": self.order_id, "answer_by": by}


class CustomerQuestionActivities:
    """Every public method is the activity of its name. Without `links` nobody can be asked, and the steps say so."""

    def __init__(
        self, client: SystemClient, channel: Channel, policies: Callable[[], PolicySet], links: CustomerLinks | None
    ) -> None:
        self._steps = Steps(client)
        self._communications = Communications(client)
        self._channel = channel
        self._policies = policies
        self._links = links

    @activity.defn(name="crm.ask_customer")
    async def ask_customer(self, call: StepCall) -> StepResult:
        """Register the question under the step's key, and mail it. The contact is read now and forgotten at once."""
        context = CallContext.of(call.case)
        if self._links is None:
            what = (
                "has no pages for customers to answer on: set door.public_url and door.link_secret for worker and door"
            )
            raise _refusal(context, IntegrationErrorKind.VALIDATION, what)
        asking = _asking(context, call.arguments)
        if asking.answer_by <= datetime.now(UTC):
            raise _refusal(context, IntegrationErrorKind.CONFLICT, "is not asked: the time to answer is over already")
        question = self._worded(context, asking)
        registered = await self._steps.write(call, _write(call, asking, question))
        target = Target(
            tenant=call.case.tenant,
            order_id=call.case.order_id,
            request_id=registered.resource_id,
            expires_at=asking.answer_by,
        )
        mail = question_mail(self._policies(), question, self._links.link(target), asking.answer_by, asking.known)
        status = await self._send(context, f"{call.idempotency_key}-mail", asking, mail)
        return registered.model_copy(update={"detail": {**registered.detail, "mail": status}})

    @activity.defn(name="crm.withdraw_question")
    async def withdraw_question(self, call: UndoCall) -> StepResult:
        """Close the question: the customer's page says that it is settled. What was answered already stays answered."""
        return await self._steps.undo(_COLLECTION, call)

    def _worded(self, context: CallContext, asking: Asking) -> CustomerQuestion:
        try:
            return customer_question(self._policies(), asking.question, asking.choices, asking.known)
        except TemplateGap as gap:
            raise _refusal(context, IntegrationErrorKind.VALIDATION, f"is not asked: {gap}") from None

    async def _send(self, context: CallContext, message_id: str, asking: Asking, mail: Message) -> str:
        contact = await self._communications.contact(context, asking.customer_id)
        letter = Letter(
            message_id=message_id,
            subject=mail.subject,
            text=mail.body,
            to=(Recipient(contact.email, contact.name),),
            about={"audience": "CUSTOMER", "order_id": context.order_id, "question": asking.question},
        )
        description: Mapping[str, JsonValue] = {
            "audience": "CUSTOMER",
            "channel": self._channel.name,
            "order_id": context.order_id,
            "template": asking.question,
        }
        return await self._communications.send_once(
            context, message_id, description, lambda: self._channel.deliver(letter)
        )


def _asking(context: CallContext, arguments: Mapping[str, JsonValue]) -> Asking:
    try:
        return Asking.model_validate(arguments)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, found["loc"])) for found in error.errors(include_input=False))
        what = f"is not asked: the step's arguments do not fit ({wrong})"
        raise _refusal(context, IntegrationErrorKind.VALIDATION, what) from None


def _write(call: StepCall, asking: Asking, question: CustomerQuestion) -> Write:
    """The question as the customer reads it: what an answer means is known by what was asked."""
    choices: list[JsonValue] = [{"choice": choice, "label": label} for choice, label in question.labels.items()]
    body: dict[str, JsonValue] = {
        "order_id": asking.order_id,
        "customer_id": asking.customer_id,
        "po_number": asking.known["po_number"],
        "question": asking.question,
        "about": asking.about,
        "subject": question.subject,
        "text": question.text,
        "choices": choices,
        "answer_by": asking.answer_by.isoformat(),
        "values": {**asking.values},
    }
    return Write.into(_COLLECTION, call.idempotency_key, body)


def _refusal(context: CallContext, kind: IntegrationErrorKind, what: str) -> SystemCallFailed:
    return SystemCallFailed(
        system="the customer", operation=context.operation, order_id=context.order_id, kind=kind, what=what
    )
