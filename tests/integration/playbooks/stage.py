"""An enterprise whose customers' orders can be short, over the limit, taxed and priced wrongly in every way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue

from activities.business_answer import BusinessAnswers
from activities.connectors.communications import Communications
from activities.connectors.credit import HttpCredit
from activities.connectors.delivery import Letter
from activities.connectors.erp import HttpErp
from activities.connectors.links import CustomerLinks
from activities.connectors.pricing import HttpPricing
from activities.connectors.stock import HttpStock
from activities.credit import CreditActivities
from activities.crm import CrmActivities
from activities.customer_questions import CustomerQuestionActivities
from activities.edi import EdiActivities
from activities.erp import ErpActivities
from activities.notification import Desk as Desks
from activities.notification import NotificationActivities
from activities.pricing import PricingActivities
from activities.tax import TaxActivities
from activities.tms import TmsActivities
from activities.wms import WmsActivities
from domain.assessment import Assessment, Circumstances, Disposition, Option
from domain.calls import CaseRef, CustomerNotice, FactCall, StepCall, StepResult, UndoCall
from domain.exception_types import ExceptionType
from domain.facts.fact import Fact, FactRequest, Facts
from domain.order import Order
from domain.playbooks import playbook_for
from sandbox.credit.records import CreditSettings
from sandbox.credit.service import build as build_credit
from sandbox.crm.service import build as build_crm
from sandbox.edi.records import EdiSettings
from sandbox.edi.service import build as build_edi
from sandbox.erp.service import ErpSettings
from sandbox.erp.service import build as build_erp
from sandbox.kernel import Settings
from sandbox.kernel.serve import in_thread
from sandbox.kernel.settings import Peer
from sandbox.pricing.service import build as build_pricing
from sandbox.tax.records import TaxSettings
from sandbox.tax.service import build as build_tax
from sandbox.tms.records import TmsSettings
from sandbox.tms.service import build as build_tms
from sandbox.wms.service import build as build_wms
from tests.integration.playbooks import places, transport
from tests.integration.sandbox import partner
from tests.integration.sandbox.desk import TOKENS, Desk
from tests.unit.activities.conftest import run
from tests.unit.activities.patience import connector
from tests.unit.playbooks.scenario import policy

TODAY = datetime.now(UTC).date()
CUSTOMERS = ("C-1", "C-2", "C-3", "C-4", "C-5", *transport.CUSTOMERS, *places.CUSTOMERS)
_LINKS = CustomerLinks("https://orders.example", ("a secret of these tests alone",))
_numbers = itertools.count(1)


def day(number: int) -> str:
    """A day from today."""
    return (TODAY + timedelta(days=number)).isoformat()


def _customer(customer_id: str, **position: JsonValue) -> dict[str, JsonValue]:
    return {"customer_id": customer_id, "currency": "USD", "limit": "10000", "card_on_file": True, **position}


def _certificate(customer_id: str, valid_to: int) -> dict[str, JsonValue]:
    ends = {"valid_from": day(-400), "valid_to": day(valid_to)}
    return {"customer_id": customer_id, "certificate_id": f"X-{customer_id}", "region": "NJ", "use": "RESALE", **ends}


def _schedule(price: str) -> dict[str, JsonValue]:
    return {"currency": "USD", "breaks": [{"unit_price": price}]}


def _contract(item: str, price: str) -> dict[str, JsonValue]:
    dates = {"valid_from": day(-100), "valid_to": day(100)}
    return {"agreement_id": f"K-{item}", "customer_id": "C-5", "item": item, "prices": _schedule(price), **dates}


def _record(record_id: str, item: str, **more: JsonValue) -> dict[str, JsonValue]:
    return {"record_id": record_id, "item": item, "prices": _schedule("10"), **more}


SEEDS: dict[str, dict[str, JsonValue]] = {
    "edi": {**partner.SEED, "partners": [{**partner.PARTNER, "customer_id": "C-5"}]},
    "erp": {
        "items": [
            {
                "item": "BOLT",
                "standard_cost": "6",
                "substitutes": [{"item": "BOLT2", "unit_price": "9", "unit_cost": "5"}],
                "drop_ship": {"supplier": "ACME", "unit_cost": "7", "lead_days": 3},
            }
        ]
    },
    "wms": {
        "warehouses": [{"warehouse": "EAST", "region": "NJ"}, {"warehouse": "WEST", "region": "NV"}],
        "positions": [
            {
                "warehouse": "EAST",
                "item": "BOLT",
                "on_hand": "110",
                "hard_allocated": "70",
                "allocations": [
                    {
                        "order_id": "SO-OTHER",
                        "needed_on": day(5),
                        "quantity": "70",
                        "priority": 6,
                        "reallocatable": True,
                    }
                ],
                "receipts": [
                    {
                        "eta": day(6),
                        "quantity": "100",
                        "purchase_order": "PO-77",
                        "expedite_eta": day(2),
                        "expedite_cost": "15",
                    }
                ],
            },
            {"warehouse": "WEST", "item": "BOLT", "on_hand": "100"},
            {"warehouse": "EAST", "item": "BOLT2", "on_hand": "100"},
            {"warehouse": "EAST", "item": "NUT", "on_hand": "100"},
        ],
        "lanes": [{"origin": "WEST", "destination": "EAST", "days": 2, "cost": "5"}],
        "substitutes": [{"item": "BOLT", "substitutes": ["BOLT2"]}],
    },
    "credit": {"customers": [_customer("C-1", open_receivables="9500"), *(_customer(name) for name in CUSTOMERS[1:])]},
    "tax": {
        "rates": [{"region": "NJ", "product_tax_code": "*", "rate": "0.08"}],
        "certificates": [_certificate("C-2", 100), _certificate("C-3", -10)],
    },
    "crm": {
        "accounts": [{"customer_id": name, "segment": "B"} for name in CUSTOMERS],
        "contacts": [{"customer_id": name, "email": "orders@customer.example"} for name in CUSTOMERS],
        **places.SEED,
    },
    "tms": transport.SEED,
    "pricing": {
        "items": [{"item": item, "cost": "6", "packs": {"CS": "12"}} for item in ("BOLT", "NUT", "GEAR")],
        "agreements": [_contract("BOLT", "9"), _contract("NUT", "9")],
        "price-records": [_record("PR-BOLT", "BOLT"), _record("PR-NUT", "NUT", customer_id="C-5")],
        "rates": [{"currency": "USD", "in_usd": "1"}, {"currency": "EUR", "in_usd": "1.25"}],
    },
}


class Letterbox:
    """Where letters to customers end here."""

    name = "EMAIL"

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def deliver(self, letter: Letter) -> None:
        """Every letter arrives."""
        assert letter.to
        self.letters.append(letter)


class Stage:
    """The services, and the activities by which they are read and written. For one test: clients belong to its loop."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.desks = {name: Desk(url) for name, url in urls.items()}
        self.credit_office = Desk(urls["credit"], "admin")
        clients = {name: connector(name, url, TOKENS["holdfast"]) for name, url in urls.items()}
        self._letterbox = Letterbox()
        erp = HttpErp(clients["erp"])
        questions = CustomerQuestionActivities(clients["crm"], self._letterbox, policy, _LINKS)
        partners = BusinessAnswers(erp, clients["edi"])
        told = NotificationActivities(
            Communications(clients["crm"]), [self._letterbox], policy, Desks("", ""), partners
        )
        self._groups: dict[str, tuple[object, ...]] = {
            "erp": (ErpActivities(erp),),
            "wms": (WmsActivities(HttpStock(clients["wms"])),),
            "credit": (CreditActivities(HttpCredit(clients["credit"])),),
            "tax": (TaxActivities(clients["tax"]),),
            "tms": (TmsActivities(clients["tms"]),),
            "crm": (CrmActivities(clients["crm"]), questions),
            "pricing": (PricingActivities(HttpPricing(clients["pricing"])),),
            "edi": (EdiActivities(clients["edi"]),),
            "notification": (told,),
        }

    def held(self, code: str, customer_id: str, *lines: dict[str, JsonValue], **more: JsonValue) -> Order:
        """A new order with a hold of that code."""
        number = next(_numbers)
        entry: dict[str, JsonValue] = {
            "order_id": f"SO-{number}",
            "customer_id": customer_id,
            "po_number": f"PO-{number}",
            "currency": "USD",
            "entered_by": "nadia",
            "need_by": day(5),
            "carrier_cutoff": (datetime.now(UTC) + timedelta(hours=9)).isoformat(),
            "warehouse": "EAST",
            "ship_to": {"site_id": "S-1", "region": "NJ", "postal_code": "07001"},
            "lines": list(lines),
            "extra_holds": [{"code": code}],
            **more,
        }
        return Order.model_validate(self.desks["erp"].made("/v1/orders", entry))

    def order(self, order_id: str) -> Order:
        """The order as it is now."""
        return Order.model_validate(self.desks["erp"].seen(f"/v1/orders/{order_id}"))

    async def assess(self, kind: ExceptionType, order: Order, *silent: str) -> Assessment:
        """The playbook's answer on facts read from the services; `silent` ones are done without."""
        hold = order.holds[0]
        requests = playbook_for(kind).facts_needed(order, hold)
        items = tuple([await self._read(order, request, silent) for request in requests])
        circumstances = Circumstances(order=order, hold=hold, facts=Facts(items=items), now=datetime.now(UTC))
        return playbook_for(kind).assess(circumstances, policy())

    async def judged(self, kind: ExceptionType, order: Order, code: str, *silent: str) -> tuple[Assessment, Option]:
        """The same, and the option of that code, which must be offered."""
        assessment = await self.assess(kind, order, *silent)
        option = assessment.option(code)
        assert option is not None, [offered.code for offered in assessment.options]
        return assessment, option

    async def _read(self, order: Order, request: FactRequest, silent: tuple[str, ...]) -> Fact:
        fact: Fact = await run(self._activity(request.activity), FactCall(case=_case(order), request=request))
        return fact.model_copy(update={"value": None}) if request.name in silent else fact

    async def carry_out(self, order: Order, option: Option) -> list[StepResult]:
        """Every step, in order."""
        version, results = order.version, []
        for step in option.plan.steps:
            call = StepCall(
                case=_case(order),
                order_version=version,
                step_id=step.step_id,
                arguments=step.arguments,
                idempotency_key=_key(order, option, step.step_id),
                reason=option.reason[:200],
                decided_by="system:policy",
            )
            result: StepResult = await run(self._activity(step.activity), call)
            version = result.order_version or version
            results.append(result)
        return results

    async def end(self, order: Order, option: Option, version: int | None = None) -> Letter:
        """The pivot at a version of the order, by a person, and what the customer is written; tried twice, as when an
        answer is lost.
        """
        now, cancels = self.order(order.order_id), option.disposition is Disposition.CANCEL_ORDER
        operation = "cancel_order" if cancels else "release_order"
        resolution = {
            "resolution": option.code,
            "reason": option.reason[:200],
            "decided_by": "carla",
            "role": option.role,
        }
        more = {"amount": option.amount.model_dump(mode="json"), "policy_version": "1"}
        call = StepCall(
            case=_case(order),
            order_version=version or now.version,
            step_id=operation,
            arguments={
                "resolutions": [{"hold_id": hold.hold_id, **resolution, **more} for hold in now.holds],
                "reason_code": option.code,
            },
            idempotency_key=f"hf-{order.order_id}-{now.version}-end",
            reason=option.reason[:200],
            decided_by="carla",
        )
        await run(self._activity(f"erp.{operation}"), call)
        ended = "ORDER_CANCELLED" if option.covered_by is None else "ORDER_COVERED"
        notice = CustomerNotice(
            case=_case(order),
            message_id=f"hf-{order.order_id}-{now.version}",
            customer_id=order.customer_id,
            po_number=order.po_number,
            outcome=ended if cancels else "RELEASED",
            messages=option.messages,
        )
        for attempt in (1, 2):
            await run(self._activity("notification.tell_customer"), notice, attempt=attempt)
        (letter,) = [one for one in self._letterbox.letters if one.message_id == notice.message_id]
        return letter

    async def undo(self, order: Order, option: Option) -> None:
        """Every step taken back, the last first."""
        for step in reversed(option.plan.steps):
            key = _key(order, option, step.step_id)
            call = UndoCall(
                case=_case(order), step_id=step.step_id, reference=key, idempotency_key=f"{key}-undo", reason="a test"
            )
            if step.undo_activity is None:  # what the ERP knows now it knows
                continue
            await run(self._activity(step.undo_activity), call)

    def _activity(self, name: str) -> Any:
        system, _, operation = name.partition(".")
        return next(getattr(group, operation) for group in self._groups[system] if hasattr(group, operation))


