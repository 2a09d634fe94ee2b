"""The ways out of a price discrepancy that settle the price, each with its plan."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.assessment import Cause, CustomerMessage, Option, Parameter, Plan, Step
from domain.facts.pricing import Agreement, PriceRecord
from domain.playbooks.adjustment import Adjustment
from domain.playbooks.figures import figure
from domain.playbooks.price_case import REVISE, PriceCase
from domain.playbooks.price_refusals import customer_revise, reject_line
from domain.pricing.comparison import LinePrice, Standing, worst_band
from domain.pricing.conversion import rounded
from domain.pricing.margin import NOTHING, MarginBand

HONOR_PO = "HONOR_PO"
HONOR_CONTRACT = "HONOR_CONTRACT"
ONE_TIME_OVERRIDE = "ONE_TIME_OVERRIDE"
FIX_MASTER = "FIX_MASTER"
_PARAMETER = "unit_price_"


def options(case: PriceCase) -> list[Option]:
    """Everything that can be done, in the order in which a pricing analyst would think of it."""
    found = (
        _honor_contract(case),
        _honor_po(case),
        _one_time_override(case),
        _fix_master(case),
        customer_revise(case),
        reject_line(case),
    )
    return [option for option in found if option is not None]


def shared_cause(case: PriceCase) -> Cause | None:
    """The price record that holds other orders, too. Orders whose customer asks for another price than agreed have a
    question of their own, and two wrong records are two causes, of which an order cannot wait for both.
    """
    records = _wrong_records(case)
    if case.standing is not Standing.AS_AGREED or len(records) != 1:
        return None
    record, agreement = next(iter(records.values()))
    return Cause(
        key=f"price-record/{record.record_id}",
        system="pricing",
        title=f"Price record {record.record_id} of {record.item} is not what contract {agreement.agreement_id} says",
        fix=FIX_MASTER,
    )


def _honor_po(case: PriceCase) -> Option | None:
    """The customer's own price, but nobody is charged noticeably more than was agreed for having asked for it."""
    accepted = {line.line.line_id: _accepted(case, line) for line in case.lines if line.stated is not None}
    contested = [line for line in case.contested if accepted.get(line.line.line_id) != line.entitled]
    if len(accepted) < len(case.lines) or (case.contested and not contested):
        return None
    lines = case.disputed or [line for line in case.lines if line.line.as_ordered is not None]
    prices = {line.line.line_id: accepted[line.line.line_id] for line in lines}
    conceded = case.conceded(prices)
    return case.option(
        HONOR_PO,
        "Sell at the purchase order's price",
        f"{case.order.money(conceded)} less than the customer is entitled to pay; {_margins(case, prices)}",
        effect="the order ships at the price the customer ordered at",
        amount=conceded,
        band=case.band,
        plan=Plan(steps=case.set_prices(prices, "purchase order")),
        cost=case.order.money(conceded).rounded(),
        messages=case.message("price_as_ordered", prices) if case.disputed else (CustomerMessage(template="checked"),),
    )


def _accepted(case: PriceCase, line: LinePrice) -> Decimal:
    """The purchase order's price; the agreed one if that is lower by more than the tolerance."""
    if line.standing is Standing.HIGHER and line.agreed and not case.terms.tolerance.covers([line]):
        return line.entitled
    return line.entitled if line.stated is None else line.stated


def _honor_contract(case: PriceCase) -> Option | None:
    """The price that was agreed, or the lower of ours and the purchase order's. Ours alone binds nobody who ordered for
    less, unless the customer has said yes to it.
    """
    if not case.disputed or not _is_settled_by_ours(case):
        return None
    prices = _entitled(case)
    return case.option(
        HONOR_CONTRACT,
        "Sell at the agreed price",
        f"{_sources(case)} holds; {_margins(case, prices)}",
        effect="the order ships at the agreed price",
        amount=_at_stake(case),
        band=_worst(case, prices),
        plan=Plan(steps=case.set_prices(prices, _sources(case))),
        messages=case.message("price_lower" if case.standing is Standing.HIGHER else "price_agreed", prices),
    )


