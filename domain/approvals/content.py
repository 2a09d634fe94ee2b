"""Whether a request says what its action needs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from domain.approvals.chain import same
from domain.approvals.refused import Refused
from domain.tasks import Action, Refusal, Task, TaskKind, TaskRequest

ENTER_BY_HAND = "ENTER_BY_HAND"
DECIDING = (Action.APPROVE, Action.ADJUST, Action.REJECT)
_WITH_TEXT = {Action.ASK: "a question", Action.ANSWER: "an answer"}


def check_content(task: Task, request: TaskRequest) -> None:
    """Raises Refused (INVALID) with the first thing that is wrong."""
    wrong = next(_wrong_decision(task, request) if request.action in DECIDING else _wrong_handling(task, request), None)
    if wrong is not None:
        raise Refused(Refusal.INVALID, wrong)


def _wrong_decision(task: Task, request: TaskRequest) -> Iterator[str]:
    option, action = option_code(task, request), request.action
    if action is Action.REJECT and rejection(task) is None:
        yield f"rejecting leads nowhere here: choose one of {', '.join(task.choices)}"
    if option not in task.choices:
        yield f"task {task.task_id} offers {', '.join(task.choices)}, not {request.option}"
    if action is Action.ADJUST and not (task.kind.commits and request.adjustments):
        yield "only an option that clears a hold can be adjusted, with at least one new value"
    if action is Action.APPROVE and request.option == ENTER_BY_HAND and not _is_json_object(request):
        yield "entering by hand needs value={...}, a JSON object as the system would answer it"
    if action is Action.APPROVE and task.approvals and option != task.approvals[0].option:
        yield f"{task.approvals[0].subject} approved {task.approvals[0].option}: approve that, adjust it, or reject"
    if not request.reason_code and _needs_reason(task, request, option):
        what = "choose another option than the recommended one" if action is Action.APPROVE else action.lower()
        yield f"to {what} needs a reason code: --reason CODE"


def _needs_reason(task: Task, request: TaskRequest, option: str | None) -> bool:
    """Whoever does otherwise than policy recommends says why."""
    if request.action is Action.APPROVE:
        return task.kind.commits and task.recommended is not None and option != task.recommended
    return True


def _wrong_handling(task: Task, request: TaskRequest) -> Iterator[str]:
    action, to, role = request.action, request.to, request.role
    if action in _WITH_TEXT and not request.comment.strip():
        yield f"{_WITH_TEXT[action]} needs text"
    if action is Action.COMMENT and not (request.comment.strip() or request.attachments):
        yield "a comment needs text"
    if action is Action.DELEGATE:
        yield from _wrong_delegation(request)
    if action is Action.FORWARD and (role is None or to is not None):
        yield "say to which role: --role ROLE"
    if action is Action.FORWARD and role == task.role:
        yield f"{task.role} is awaited already: name another role"
    if action is Action.REASSIGN and (to is None) == (role is None):
        yield "say to whom, or to which role: --to SUBJECT or --role ROLE"
    if action is Action.WITHDRAW and (task.kind is not TaskKind.RESOLUTION or rejection(task) is None):
        yield "this question is not about letting the order go, so it cannot be withdrawn"
    if action is Action.EXTEND and task.put_off:
        yield f"task {task.task_id} was put off once, which is all there is"


def _wrong_delegation(request: TaskRequest) -> Iterator[str]:
    if request.to is None or request.role is not None:
        yield "say to whom: --to SUBJECT"
    elif any(same(request.to, person) for person in request.persons):
        yield "you have it already: name somebody else"


def option_code(task: Task, request: TaskRequest) -> str | None:
    """The choice that a request is about."""
    if request.action is Action.REJECT:
        return rejection(task)
    if request.action in (Action.APPROVE, Action.ADJUST):
        return request.option or chosen(task)
    return chosen(task)


def chosen(task: Task) -> str | None:
    """The choice that people are on: the one approved in part, else the one recommended."""
    return task.approvals[0].option if task.approvals else task.recommended


def rejection(task: Task) -> str | None:
    """What rejecting means by the table, if that can be done here."""
    return task.deadlines.at_rejection if task.deadlines.at_rejection in task.choices else None


def _is_json_object(request: TaskRequest) -> bool:
    try:
        return isinstance(json.loads(request.adjustments.get("value", "")), dict)
    except ValueError:
        return False