def without_version(order: Order, *besides: str) -> dict[str, Any]:
    """Everything about an order, but how often it was changed, and but what the test does not look at."""
    return order.model_dump(exclude={"version", *besides})


def _case(order: Order) -> CaseRef:
    return CaseRef(tenant="acme", order_id=order.order_id, workflow_id=f"order-exception/acme/{order.order_id}")


def _key(order: Order, option: Option, step_id: str) -> str:
    return f"hf-{order.order_id}-{option.code}-{step_id}"


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """Where all the services are. The ERP asks credit management only, so that what is split off an order that is over
    the limit is held again, as in life.
    """
    common: dict[str, Any] = {"tokens": TOKENS}
    credit = build_credit(CreditSettings(**common, seed=SEEDS["credit"]))
    with ExitStack() as stack:
        urls = {"credit": stack.enter_context(in_thread(credit))}
        peers = {"credit": Peer(url=urls["credit"], token=TOKENS["erp"])}
        erp = build_erp(ErpSettings(**common, seed=SEEDS["erp"], peers=peers, ship_after=3600))
        urls["erp"] = stack.enter_context(in_thread(erp))
        to_erp = {"erp": Peer(url=urls["erp"], token=TOKENS["erp"])}
        built = {
            "wms": build_wms(Settings(**common, seed=SEEDS["wms"])),
            "tax": build_tax(TaxSettings(**common, seed=SEEDS["tax"])),
            "tms": build_tms(TmsSettings(**common, seed=SEEDS["tms"], peers=to_erp)),
            "crm": build_crm(Settings(**common, seed=SEEDS["crm"])),
            "pricing": build_pricing(Settings(**common, seed=SEEDS["pricing"])),
            "edi": build_edi(EdiSettings(**common, seed=SEEDS["edi"], peers=to_erp, pause=0.05)),
        }
        yield {**urls, **{name: stack.enter_context(in_thread(service)) for name, service in built.items()}}
