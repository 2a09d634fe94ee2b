"""The ways out of an integration failure, each with its plan.

What changes the order, or the partner's connection, settles nothing by itself (REASSESS): everything is judged again on
what the gateway and the ERP say then, and an order that nothing is wrong with any more is let go with its 855.
"""

from __future__ import annotations

from domain.assessment import CustomerMessage, Disposition, Option, Parameter, Plan, Wait
from domain.facts.integration import UnreadLine
from domain.playbooks import integration_steps as steps
from domain.playbooks.adjustment import Adjustment
from domain.playbooks.integration_case import IntegrationCase, Standing, after

_RESOLVED = (CustomerMessage(template="integration_resolved"),)
_SETTLED_AS = {"REPLAY": "FIX_AND_REPLAY", "HAND": "MANUAL_ENTRY"}


def options(case: IntegrationCase) -> list[Option]:
    """Everything that can be done, as the matter stands."""
    if case.standing in (Standing.SETTLED, Standing.ANSWERED):
        return [_let_go(case), _reject(case)]
    found = [_fix_and_replay(case), _retry(case), _fallback_route(case), _manual_entry(case), _reject(case)]
    return [option for option in found if option is not None]


def item_for(case: IntegrationCase, line: UnreadLine) -> str:
    """What the line most likely is for: what somebody has said, what the gateway proposes, or what stands there."""
    if line.mapped_item is not None:
        return line.mapped_item
    return line.proposal.item if line.proposal else case.order.line(line.line_id).item


def first_unmapped(case: IntegrationCase) -> UnreadLine | None:
    """The line whose part is to be explained next."""
    return next((line for line in case.unread if line.mapped_item is None and line.unit_known), None)


def _let_go(case: IntegrationCase) -> Option:
    """Nothing is wrong any more: what was done says what that is called."""
    settled_by = case.failure.settled_by if case.failure and case.is_partners else None
    what = "the EDI gateway has nothing against the order" if case.is_partners else "every system has answered"
    return case.option(
        _SETTLED_AS.get(settled_by or "", "RETRY"),
        "Let the order go",
        f"{what} any more",
        effect="the order is confirmed as ordered",
        plan=Plan(steps=steps.accept(case)),
        messages=_RESOLVED,
    )


def _fix_and_replay(case: IntegrationCase) -> Option | None:
    """Say what one part is, and once all are known put the items on the order and replay the document."""
    adjustment = Adjustment.of(case.circumstances, "FIX_AND_REPLAY", ("item",))
    lines, unknown = case.unread, first_unmapped(case)
    if case.failure is None or not lines or any(not line.unit_known for line in lines):
        return None
    parameters: tuple[Parameter, ...] = ()
    items = {line.line_id: item_for(case, line) for line in lines}
    plan, reason = [], "every part is known by now"
    if unknown is not None:
        item = adjustment.code("item", f"the item that part {unknown.part} is", item_for(case, unknown))
        parameters = (item,)
        items |= {line.line_id: item.value for line in lines if line.part == unknown.part}
        plan.append(steps.fix_mapping(case.failure.partner, unknown.part, item.value))
        reason = _why(unknown, item.value, case.failure.siblings)
    if all(line.mapped_item is not None or (unknown and line.part == unknown.part) for line in lines):
        plan += [steps.confirm_item(line.line_id, items[line.line_id], _unit(line)) for line in lines]
        plan += [steps.replay(case, items), steps.revalidate(case)]
    return case.option(
        "FIX_AND_REPLAY",
        "Say what the part is, and replay",
        reason,
        effect="the order goes on as ordered",
        role=case.terms.steward,
        plan=Plan(steps=tuple(plan)),
        disposition=Disposition.REASSESS,
        parameters=parameters,
        messages=_RESOLVED,
    )


def _why(line: UnreadLine, item: str, siblings: int) -> str:
    others = f"; {siblings} other orders wait for it, too" if siblings else ""
    if line.proposal is not None and line.proposal.item == item:
        return f"part {line.part} is {item} ({line.proposal.basis}, {line.proposal.confidence:.0%} sure){others}"
    return f"part {line.part} is {item}{others}"


def _unit(line: UnreadLine) -> str:
    return line.mapped_unit or line.unit


