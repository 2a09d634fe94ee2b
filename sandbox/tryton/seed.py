"""A small distributor in an empty Tryton: its books, two warehouses, goods, carriers and customers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.tryton.desk import Desk, Values

SEED = 2
"""Counts changes of what is seeded: a database that was kept with another number is not used."""
OURS = "holdfast"
"""The user that Holdfast's connector logs in as."""
EAST, WEST, RESERVED = "EAST", "WEST", "RESERVED"
PLENTY = 100_000
GOODS = {
    "PUMP": ("100", "60", {EAST: PLENTY, WEST: PLENTY}),
    "VALVE": ("40", "22", {EAST: PLENTY, WEST: PLENTY}),
    "SEAL": ("5", "2", {EAST: 40, WEST: 40}),
    "MOTOR": ("250", "150", {WEST: PLENTY}),
    "FUSE": ("8", "3", {EAST: 6, WEST: PLENTY}),
}
"""By code: list price, cost, and how many lie where to begin with."""
CARRIERS = {("UPSN", "GROUND"): "12", ("FXFE", "ECONOMY"): "18"}
"""By SCAC and service: what the customer is charged for it."""
CUSTOMERS = {"C-100": "100000000", "C-200": "1000", "C-300": "100000000", "C-400": "100000000"}
"""By code: the credit limit."""
_SEQUENCES = ("in_invoice", "in_credit_note", "out_invoice", "out_credit_note")


def fill(desk: Desk, our_password: str, today: date) -> None:
    """Everything, in the order in which it needs each other."""
    currency = desk.create(
        "currency.currency", name="US Dollar", code="USD", symbol="$", rounding=Decimal("0.01"), digits=2
    )
    country = _country(desk)
    company = _company(desk, currency, country)
    desk.works_for(company)
    accounts = _chart(desk, company)
    _books(desk, company, today)
    sequence = desk.search("ir.sequence", ["name", "=", "Sale"])[0]
    methods = dict.fromkeys(("sale_invoice_method", "sale_shipment_method", "sale_shipment_cost_method"), "order")
    desk.call("sale.configuration", "write", [1], {**methods, "sale_sequence": sequence})
    revenue, expense = accounts["revenue"], accounts["expense"]
    category = desk.create(
        "product.category", name="Goods", accounting=True, account_revenue=revenue, account_expense=expense
    )
    places = _warehouses(desk, country)
    _carriers(desk, category)
    _customers(desk, country)
    for code, (price, cost, stocks) in GOODS.items():
        product = _product(desk, category, code, price, cost)
        for name, quantity in stocks.items():
            receive(desk, product, places[name], quantity)
    _our_user(desk, company, our_password)


def _country(desk: Desk) -> int:
    names = {"US-TX": "Texas", "US-IL": "Illinois"}
    states = [{"name": name, "code": code, "type": "state"} for code, name in names.items()]
    return desk.create(
        "country.country", name="United States", code="US", code3="USA", subdivisions=[["create", states]]
    )


def _company(desk: Desk, currency: int, country: int) -> int:
    address = {"street": "1 Depot Road", "city": "Dallas", "postal_code": "75201", "country": country}
    party = desk.create("party.party", name="Meridian Supply", code="MERIDIAN", addresses=[["create", [address]]])
    company = desk.create("company.company", party=party, currency=currency)
    desk.call("res.user", "write", [desk.user_id], {"companies": [["add", [company]]], "company": company})
    return company


def _chart(desk: Desk, company: int) -> dict[str, int]:
    template = desk.search("account.account.template", ["parent", "=", None])[0]
    session, *_ = desk.wizard("account.create_chart", "create")
    chosen = {"account": {"company": company, "account_template": template}}
    desk.wizard("account.create_chart", "execute", session, chosen, "create_account")

    def first(kind: str) -> int:
        wanted: list[Any] = [[f"type.{kind}", "=", True], ["company", "=", company], ["closed", "!=", True]]
        if kind in ("receivable", "payable"):
            wanted.append(["party_required", "=", True])
        return desk.search("account.account", *wanted)[0]

    accounts = {kind: first(kind) for kind in ("revenue", "expense", "receivable", "payable")}
    properties = {
        "company": company,
        "account_receivable": accounts["receivable"],
        "account_payable": accounts["payable"],
        "category_account_revenue": accounts["revenue"],
        "category_account_expense": accounts["expense"],
    }
    desk.wizard("account.create_chart", "execute", session, {"properties": properties}, "create_properties")
    desk.wizard("account.create_chart", "delete", session)
    return accounts


