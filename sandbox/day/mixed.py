"""Orders with nothing wrong, with several things wrong, and with something wrong that no table knows."""

from __future__ import annotations

from decimal import Decimal

from sandbox.day import address, credit, inventory, price, tax
from sandbox.day.distribution import REPEAT_PERCENT, quantity, segment
from sandbox.day.plan import Conduct, Scenario
from sandbox.day.world import Document, World

NOTHING_WRONG = "nothing wrong"
LEGAL = {"code": "LEGAL", "hold_class": "HARD", "source_system": "LEGAL", "reason": "export control review"}
STRANGE = {"code": "QA-77", "hold_class": "MANUAL", "source_system": "QA", "reason": "see the note on the desk"}


def clean(world: World) -> Document:
    """An order that nobody has to look at, of a customer who may have ordered before today."""
    order = world.order(_regular(world), {world.plenty(): quantity(world.random)})
    return order | {"po_number": f"PO-{order['order_id'].partition('-')[2]}"}


def _regular(world: World) -> str:
    """A customer with credit for many orders. Stories about a customer's own position have customers of their own."""
    if world.regulars and world.random.random() * 100 < REPEAT_PERCENT:
        return world.random.choice(world.regulars)
    world.regulars.append(world.customer(segment=segment(world.random)))
    return world.regulars[-1]


def _clean_and_known(world: World) -> Document:
    """The same, by EDI; another order may turn out to be a second copy of it."""
    order = clean(world)
    numbers = {"interchange_control": order["order_id"], "group_control": "1", "transaction_control": "0001"}
    order["edi"] = {"partner": order["customer_id"], "purpose": "00"} | numbers
    world.clean.append(order)
    return order


def _strange(world: World) -> Document:
    return clean(world) | {"extra_holds": [STRANGE]}


def _stopped_by_lawyers(world: World) -> Document:
    return credit.slightly_over(world) | {"extra_holds": [LEGAL]}


def _short_and_broke(world: World) -> Document:
    order = inventory.elsewhere(world)
    world.credit[order["customer_id"]] |= {"limit": "50000", "open_receivables": "55000"}
    return order


def _mistaxed_and_broke(world: World) -> Document:
    order = tax.stated(world, "45.00", customer=world.customer(limit=Decimal(30_000), open_receivables=Decimal(36_000)))
    return order | {"service_level": "STANDARD"}


def _cheap_and_broke(world: World) -> Document:
    """The purchase order asks for less, and the customer owes too much."""
    order = price.stated(world, "106")
    world.credit[order["customer_id"]] |= {"limit": "50000", "open_receivables": "49000"}
    return order


def _mistaxed_without_carrier(world: World) -> Document:
    return tax.wrong(world) | {"carrier": {}}


def _written_otherwise_and_short(world: World) -> Document:
    order = address.written_otherwise(world)
    item = world.item(price=400)
    world.stock(item, "EAST", 6)
    world.stock(item, "CENTRAL", 30)
    return order | {"lines": world.order(order["customer_id"], {item: 10})["lines"]}


def everything(world: World) -> Document:
    """Five holds: price, goods, carrier, tax and credit."""
    order = inventory.elsewhere(world)
    [line] = order["lines"]
    right = world.tax(line["item"], int(line["quantity"]), "TX")
    line |= {"as_ordered": {"unit_price": "399.50", "currency": "USD"}}
    line |= {"tax_as_ordered": str(right), "tax_in_erp": str(right + Decimal("45.00"))}
    world.credit[order["customer_id"]] |= {"limit": "50000", "open_receivables": "45000"}
    return order | {"carrier": {}}


CLEAN = (Scenario(NOTHING_WRONG, _clean_and_known),)
UNCLASSIFIED = (
    Scenario("stopped for a reason no table knows", _strange),
    Scenario("stopped, and nobody answers", _strange, Conduct.SILENT),
)
SEVERAL = (
    Scenario("stopped by the lawyers", _stopped_by_lawyers),
    Scenario("short of goods and of credit", _short_and_broke),
    Scenario("wrong tax and short of credit", _mistaxed_and_broke),
    Scenario("everything at once", everything, weight=3),
    Scenario("asks for less and owes too much", _cheap_and_broke),
    Scenario("wrong tax and no carrier", _mistaxed_without_carrier, touchless=True),
    Scenario("an address written otherwise and short of goods", _written_otherwise_and_short, touchless=True),
    Scenario("asks for less and owes too much", _cheap_and_broke, Conduct.CLAIM),
    Scenario("stopped by the lawyers", _stopped_by_lawyers, Conduct.CLAIM),
    Scenario("short of goods and of credit", _short_and_broke, Conduct.CLAIM),
    Scenario("wrong tax and short of credit", _mistaxed_and_broke, Conduct.LATE),
)