def _retry(case: IntegrationCase) -> Option | None:
    """Ask the silent system again, call the partner again, or send again what it has not acknowledged."""
    failure = case.failure
    if not case.is_partners:
        plan, reason = (steps.revalidate(case),), f"{case.silent} could not be asked: have the ERP ask again"
    elif failure is not None and case.standing is Standing.REFUSED:
        again = (steps.resend(case),) if failure.waiting or failure.overdue else ()
        plan = (steps.resume_partner(failure.partner), *again)
        reason = f"{failure.partner} accepts our credentials again"
    elif case.standing is Standing.OVERDUE:
        plan, reason = (steps.resend(case),), "the partner may not have got what we sent"
    elif case.standing is Standing.UNKNOWN:
        plan, reason = (steps.revalidate(case),), "look again whether the EDI gateway knows more"
    else:
        return None
    return case.option(
        "RETRY",
        "Try again",
        reason,
        effect="the order waits a little longer",
        plan=Plan(steps=plan, wait=_made(case)),
        disposition=Disposition.REASSESS,
        messages=_RESOLVED,
    )


def _made(case: IntegrationCase) -> Wait | None:
    """No time passes: a wait that is over is how a hold remembers that its cause was settled and the retry made."""
    if case.is_partners or case.mended is None:
        return None
    reason = f"a person has had {case.silent} asked again for all orders"
    return Wait(name=after(case.mended), until=case.circumstances.hold.applied_at, events=(), reason=reason)


def _fallback_route(case: IntegrationCase) -> Option | None:
    """Go to the partner by the first other route that takes our credentials."""
    failure = case.failure
    if failure is None or case.standing not in (Standing.REFUSED, Standing.OVERDUE):
        return None
    route = next((route for route in failure.routes if route.accepts and not route.active), None)
    if route is None:
        return None
    again = (steps.resend(case),) if failure.waiting or failure.overdue else ()
    return case.option(
        "FALLBACK_ROUTE",
        f"Go by {route.name}",
        f"{failure.partner} can be reached by {route.name}",
        effect="the order goes on as ordered",
        plan=Plan(steps=(steps.reroute(failure.partner, route.name), *again)),
        disposition=Disposition.REASSESS,
        messages=_RESOLVED,
    )


def _manual_entry(case: IntegrationCase) -> Option:
    """A person says what each unreadable line is for, or has settled the matter outside of the systems."""
    known = [name for line in case.unread for name in (f"item_{line.line_id}", f"unit_{line.line_id}")]
    adjustment = Adjustment.of(case.circumstances, "MANUAL_ENTRY", known)
    parameters, plan, items = [], [], {}
    for line in case.unread:
        item = adjustment.code(f"item_{line.line_id}", f"the item of line {line.line_id}", item_for(case, line))
        unit = adjustment.code(f"unit_{line.line_id}", f"the unit of line {line.line_id}", line.unit)
        parameters += [item, unit]
        items[line.line_id] = item.value
        plan.append(steps.confirm_item(line.line_id, item.value, unit.value))
    knows = case.is_partners and case.standing is not Standing.UNKNOWN
    ours = (steps.take_over(case, items), *plan, *([steps.revalidate(case)] if plan else [])) if knows else ()
    return case.option(
        "MANUAL_ENTRY",
        "Enter it by hand",
        "a person has read the partner's document" if knows else f"a person has looked into {case.silent} by hand",
        effect="the order goes on as ordered",
        role=case.terms.steward if case.unread else case.terms.role,
        plan=Plan(steps=ours),
        disposition=Disposition.REASSESS if knows else Disposition.RELEASE,
        parameters=tuple(parameters),
        messages=(CustomerMessage(template="integration_by_hand"),),
    )


def _reject(case: IntegrationCase) -> Option:
    order = case.order
    return case.option(
        "REJECT",
        "Reject the order",
        f"the order cannot be read; {order.margin} of margin is lost",
        effect="the order is rejected, and the partner is told by EDI",
        cost=order.forgone.rounded(),
        amount=order.value.rounded(),
        plan=Plan(steps=steps.reject(case)),
        disposition=Disposition.CANCEL_ORDER,
        messages=(CustomerMessage(template="integration_rejected"),),
    )
