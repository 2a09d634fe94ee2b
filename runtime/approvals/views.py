"""One case as an approver reads it, on paper or by program: the stable shape behind `show`."""

from __future__ import annotations

from datetime import datetime

from domain.approvals.records import Approval, Enquiry, Level
from domain.assessment import Parameter, RuleHit
from domain.base import Model
from domain.case import AuditEntry
from domain.facts.fact import Fact
from domain.money import Money
from domain.tasks import Comment, Deadlines, Decision


class OptionView(Model):
    """One way to resolve a hold: what it costs, what comes of it, and what would be written where."""

    code: str
    title: str
    reason: str
    cost: Money
    amount: Money
    role: str | None
    recommended: bool
    disposition: str
    customer_effect: str
    steps: tuple[str, ...]
    waits_until: datetime | None
    parameters: tuple[Parameter, ...]


class HoldView(Model):
    """One hold: what is known about it, what could be done, and what policy recommends."""

    hold_id: str
    exception_type: str
    code: str
    hold_class: str
    source: str
    reason: str
    owning_team: str
    rework_of: str | None
    opened_at: datetime
    resolved_at: datetime | None
    facts: tuple[Fact, ...]
    findings: dict[str, str]
    options: tuple[OptionView, ...]
    recommended: str | None
    recommendation: str | None
    rules: tuple[RuleHit, ...]
    policy_version: str | None
    waiting_until: datetime | None
    waiting_for: str | None
    common_cause: str | None
    """The case of the cause whose common answer is waited for."""
    decision: Decision | None


class TaskView(Model):
    """A question: who is awaited, until when, what happens if nobody answers, and how to answer."""

    task_id: str
    revision: int
    kind: str
    state: str
    is_open: bool
    hold_id: str | None
    system: str | None
    question: str
    role: str
    owner: str | None
    owner_for: str | None
    levels: tuple[Level, ...]
    """The chain of approvals; empty if one person decides."""
    approvals: tuple[Approval, ...]
    adjusters: tuple[str, ...]
    enquiries: tuple[Enquiry, ...]
    is_paused: bool
    due_at: datetime
    put_off: bool
    amount: Money
    choices: tuple[str, ...]
    recommended: str | None
    opened_at: datetime
    deadlines: Deadlines
    at_expiry: str
    comments: tuple[Comment, ...]
    decision: Decision | None
    commands: tuple[str, ...]


class MemberView(Model):
    """One order that a root cause holds."""

    order_id: str
    hold_id: str
    amount: Money
    order_value: Money


class OutageView(Model):
    """A system that is being called again: since when, how often it was tried, and when it is tried next."""

    system: str
    activity: str
    kind: str
    message: str
    since: datetime | None
    attempt: int
    next_try_at: datetime | None


class CaseView(Model):
    """Everything about one held order that its approver wants to see. `read_at` is the moment that ages count from."""

    order_id: str
    tenant: str
    workflow_id: str
    run_id: str
    link: str
    read_at: datetime
    state: str
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None
    customer_id: str | None
    po_number: str | None
    service_level: str | None
    order_value: Money | None
    jeopardy: str | None
    holds: tuple[HoldView, ...]
    tasks: tuple[TaskView, ...]
    outages: tuple[OutageView, ...]
    cause: str | None
    """What holds them, if the case is about a cause and not about an order."""
    fix: OptionView | None
    """What mends it, as it was judged for the first of the orders."""
    members: tuple[MemberView, ...]
    audit: tuple[AuditEntry, ...]
    audit_dropped: int
