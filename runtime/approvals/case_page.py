"""`show`: one case on a page, in the order in which an approver asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue
from rich.console import Console
from rich.text import Text

from domain.approvals.acts import in_words
from domain.approvals.records import Enquiry
from domain.facts.fact import Fact
from domain.tasks import Decision
from runtime.approvals.rendering import indented, line, plain_table
from runtime.approvals.terminal_text import instant, span, time_left
from runtime.approvals.views import CaseView, HoldView, OptionView, OutageView, TaskView

_EVENTS_SHOWN = 12
_FIGURES_SHOWN = 6
_MEMBERS_SHOWN = 20
_VERSION_SHOWN = 8


def print_case(out: Console, case: CaseView, *, full: bool = False) -> None:
    """The case. `full` adds every fact's figures, every step of every option and the whole history."""
    _head(out, case)
    for outage in case.outages:
        _outage(out, outage, case.read_at)
    _members(out, case, full=full)
    if case.fix is not None:
        _title(out, ("FIX", "bold"), ", as it was judged for the first of them")
        _option(out, case.fix, full=True)
    for hold in case.holds:
        _hold(out, hold, case.read_at, full=full)
    for task in case.tasks if full else [task for task in case.tasks if task.is_open]:
        _task(out, task, case.read_at)
    _history(out, case, full=full)
    _next(out, case)


def _title(out: Console, *parts: str | tuple[str, str]) -> None:
    out.print()
    out.print(line(*parts))


def _head(out: Console, case: CaseView) -> None:
    ended = f" {case.outcome}" if case.outcome else ""
    out.print(
        line(
            ("Cause " if case.cause else "Order ", "bold"),
            (case.order_id, "bold"),
            "  ",
            (f"{case.state}{ended}", "bold cyan"),
        )
    )
    about = [f"customer {case.customer_id}", f"PO {case.po_number}", f"{case.order_value}", f"{case.service_level}"]
    if case.cause:
        count = f"{len(case.members)} order{'' if len(case.members) == 1 else 's'}"
        out.print(line(f"{case.cause}: {count}, {case.order_value or 'nothing'} together"))
    if case.customer_id:
        out.print(line(", ".join(about) + (f", jeopardy {case.jeopardy}" if case.jeopardy else "")))
    until = f", closed {instant(case.closed_at)}" if case.closed_at else f" ({span(case.read_at - case.opened_at)})"
    out.print(line(f"Case {case.workflow_id}, opened {instant(case.opened_at)}{until}"))
    out.print(line(case.link), soft_wrap=True)


def _members(out: Console, case: CaseView, *, full: bool) -> None:
    """The orders that wait for the answer."""
    if not case.members:
        return
    table = plain_table("ORDER", "HOLD", "DECIDED ABOUT", "WORTH")
    shown = case.members if full else case.members[:_MEMBERS_SHOWN]
    for member in shown:
        table.add_row(*map(line, (member.order_id, member.hold_id, str(member.amount), str(member.order_value))))
    _title(out, ("ORDERS", "bold"))
    out.print(indented(table))
    if len(shown) < len(case.members):
        out.print(indented(line(f"and {len(case.members) - len(shown)} more with --full")))


def _outage(out: Console, outage: OutageView, now: datetime) -> None:
    since = f" since {instant(outage.since)} ({span(now - outage.since)})" if outage.since else ""
    _title(out, ("RETRYING ", "bold red"), (outage.system, "bold"), f": cannot be reached{since}")
    tries = f"{outage.activity}, {outage.attempt} attempt{'' if outage.attempt == 1 else 's'} failed"
    if outage.next_try_at is None:
        following = "; another is under way"
    elif outage.next_try_at > now:
        following = f"; next try in {span(outage.next_try_at - now)}"
    else:
        following = "; next try now"
    out.print(indented(line(tries + following)))
    out.print(indented(line(f"{outage.kind}: {outage.message}")))


