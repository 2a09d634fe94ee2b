"""What a kind of amendment changes about which sale: pure functions from an order and arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from activities.connectors.tryton.ledger import PART, Contents, Fields, Part
from activities.connectors.tryton.numbers import reference_of
from activities.connectors.tryton.sales import Family, Sale, SaleLine
from domain.order import FreightTerms


class Unsuitable(ValueError):
    """The arguments do not fit the order, or Tryton has no place for this. The message says what to do."""


class Arguments(BaseModel):
    """Arguments of a kind; those that Tryton has no place for are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class NewPrice(Arguments):
    """Per unit of the line."""

    unit_price: Decimal = Field(ge=0)


class SetPrice(Arguments):
    """New prices by line."""

    lines: dict[str, NewPrice]


class SetPromise(Arguments):
    """Days by line."""

    lines: dict[str, date]


class SetPurchaseOrder(Arguments):
    """The customer's number, and which release of it."""

    po_number: str
    release_number: str = ""


class SetCarrier(Arguments):
    """Who pays the carrier, and what the customer is charged for the freight."""

    freight_terms: FreightTerms = FreightTerms.PREPAID
    freight: Decimal = Decimal(0)


class Source(Arguments):
    """How much of a line a warehouse ships."""

    warehouse: str
    quantity: Decimal = Field(gt=0)


class AssignSources(Arguments):
    """From where a line ships."""

    line_id: str
    sources: tuple[Source, ...] = Field(min_length=1)


class SplitLine(Arguments):
    """A part of a line later."""

    line_id: str
    now: Decimal = Field(gt=0)
    later: Decimal = Field(gt=0)
    later_on: date | None = None


class SplitOrder(Arguments):
    """How much of each line stays."""

    keep: dict[str, Decimal]


class Substitute(Arguments):
    """Another product on a line."""

    line_id: str
    item: str
    unit_price: Decimal | None = None


class CancelLine(Arguments):
    """A line that is taken out."""

    line_id: str


class AddQuantities(Arguments):
    """So much more by line."""

    lines: dict[str, Decimal]


class NewLine(Arguments):
    """A line that was not there."""

    item: str
    quantity: Decimal = Field(gt=0)
    unit_price: Decimal = Field(ge=0)


class AddLines(Arguments):
    """Lines that were not there."""

    lines: tuple[NewLine, ...]


