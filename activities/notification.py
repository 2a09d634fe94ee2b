"""Telling people: approvers about their tasks, the customer about the order. Never the same thing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.business_answer import BusinessAnswers
from activities.connectors.communications import ALREADY_SENT, SENT, UNCERTAIN, Communications
from activities.connectors.delivery import Channel, Letter, Recipient
from activities.connectors.http import CallContext
from domain.calls import CustomerNotice, Notice, Sent
from domain.exception_types import IntegrationErrorKind
from domain.policy.people import Person
from domain.policy.policy_set import PolicySet
from domain.policy.wording import Message, TemplateGap, approver_message, customer_message

NOBODY = "NOBODY"


@dataclass(frozen=True)
class Desk:
    """Where approvers work: how they start the CLI, and the Temporal UI."""

    cli_command: str
    ui_url: str

    def link(self, namespace: str, workflow_id: str) -> str:
        """The case in the Temporal UI."""
        return f"{self.ui_url.rstrip('/')}/namespaces/{quote(namespace)}/workflows/{quote(workflow_id, safe='')}"


class NotificationActivities:
    """Every public method is the activity of its name. `channels` are those that are set up, the preferred first;
    without `partners` nobody is answered by EDI.
    """

    def __init__(
        self,
        communications: Communications,
        channels: Sequence[Channel],
        policies: Callable[[], PolicySet],
        desk: Desk,
        partners: BusinessAnswers | None = None,
    ) -> None:
        self._communications = communications
        self._channels = {channel.name: channel for channel in channels}
        self._preferred = channels[0]
        self._policies = policies
        self._desk = desk
        self._partners = partners

    @activity.defn(name="notification.notify_role")
    async def notify_role(self, notice: Notice) -> Sent:
        """Write to everybody who holds the role, or to the people named, each by the channel that `people.csv` says."""
        policy, order_id = self._policies(), notice.case.order_id
        named = [person for person in map(policy.person, notice.people) if person is not None]
        if notice.people and not named:
            return Sent(message_id=notice.message_id, status=NOBODY)
        people = tuple(named) or policy.people_in(notice.role)
        if not people:
            what = f"nobody holds the role {notice.role}: add a person to people.csv"
            raise _unsendable(order_id, what, IntegrationErrorKind.MAPPING)
        link = self._desk.link(activity.info().namespace, notice.case.workflow_id)
        message = _worded(order_id, lambda: approver_message(notice, policy, link, self._desk.cli_command))
        statuses = []
        for channel, group in self._by_channel(people):
            letter = self._letter_to_role(notice, message, channel, group, link)
            statuses.append(await self._send(CallContext.of(notice.case), letter, channel, notice.kind.value))
        return Sent(message_id=notice.message_id, status=_together(statuses))

    @activity.defn(name="notification.tell_customer")
    async def tell_customer(self, notice: CustomerNotice) -> Sent:
        """One message for the whole order, and an 855 if it came by EDI. Neither waits for the other: what failed is
        tried again with the next attempt, and what was sent is not sent twice.
        """
        context = CallContext.of(notice.case)
        ways = (self._write_to_customer(context, notice), self._answer_partner(context, notice))
        status, answered = await asyncio.gather(*ways, return_exceptions=True)
        for failure in (status, answered):
            if isinstance(failure, BaseException):
                raise failure
        return Sent(message_id=notice.message_id, status=str(status))

    async def _answer_partner(self, context: CallContext, notice: CustomerNotice) -> None:
        if self._partners is not None:
            await self._partners.give(context, notice)

    async def _write_to_customer(self, context: CallContext, notice: CustomerNotice) -> str:
        """The contact is read now and forgotten at once."""
        policy = self._policies()
        message = _worded(context.order_id, lambda: customer_message(notice, policy))
        contact = await self._communications.contact(context, notice.customer_id)
        letter = Letter(
            message_id=notice.message_id,
            subject=message.subject,
            text=message.body,
            to=(Recipient(contact.email, contact.name),),
            about={"audience": "CUSTOMER", "order_id": context.order_id, "outcome": notice.outcome},
        )
        return await self._send(context, letter, self._preferred, notice.outcome)

    def _letter_to_role(
        self, notice: Notice, message: Message, channel: Channel, people: Sequence[Person], link: str
    ) -> Letter:
        return Letter(
            message_id=notice.message_id if channel is self._preferred else f"{notice.message_id}.{channel.name}",
            subject=message.subject,
            text=message.body,
            to=tuple(Recipient(person.email) for person in people),
            about={
                "audience": "APPROVER",
                "order_id": notice.case.order_id,
                "task_id": notice.task.task_id,
                "kind": notice.kind.value,
                "role": notice.role,
                "link": link,
            },
        )

    async def _send(self, context: CallContext, letter: Letter, channel: Channel, template: str) -> str:
        description = {
            "audience": letter.about["audience"],
            "channel": channel.name,
            "order_id": context.order_id,
            "template": template.lower(),
        }
        return await self._communications.send_once(
            context, letter.message_id, description, lambda: channel.deliver(letter)
        )

    def _by_channel(self, people: Sequence[Person]) -> list[tuple[Channel, list[Person]]]:
        """The people by their channel; by the preferred one if theirs is not set up."""
        groups: dict[str, list[Person]] = {}
        for person in people:
            name = person.channel if person.channel in self._channels else self._preferred.name
            groups.setdefault(name, []).append(person)
        return [(self._channels[name], group) for name, group in groups.items()]


def _together(statuses: Sequence[str]) -> str:
    if UNCERTAIN in statuses:
        return UNCERTAIN
    return ALREADY_SENT if all(status == ALREADY_SENT for status in statuses) else SENT


def _worded(order_id: str, words: Callable[[], Message]) -> Message:
    try:
        return words()
    except TemplateGap as gap:
        raise _unsendable(order_id, f"{gap}: correct the template", IntegrationErrorKind.VALIDATION) from None


def _unsendable(order_id: str, what: str, kind: IntegrationErrorKind) -> ApplicationError:
    return ApplicationError(f"order {order_id}: {what}", "notifier", None, type=kind.value, non_retryable=True)