def _hold(out: Console, hold: HoldView, now: datetime, *, full: bool) -> None:
    _title(out, ("HOLD ", "bold"), (hold.hold_id, "bold"), f"  {hold.exception_type} ({hold.owning_team})")
    hard = ", only a person may release it" if hold.hold_class == "HARD" else ""
    reason = f": {hold.reason}" if hold.reason else ""
    out.print(indented(line(f"{hold.code}, {hold.hold_class}{hard}, from {hold.source}{reason}")))
    if hold.rework_of:
        out.print(
            indented(line(("Rework", "bold yellow"), f": the order was held for the same before ({hold.rework_of})"))
        )
    if hold.waiting_until:
        waiting = f"Waiting until {instant(hold.waiting_until)}: {hold.waiting_for}"
        out.print(indented(line(waiting)))
    if hold.common_cause:
        out.print(indented(line(f"One of several: the question is put once, see approver.py show {hold.common_cause}")))
    if hold.resolved_at and not hold.decision:
        out.print(indented(line(f"Gone by itself {instant(hold.resolved_at)}")))
    _facts(out, hold, now, full=full)
    _findings(out, hold)
    _options(out, hold, full=full)
    if hold.recommended:
        out.print(indented(line("Recommended ", (hold.recommended, "bold green"), f": {hold.recommendation}")))
    for hit in hold.rules:
        out.print(indented(line(f"by policy {hit.table}, row {hit.row}: {hit.rule}"), 4))
    if hold.decision:
        out.print(indented(line(("Decided: ", "bold"), _decided(hold.decision))))


def _facts(out: Console, hold: HoldView, now: datetime, *, full: bool) -> None:
    if not hold.facts:
        return
    table = plain_table("FACT", "SOURCE", "AGE", "SAYS")
    for fact in hold.facts:
        version = fact.version if full else fact.version[:_VERSION_SHOWN]
        source = f"{fact.entered_by}, by hand" if fact.entered_by else f"{fact.system} version {version}"
        table.add_row(line(fact.name), line(source), line(span(now - fact.read_at)), _says(fact, full=full))
    out.print(indented(table))


def _says(fact: Fact, *, full: bool) -> Text:
    if fact.value is None:
        return line(("could not be reached", "red"))
    figures = _figures({name: part for name, part in fact.value.items() if name != "version"})
    shown = figures if full else figures[:_FIGURES_SHOWN]
    rest = f", {len(figures) - len(shown)} more" if len(figures) > len(shown) else ""
    return line(", ".join(shown) + rest)


def _figures(value: Mapping[str, JsonValue], prefix: str = "") -> list[str]:
    """`value` in words, its parts one by one; lists as their length, because their items are in the JSON."""
    said: list[str] = []
    for name, part in value.items():
        if isinstance(part, Mapping):
            said += _figures(part, f"{prefix}{name}.")
        elif isinstance(part, list):
            said.append(f"{prefix}{name} {len(part)} item{'' if len(part) == 1 else 's'}")
        elif part is not None:
            said.append(f"{prefix}{name} {part}")
    return said


def _findings(out: Console, hold: HoldView) -> None:
    if hold.findings:
        table = plain_table("FIGURE", "")
        for name, value in hold.findings.items():
            table.add_row(line(name), line(value))
        out.print()
        out.print(indented(table))


def _options(out: Console, hold: HoldView, *, full: bool) -> None:
    if not hold.options:
        return
    out.print()
    out.print(indented(line(("Options", "bold"), ", best first")))
    for option in hold.options:
        _option(out, option, full=full)


def _option(out: Console, option: OptionView, *, full: bool) -> None:
    mark = ("* ", "bold green") if option.recommended else ("  ", "")
    out.print(indented(line(mark, (option.code, "bold"), f"  {option.title}")))
    needs = f", needs {option.role} for {option.amount}" if option.role else ""
    out.print(indented(line(f"Cost {option.cost}{needs}"), 6))
    out.print(indented(line(option.reason), 6))
    out.print(indented(line(f"Customer: {option.customer_effect}"), 6))
    if option.disposition != "RELEASE":
        out.print(indented(line(f"Afterwards: {_DISPOSITIONS.get(option.disposition, option.disposition)}"), 6))
    if option.waits_until:
        out.print(indented(line(f"Waits until {instant(option.waits_until)}"), 6))
    for parameter in option.parameters:
        limits = " to ".join(limit for limit in (parameter.minimum, parameter.maximum) if limit)
        bounds = f" ({limits})" if limits else ""
        out.print(indented(line(f"Adjust {parameter.name}={parameter.value}{bounds}: {parameter.meaning}"), 6))
    for number, step in enumerate(option.steps if full else (), start=1):
        out.print(indented(line(f"{number}. {step}"), 6))