@dataclass(frozen=True)
class Known:
    """Ids of what the arguments name by codes."""

    warehouses: Mapping[str, int] = field(default_factory=dict)
    products: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By code: product and its unit."""
    carrier: int | None = None
    charge: Decimal | None = None
    """What Tryton charges the customer for that carrier; None if it works that out later."""
    address: int | None = None


@dataclass(frozen=True)
class Change:
    """What one sale says afterwards, what it said before, new lines, and what becomes a sale of its own."""

    sale: Sale
    before: Contents = field(default_factory=Contents)
    after: Contents = field(default_factory=Contents)
    added: tuple[dict[str, Any], ...] = ()
    parts: tuple[Part, ...] = ()


def changes(kind: str, arguments: Mapping[str, Any], family: Family, known: Known) -> list[Change]:
    """The changes, sale by sale. Raises Unsuitable."""
    try:
        return _KINDS[kind](arguments, family, known)
    except KeyError as error:
        raise Unsuitable(f"has no place for {kind}: do it another way, or by hand") from error
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise Unsuitable(f"cannot make sense of the argument {where}") from error


def _set_price(arguments: Mapping[str, Any], family: Family, _: Known) -> list[Change]:
    wanted = SetPrice.model_validate(arguments)
    return _on_lines(family, {line_id: {"unit_price": f"{new.unit_price:f}"} for line_id, new in wanted.lines.items()})


def _substitute(arguments: Mapping[str, Any], family: Family, known: Known) -> list[Change]:
    wanted = Substitute.model_validate(arguments)
    if wanted.item not in known.products:
        raise Unsuitable(f"has no product {wanted.item}")
    product, unit = known.products[wanted.item]
    fields: Fields = {"product": product, "unit": unit}
    if wanted.unit_price is not None:
        fields["unit_price"] = f"{wanted.unit_price:f}"
    return _on_lines(family, {wanted.line_id: fields})


def _cancel_line(arguments: Mapping[str, Any], family: Family, _: Known) -> list[Change]:
    """A line of nothing keeps its id, and Tryton neither ships nor bills it."""
    wanted = CancelLine.model_validate(arguments)
    if sum(len(sale.goods) for sale in family) == 1:
        raise Unsuitable(f"has no other line than {wanted.line_id}: cancel the order")
    return _on_lines(family, {wanted.line_id: {"quantity": "0"}})


def _add_quantities(arguments: Mapping[str, Any], family: Family, _: Known) -> list[Change]:
    wanted = AddQuantities.model_validate(arguments)
    more = {line_id: _owned(family, line_id)[1].quantity + extra for line_id, extra in wanted.lines.items()}
    return _on_lines(family, {line_id: {"quantity": f"{quantity:f}"} for line_id, quantity in more.items()})


def _add_lines(arguments: Mapping[str, Any], family: Family, known: Known) -> list[Change]:
    wanted = AddLines.model_validate(arguments)
    unknown = [line.item for line in wanted.lines if line.item not in known.products]
    if unknown:
        raise Unsuitable(f"has no product {', '.join(unknown)}")
    added = tuple(new_line(known.products[line.item], line.quantity, line.unit_price) for line in wanted.lines)
    return [Change(family.sale, added=added)]


def _set_purchase_order(arguments: Mapping[str, Any], family: Family, _: Known) -> list[Change]:
    wanted = SetPurchaseOrder.model_validate(arguments)
    return [_on_sale(family.sale, {"reference": reference_of(wanted.po_number, wanted.release_number)})]


def _set_promise(arguments: Mapping[str, Any], family: Family, _: Known) -> list[Change]:
    """A sale has one shipping date for all its lines: the latest of those promised."""
    wanted = SetPromise.model_validate(arguments)
    found = []
    for sale in family:
        days = [day for line_id, day in wanted.lines.items() if sale.line(line_id) or _came_from(sale, line_id)]
        if days:
            found.append(_on_sale(sale, {"shipping_date": max(days).isoformat()}))
    if not found:
        raise Unsuitable(f"has no line {', '.join(wanted.lines)}")
    return found


def _set_ship_to(_: Mapping[str, Any], family: Family, known: Known) -> list[Change]:
    return [_on_sale(sale, {"shipment_address": known.address}) for sale in family]


def _set_carrier(arguments: Mapping[str, Any], family: Family, known: Known) -> list[Change]:
    """Tryton charges the carrier's own price or nothing, and an order once: what is split off goes along free."""
    wanted = SetCarrier.model_validate(arguments)
    if wanted.freight_terms.needs_account:
        raise Unsuitable(f"has no place for the account that {wanted.freight_terms} needs: tell the carrier by hand")
    is_charged = known.carrier is not None and wanted.freight > 0
    if is_charged and known.charge is not None and known.charge != wanted.freight:
        what = f"charges {known.charge:f} for the freight by this carrier, not {wanted.freight:f}"
        raise Unsuitable(f"{what}: correct the price of the carrier there, or decide on that amount")
    return [
        _on_sale(
            sale,
            {"carrier": known.carrier, "shipment_cost_method": "order" if is_charged and not sale.is_part else None},
        )
        for sale in family
    ]


def _assign_sources(arguments: Mapping[str, Any], family: Family, known: Known) -> list[Change]:
    """A line has no warehouse of its own: what ships from elsewhere becomes a second sale."""
    wanted = AssignSources.model_validate(arguments)
    sale, line = _owned(family, wanted.line_id)
    unknown = [source.warehouse for source in wanted.sources if source.warehouse not in known.warehouses]
    if unknown:
        raise Unsuitable(f"has no warehouse {', '.join(unknown)}")
    shares = {known.warehouses[source.warehouse]: source.quantity for source in wanted.sources}
    if sum(shares.values()) != line.quantity:
        raise Unsuitable(f"has {line.quantity:f} on line {wanted.line_id}, not what the sources give")
    home = sale.row["warehouse"]
    if home not in shares and len(sale.goods) == 1:
        home = next(iter(shares))
    stays = shares.pop(home, Decimal(0))
    parts = tuple(Part(warehouse=place, shares={wanted.line_id: f"{share:f}"}) for place, share in shares.items())
    moved: Fields = {} if home == sale.row["warehouse"] else {"warehouse": home}
    left: dict[str, Fields] = {} if stays == line.quantity else {wanted.line_id: {"quantity": f"{stays:f}"}}
    return [_contents(sale, moved, left, parts)]


def _split_line(arguments: Mapping[str, Any], family: Family, _: Known) -> list[Change]:
    """A line has no day of its own either."""
    wanted = SplitLine.model_validate(arguments)
    sale, line = _owned(family, wanted.line_id)
    if wanted.now + wanted.later != line.quantity:
        raise Unsuitable(f"has {line.quantity:f} on line {wanted.line_id}, not {wanted.now:f} and {wanted.later:f}")
    part = Part(
        warehouse=sale.row["warehouse"],
        shares={wanted.line_id: f"{wanted.later:f}"},
        ships_on=wanted.later_on.isoformat() if wanted.later_on else None,
    )
    return [_contents(sale, {}, {wanted.line_id: {"quantity": f"{wanted.now:f}"}}, (part,))]