def _one_time_override(case: PriceCase) -> Option | None:
    """Another price for this order only: as a start, what brings the target margin, between theirs and ours."""
    lines = case.contested
    if not lines:
        return None
    names = [_PARAMETER + line.line.line_id for line in lines]
    adjustment = Adjustment.of(case.circumstances, ONE_TIME_OVERRIDE, names)
    parameters = tuple(_override(case, line, adjustment) for line in lines)
    agreed = {line.line.line_id: line.entitled for line in case.disputed}
    chosen = {line.line.line_id: Decimal(new.value) for line, new in zip(lines, parameters, strict=True)}
    prices = agreed | chosen
    conceded = case.conceded(prices)
    return case.option(
        ONE_TIME_OVERRIDE,
        "Sell at another price, this once",
        f"{case.order.money(conceded)} less than the customer is entitled to pay; {_margins(case, prices)}",
        effect="the order ships at a price for this order only",
        amount=conceded,
        band=_worst(case, chosen),
        plan=Plan(steps=case.set_prices(prices, "one-time override")),
        cost=case.order.money(conceded).rounded(),
        parameters=parameters,
        messages=case.message("price_once", prices),
    )


def _override(case: PriceCase, line: LinePrice, adjustment: Adjustment) -> Parameter:
    stated = line.entitled if line.stated is None else line.stated
    high = line.entitled if line.agreed else max(stated, line.entitled)
    low = min(stated, high)
    at_target = line.margins.price_at_target()
    start = high if at_target is None else min(max(at_target, low), high)
    deepest = rounded(line.entitled * (100 - case.terms.deepest_discount_percent) / 100)
    meaning = f"price of line {line.line.line_id} in {case.order.currency} per {line.line.unit}"
    return adjustment.decimal(_PARAMETER + line.line.line_id, meaning, start, min(low, deepest), high)


def _fix_master(case: PriceCase) -> Option | None:
    """Have the price record say what the contract says, for all orders to come, and sell this one by it."""
    records = _wrong_records(case)
    if not records or not _is_settled_by_ours(case):
        return None
    prices = _entitled(case)
    corrections = tuple(_correct(record, agreement) for record, agreement in records.values())
    return case.option(
        FIX_MASTER,
        "Correct the price record",
        f"{', '.join(records)} should say what {_sources(case)} says, for every order; {_margins(case, prices)}",
        effect="the order ships at the agreed price, and so do the next ones",
        amount=_at_stake(case),
        band=_worst(case, prices),
        plan=Plan(steps=(*corrections, *case.set_prices(prices, _sources(case)))),
        messages=case.message("price_agreed", prices),
    )


def _wrong_records(case: PriceCase) -> dict[str, tuple[PriceRecord, Agreement]]:
    """The records to correct, by id, with the contract that each should follow."""
    return {
        line.record.record_id: (line.record, line.agreed.agreement)
        for line in case.with_wrong_record
        if line.record and line.agreed and line.agreed.agreement
    }


def _correct(record: PriceRecord, agreement: Agreement) -> Step:
    return Step(
        step_id=f"correct-{record.record_id}",
        system="pricing",
        operation="correct_record",
        arguments={
            "record_id": record.record_id,
            "record_version": record.version,
            "prices": agreement.prices.model_dump(mode="json"),
            "basis": f"contract {agreement.agreement_id} version {agreement.version}",
        },
        undo="restore_record",
        summary=f"Have price record {record.record_id} follow contract {agreement.agreement_id}",
        mends_cause=True,
    )


def _is_settled_by_ours(case: PriceCase) -> bool:
    return all(
        line.agreed is not None or line.standing is Standing.HIGHER or case.answer == REVISE for line in case.disputed
    )


def _entitled(case: PriceCase) -> dict[str, Decimal]:
    return {line.line.line_id: line.entitled for line in case.disputed}


def _sources(case: PriceCase) -> str:
    """What the prices rest on."""
    ours = "our price, to which the customer has agreed" if case.answer == REVISE else "our price, which is the lower"
    return ", ".join(dict.fromkeys(line.agreed.source if line.agreed else ours for line in case.disputed))


def _at_stake(case: PriceCase) -> Decimal:
    """By how much the ERP's price changes, or by how much the customer asked for another one."""
    corrected = sum((abs(line.worth(line.entitled) - line.worth(line.in_erp)) for line in case.disputed), NOTHING)
    return max(corrected, sum((abs(line.difference) for line in case.disputed), NOTHING))


def _worst(case: PriceCase, prices: Mapping[str, Decimal]) -> MarginBand:
    return worst_band(
        [line.margins.band(prices[line.line.line_id]) for line in case.lines if line.line.line_id in prices]
    )


def _margins(case: PriceCase, prices: Mapping[str, Decimal]) -> str:
    """The margin that each price leaves, in words."""
    found = []
    for line in case.disputed:
        percent = line.margins.percent(prices[line.line.line_id])
        said = "of unknown margin" if percent is None else f"with {figure(round(percent, 1))} % margin"
        found.append(f"line {line.line.line_id} at {figure(prices[line.line.line_id])} {said}")
    return ", ".join(found) or "nothing differs"