def _books(desk: Desk, company: int, today: date) -> None:
    """Fiscal years from this one on, with a period a month."""

    def sequence(name: str, kind: str) -> int:
        of_kind = desk.search("ir.sequence.type", ["name", "=", kind])[0]
        return desk.create("ir.sequence.strict", name=name, sequence_type=of_kind, company=company)

    invoices, moves = sequence("Invoices", "Invoice"), sequence("Posted moves", "Account Move")
    starts = today.replace(month=1, day=1)
    year = desk.create(
        "account.fiscalyear",
        name=str(today.year),
        start_date=starts,
        end_date=(starts + timedelta(days=800)).replace(month=12, day=31),
        company=company,
        move_sequence=moves,
        invoice_sequences=[["create", [{"company": company, **{f"{name}_sequence": invoices for name in _SEQUENCES}}]]],
    )
    desk.call("account.fiscalyear", "create_period", [year])


def _warehouses(desk: Desk, country: int) -> dict[str, int]:
    """EAST is the warehouse that comes with Tryton. Outside of both lies the place for what Holdfast sets aside."""
    address = desk.search("party.address", ["country", "=", country])[0]
    east = desk.search("stock.location", ["type", "=", "warehouse"])[0]
    desk.call("stock.location", "write", [east], {"name": "East", "code": EAST, "address": address})
    parts = {
        f"{name}_location": desk.create("stock.location", name=f"West {name}", code=f"W-{name.upper()}", type="storage")
        for name in ("input", "output", "storage")
    }
    west = desk.create("stock.location", name="West", code=WEST, type="warehouse", address=address, **parts)
    desk.create("stock.location", name="Set aside for held orders", code=RESERVED, type="storage")
    return {EAST: east, WEST: west}


def _carriers(desk: Desk, category: int) -> None:
    for (scac, service), price in CARRIERS.items():
        party = desk.create("party.party", name=scac, code=scac)
        product = _product(desk, category, service, price, "0", kind="service")
        carrier = desk.create("carrier", party=party, carrier_product=product, carrier_cost_method="product")
        desk.create("carrier.selection", carrier=carrier)


def _product(desk: Desk, category: int, code: str, price: str, cost: str, *, kind: str = "goods") -> int:
    unit = desk.search("product.uom", ["name", "=", "Unit"])[0]
    template = desk.create(
        "product.template",
        name=code.capitalize(),
        type=kind,
        default_uom=unit,
        list_price=Decimal(price),
        cost_price_method="fixed",
        salable=True,
        sale_uom=unit,
        account_category=category,
        products=[["create", [{"suffix_code": code, "cost_price": Decimal(cost)}]]],
    )
    return desk.search("product.product", ["template", "=", template])[0]


def _customers(desk: Desk, country: int) -> None:
    texas = desk.search("country.subdivision", ["code", "=", "US-TX"])[0]
    town = {"city": "DALLAS", "postal_code": "75201", "country": country, "subdivision": texas}
    for code, limit in CUSTOMERS.items():
        places = [{"street": f"{number} ELM ST", **town} for number in (100, 200)]
        desk.create(
            "party.party",
            name=f"Customer {code}",
            code=code,
            addresses=[["create", places]],
            credit_limit_amount=Decimal(limit),
        )


def receive(desk: Desk, product: int, warehouse: int, quantity: float) -> None:
    """So many more arrive from nowhere in particular."""
    company = desk.search("company.company")[0]
    values: Values = {
        "product": product,
        "unit": desk.read("product.product", product, "default_uom")["default_uom"],
        "quantity": float(quantity),
        "from_location": desk.search("stock.location", ["type", "=", "supplier"])[0],
        "to_location": desk.read("stock.location", warehouse, "storage_location")["storage_location"],
        "company": company,
        "unit_price": Decimal(1),
        "currency": desk.read("company.company", company, "currency")["currency"],
    }
    move = desk.create("stock.move", **values)
    desk.call("stock.move", "do", [move])


def _our_user(desk: Desk, company: int, password: str) -> None:
    """A user of our own: it shows which rows are ours, and what it approves nobody else has approved."""
    user = desk.create(
        "res.user",
        name="Holdfast",
        login=OURS,
        password=password,
        companies=[["add", [company]]],
        company=company,
        groups=[["add", desk.search("res.group")]],
    )
    may_withdraw(desk, user)


def may_withdraw(desk: Desk, user: int) -> None:
    """Only administrators may take back that they have skipped a warning. Whoever skips for others has to."""
    group = desk.create("res.group", name="Withdraws skipped warnings")
    rights = dict.fromkeys(("perm_read", "perm_write", "perm_create", "perm_delete"), True)
    desk.call("ir.model.access", "create", [{"model": "res.user.warning", "group": group, **rights}])
    desk.call("res.user", "write", [user], {"groups": [["add", [group]]]})