_DISPOSITIONS = {
    "CANCEL_ORDER": "the order is cancelled",
    "REASSESS": "the facts are read and judged again",
}


def _task(out: Console, task: TaskView, now: datetime) -> None:
    about = f" for hold {task.hold_id}" if task.hold_id else ""
    _title(out, ("TASK ", "bold"), (task.task_id, "bold"), f" revision {task.revision}  {task.state}{about}")
    out.print(indented(line(task.question)))
    owner = f", claimed by {in_words(task.owner, task.owner_for)}" if task.owner else ""
    if task.is_open:
        out.print(indented(line("Awaits ", (task.role, "bold"), f" for {task.amount}{owner}")))
        _chain(out, task)
        _deadlines(out, task, now)
    for approval in task.approvals:
        who = in_words(approval.subject, approval.on_behalf_of)
        out.print(indented(line(("Approved: ", "bold"), f"{approval.option} by {who} as {approval.stands_for}")))
    if task.decision:
        out.print(indented(line(("Decided: ", "bold"), _decided(task.decision))))
    for enquiry in task.enquiries:
        _enquiry(out, enquiry)
    for comment in task.comments:
        out.print(indented(line(f"{instant(comment.at)} {comment.actor}: {comment.text}")))
        for document in comment.attachments:
            out.print(indented(line(f"{document.link} sha256 {document.sha256}"), 6))


def _chain(out: Console, task: TaskView) -> None:
    """Whose approvals it takes, one after the other."""
    if not task.levels:
        return
    seats = [f"{level.role} (two or more: {level.quorum})" if level.quorum > 1 else level.role for level in task.levels]
    out.print(indented(line(f"Takes {', then '.join(seats)}; one person fills one level")))


def _enquiry(out: Console, enquiry: Enquiry) -> None:
    asked = f"{instant(enquiry.asked_at)} {enquiry.asked_by} asked {enquiry.of or 'the requester'}: {enquiry.text}"
    out.print(indented(line(asked)))
    if enquiry.answered_by:
        out.print(indented(line(f"{enquiry.answered_by}: {enquiry.answer}"), 6))
    elif enquiry.ended_at:
        out.print(indented(line("nobody answered in time"), 6))


def _deadlines(out: Console, task: TaskView, now: datetime) -> None:
    if task.is_paused:
        out.print(indented(line(f"The clock stands still, at the latest until {instant(task.due_at)}")))
        return
    expiry = task.deadlines.expires_at
    left = (time_left(expiry, now), "bold red" if expiry < now else "bold")
    out.print(indented(line(f"Answer by {instant(expiry)}, ", left)))
    for escalation in task.deadlines.escalations:
        if escalation.at > now:
            out.print(indented(line(f"From {instant(escalation.at)} on {escalation.role} is awaited")))
    out.print(indented(line(f"If nobody answers: {task.at_expiry}")))
    if task.deadlines.at_rejection in task.choices:
        out.print(indented(line(f"If rejected: {task.deadlines.at_rejection}")))


def _decided(decision: Decision) -> str:
    role = f" ({decision.role})" if decision.role else ""
    reason = f", reason {decision.reason_code}" if decision.reason_code else ""
    comment = f", {decision.comment}" if decision.comment else ""
    who = in_words(decision.decided_by, decision.on_behalf_of)
    by = f"{decision.option} by {who}{role} {instant(decision.decided_at)}"
    return f"{decision.outcome}: {by}{reason}{comment}"


def _history(out: Console, case: CaseView, *, full: bool) -> None:
    entries = case.audit if full else case.audit[-_EVENTS_SHOWN:]
    if not entries:
        return
    before = case.audit_dropped + len(case.audit) - len(entries)
    _title(out, ("HISTORY", "bold"), f" (and {before} earlier)" if before else "")
    table = plain_table("WHEN", "WHO", "WHAT")
    for entry in entries:
        table.add_row(line(instant(entry.at)), line(entry.actor), line(f"{entry.action}: {entry.detail}"))
    out.print(indented(table))


def _next(out: Console, case: CaseView) -> None:
    commands = [command for task in case.tasks for command in task.commands]
    if commands:
        _title(out, ("NEXT", "bold"))
        for command in commands:
            out.print(line(f"  {command}"), soft_wrap=True)
