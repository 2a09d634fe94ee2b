"""Every step that changes something through the ports, with the undo of each, in words that every house understands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.calls import CaseRef, StepCall, StepResult, UndoCall
from domain.order import Order
from tests.contract.house import House, Ports

SOON = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
UNTIL = (datetime.now(UTC) + timedelta(days=7)).isoformat()

Make = Callable[[Order, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Operation:
    """`shows`: the order reads differently afterwards. `in_place`: as many pieces are owed as before. `guarded`: by the
    version of the order.
    """

    name: str
    undo: str
    make: Make
    port: str = "erp"
    shows: bool = True
    in_place: bool = True
    guarded: bool = True

    def __str__(self) -> str:
        return self.name

    @property
    def activity(self) -> str:
        """What plans call it."""
        return f"{'wms' if self.port == 'stock' else self.port}.{self.name}"

    def is_refused_by(self, house: House) -> bool:
        """Whether the house cannot do this at all."""
        return self.activity in house.refuses

    def step(self, ports: Ports) -> Callable[[StepCall], Awaitable[StepResult]]:
        """The method of the port."""
        port = getattr(ports, self.port)
        if hasattr(port, self.name):
            found: Callable[[StepCall], Awaitable[StepResult]] = getattr(port, self.name)
            return found

        async def amend(call: StepCall) -> StepResult:
            return await ports.erp.amend(self.name, call)

        return amend

    def undoing(self, ports: Ports) -> Callable[[UndoCall], Awaitable[StepResult]]:
        """The method that takes it back."""
        found: Callable[[UndoCall], Awaitable[StepResult]] = getattr(getattr(ports, self.port), self.undo)
        return found


def _amendment(name: str, make: Make, **more: Any) -> Operation:
    return Operation(name, "reverse_amendment", make, **more)


def _first(order: Order) -> str:
    return order.lines[0].line_id


def _second(order: Order) -> str:
    return order.lines[1].line_id


OPERATIONS = [
    _amendment("set_price", lambda o, _: {"lines": {_first(o): {"unit_price": "98.50"}}, "basis": "CONTRACT"}),
    _amendment("set_promise", lambda o, _: {"lines": {_first(o): SOON}}),
    _amendment("split_line", lambda o, _: {"line_id": _first(o), "now": "6", "later": "4", "later_on": SOON}),
    _amendment(
        "assign_sources",
        lambda o, w: {
            "line_id": _first(o),
            "sources": [{"warehouse": w["home"], "quantity": "6"}, {"warehouse": w["far"], "quantity": "4"}],
        },
    ),
    _amendment("split_order", lambda o, _: {"keep": {_first(o): "7"}}),
    _amendment(
        "substitute_line",
        lambda o, w: {"line_id": _first(o), "item": w["other_item"], "unit_price": "95", "unit_cost": "55"},
    ),
    _amendment("confirm_item", lambda o, w: {"line_id": _first(o), "item": w["other_item"], "unit": "EA"}),
    _amendment("cancel_line", lambda o, _: {"line_id": _second(o)}, in_place=False),
    _amendment(
        "set_ship_to",
        lambda _, w: {
            "site_id": w["site"],
            "region": "TX",
            "postal_code": "75201",
            "country": "US",
            "basis": "master",
        },
    ),
    _amendment(
        "set_carrier",
        lambda _, w: {
            "scac": w["scac"],
            "service": w["service"],
            "freight_terms": "PREPAID",
            "account": None,
            "freight": w["freight"],
            "basis": "GUIDE",
        },
    ),
    _amendment("set_purchase_order", lambda o, _: {"po_number": o.po_number, "release_number": "2"}),
    _amendment("add_quantities", lambda o, _: {"lines": {_first(o): "3"}}, in_place=False),
    _amendment(
        "add_lines",
        lambda o, w: {
            "lines": [
                {
                    "line_id": "9",
                    "item": w["item"],
                    "quantity": "3",
                    "unit_price": "100",
                    "need_by": o.need_by.isoformat(),
                }
            ]
        },
        in_place=False,
    ),
    Operation(
        "reserve",
        "unreserve",
        lambda o, w: {
            "order_id": o.order_id,
            "line_id": _first(o),
            "item": w["item"],
            "quantity": "10",
            "warehouse": w["home"],
            "kind": "SOFT",
            "available_on": None,
        },
        port="stock",
        shows=False,
        guarded=False,
    ),
    Operation(
        "create_transfer",
        "cancel_transfer",
        lambda o, w: {
            "order_id": o.order_id,
            "item": w["item"],
            "quantity": "10",
            "origin": w["far"],
            "destination": w["home"],
        },
        port="stock",
        shows=False,
        guarded=False,
    ),
    Operation(
        "release",
        "reblock",
        lambda o, w: {
            "customer_id": w["customer"],
            "order_id": o.order_id,
            "currency": "USD",
            "amount": "1500",
            "valid_until": UNTIL,
        },
        port="credit",
        shows=False,
        guarded=False,
    ),
    Operation(
        "raise_limit",
        "restore_limit",
        lambda _, w: {"customer_id": w["customer"], "currency": "USD", "limit": w["limit"], "valid_until": UNTIL},
        port="credit",
        shows=False,
        guarded=False,
    ),
    _amendment(
        "set_tax", lambda o, _: {"lines": {_first(o): "82.50"}, "freight_tax": "0", "basis": "engine", "true_up": False}
    ),
    Operation(
        "create_purchase_order",
        "cancel_purchase_order",
        lambda o, w: {
            "order_id": o.order_id,
            "line_id": _first(o),
            "item": w["item"],
            "quantity": "10",
            "supplier": "ACME",
            "unit_cost": "70",
            "drop_ship": True,
            "due_on": SOON,
        },
        shows=False,
        guarded=False,
    ),
    Operation(
        "expedite_purchase_order",
        "restore_purchase_order",
        lambda _, __: {"purchase_order": "PO-77", "due_on": SOON, "cost": "50"},
        shows=False,
        guarded=False,
    ),
    Operation(
        "reallocate",
        "restore_allocation",
        lambda o, w: {
            "order_id": o.order_id,
            "line_id": _first(o),
            "item": w["item"],
            "quantity": "1",
            "warehouse": w["home"],
            "from_order_id": "SO-OTHER",
        },
        port="stock",
        shows=False,
        guarded=False,
    ),
    Operation(
        "authorise_payment",
        "void_payment",
        lambda o, w: {"customer_id": w["customer"], "order_id": o.order_id, "currency": "USD", "amount": "1500"},
        port="credit",
        shows=False,
        guarded=False,
    ),
    Operation(
        "create_payment_link",
        "cancel_payment_link",
        lambda o, w: {
            "customer_id": w["customer"],
            "order_id": o.order_id,
            "currency": "USD",
            "amount": "1500",
            "expires_at": UNTIL,
        },
        port="credit",
        shows=False,
        guarded=False,
    ),
    Operation(
        "correct_record",
        "restore_record",
        lambda o, _: {
            "record_id": f"PR-{o.order_id}",
            "record_version": 1,
            "prices": {"currency": "USD", "breaks": [{"unit_price": "98.50"}]},
            "basis": "contract K-1 version 1",
        },
        port="pricing",
        shows=False,
        guarded=False,
    ),
    Operation("revalidate", "forget_validation", lambda _, __: {}, shows=False),
]


def case_of(order_id: str) -> CaseRef:
    """The case of an order."""
    return CaseRef(tenant="acme", order_id=order_id, workflow_id=f"order-exception/acme/{order_id}")


def call_of(house: House, order: Order, operation: Operation, *, again: bool = False) -> StepCall:
    """The step as it was decided on that order."""
    arguments = operation.make(order, house.words())
    return step_call(order, f"hf-{operation.name}-{order.order_id}", arguments, again=again)


def step_call(order: Order, key: str, arguments: dict[str, Any], *, again: bool = False) -> StepCall:
    """Any step on that order."""
    return StepCall(
        case=case_of(order.order_id),
        order_version=order.version,
        step_id="step",
        arguments=arguments,
        idempotency_key=key,
        reason="inside the tolerance",
        decided_by="carla",
        may_have_happened=again,
    )


def undo_of(call: StepCall) -> UndoCall:
    """The reverse of a step."""
    key = call.idempotency_key
    return UndoCall(
        case=call.case, step_id=call.step_id, reference=key, idempotency_key=f"{key}-undo", reason="a later step failed"
    )