def _split_order(arguments: Mapping[str, Any], family: Family, _: Known) -> list[Change]:
    """What is not kept becomes an order of its own, held for whatever it ought to be held for."""
    wanted = SplitOrder.model_validate(arguments)
    sale = family.sale
    left: dict[str, Fields] = {}
    shares = {}
    for line in sale.goods:
        keep = wanted.keep.get(str(line.id), Decimal(0))
        if keep > line.quantity:
            raise Unsuitable(f"has no {keep:f} on line {line.id}")
        if keep < line.quantity:
            left[str(line.id)] = {"quantity": f"{keep:f}"}
            shares[str(line.id)] = f"{line.quantity - keep:f}"
    if not shares or (
        all(not Decimal(str(fields["quantity"])) for fields in left.values()) and len(left) == len(sale.goods)
    ):
        raise Unsuitable("keeps some of the order, but not all of it: nothing is to be split")
    return [_contents(sale, {}, left, (Part(warehouse=sale.row["warehouse"], shares=shares, apart=True),))]


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Family, Known], list[Change]]] = {
    "set_price": _set_price,
    "substitute_line": _substitute,
    "confirm_item": _substitute,
    "cancel_line": _cancel_line,
    "add_quantities": _add_quantities,
    "add_lines": _add_lines,
    "set_purchase_order": _set_purchase_order,
    "set_promise": _set_promise,
    "set_ship_to": _set_ship_to,
    "set_carrier": _set_carrier,
    "assign_sources": _assign_sources,
    "split_line": _split_line,
    "split_order": _split_order,
}


def new_line(product: tuple[int, int], quantity: Decimal, unit_price: Decimal) -> dict[str, Any]:
    """The values of a line that did not exist before."""
    return {
        "type": "line",
        "product": product[0],
        "unit": product[1],
        "quantity": float(quantity),
        "unit_price": unit_price,
    }


def written(fields: Fields) -> dict[str, Any]:
    """Values of a ledger as Tryton wants them."""
    found: dict[str, Any] = dict(fields)
    if found.get("quantity") is not None:
        found["quantity"] = float(str(found["quantity"]))
    if found.get("unit_price") is not None:
        found["unit_price"] = Decimal(str(found["unit_price"]))
    if found.get("shipping_date") is not None:
        found["shipping_date"] = date.fromisoformat(str(found["shipping_date"]))
    return found


def said(row: Mapping[str, Any], names: Mapping[str, Any]) -> Fields:
    """The fields of these names as a ledger keeps them."""
    return {name: _plain(row[name]) for name in names}


def same(one: Fields, other: Fields) -> bool:
    """Whether two say the same: 10 is 10.0."""
    return one.keys() == other.keys() and all(_comparable(one[name]) == _comparable(other[name]) for name in one)


def _comparable(value: Any) -> Any:
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return value


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return f"{Decimal(str(value)):f}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _on_lines(family: Family, fields: Mapping[str, Fields]) -> list[Change]:
    by_sale: dict[int, dict[str, Fields]] = {}
    owners = {line_id: _owned(family, line_id)[0] for line_id in fields}
    for line_id, values in fields.items():
        by_sale.setdefault(owners[line_id].id, {})[line_id] = values
    return [_contents(sale, {}, by_sale[sale.id], ()) for sale in family if sale.id in by_sale]


def _on_sale(sale: Sale, fields: Fields) -> Change:
    return _contents(sale, fields, {}, ())


def _contents(sale: Sale, fields: Fields, lines: Mapping[str, Fields], parts: tuple[Part, ...]) -> Change:
    rows = {line_id: line.row for line_id in lines if (line := sale.line(line_id)) is not None}
    before = Contents(
        sale=said(sale.row, fields), lines={line_id: said(rows[line_id], values) for line_id, values in lines.items()}
    )
    return Change(sale, before, Contents(sale=fields, lines=dict(lines)), parts=parts)


def _owned(family: Family, line_id: str) -> tuple[Sale, SaleLine]:
    found = family.owner(line_id)
    if found is None:
        raise Unsuitable(f"has no line {line_id} on {family.sale.order_id}")
    return found


def _came_from(sale: Sale, line_id: str) -> bool:
    return any(line_id in part.shares for entry in sale.ledger.entries if entry.step == PART for part in entry.parts)
