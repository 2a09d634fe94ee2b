"""What customers are asked about their orders, and what they answered: the CRM keeps the answer."""

from __future__ import annotations

from datetime import datetime

from fastapi import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.facts.consent import ConsentState, CustomerAnswer, CustomerAnswers
from sandbox.kernel import Answer, Cancellation, Document, Problem, Service, Write, WriteBody, WriteRequest
from sandbox.kernel.versions import version_of

_NAME = "consent-requests"
_STRICT = ConfigDict(frozen=True, extra="forbid")


class Choice(BaseModel):
    """One of the answers on offer, and what it says on its button."""

    model_config = _STRICT

    choice: str
    label: str


class ConsentBody(WriteBody):
    """A question as it is put to the customer: `question` is the code of its wording, `values` what fills it."""

    order_id: str
    customer_id: str
    po_number: str = ""
    question: str
    about: str = ""
    subject: str
    text: str
    choices: tuple[Choice, ...] = Field(min_length=2)
    answer_by: AwareDatetime
    values: dict[str, str] = {}


class AnswerBody(BaseModel):
    """What the customer chose."""

    model_config = _STRICT

    choice: str


class ConsentRequests:
    """The questions of all customers: `/v1/consent-requests`, and `/v1/customer-answers` for those of one order."""

    def __init__(self, service: Service) -> None:
        self._clock = service.clock
        self._mount(service)  # before the collection's own read, which knows no clock
        self._requests = service.collection(
            _NAME, ConsentBody, "csr", on_create=self._open, on_cancel=self._withdraw, indexed=("state",)
        )

    def _open(self, _: WriteRequest, body: ConsentBody, __: str) -> Document:
        now = self._clock.now()
        if body.answer_by <= now:
            raise Problem(409, "too_late", f"order {body.order_id}: the time to answer is over already")
        return {"state": ConsentState.OPEN.value, "asked_at": now.isoformat(), "choice": None, "answered_at": None}

    def _withdraw(self, _: WriteRequest, request: Document, __: Cancellation) -> Document:
        return {"state": ConsentState.WITHDRAWN.value} if self._state(request) is not ConsentState.ANSWERED else {}

    def _mount(self, service: Service) -> None:
        item = f"/{_NAME}/{{resource_id}}"

        @service.v1.get(item, tags=[_NAME], summary="A question and what has come of it")
        async def read_question(resource_id: str) -> Document:
            return self._seen(self._requests.get(resource_id))

        @service.v1.post(f"{item}/answer", status_code=200, tags=[_NAME], summary="Answer a question, once")
        async def answer(resource_id: str, body: AnswerBody, write: Write) -> Response:
            """The first answer counts. The same again is no contradiction; another, or a late one, is refused with 409,
            which says what was answered.
            """
            return write.once(lambda: self._answer(write, resource_id, body.choice))

        @service.v1.get("/customer-answers", tags=[_NAME], summary="All that was asked about an order")
        async def answers(order_id: str) -> CustomerAnswers:
            asked = self._requests.documents.all(order_id=order_id)
            found = [CustomerAnswer.model_validate(request) for request in asked if self._counts(request)]
            return CustomerAnswers(answers=tuple(found), version=version_of(*found))

    def _answer(self, write: WriteRequest, resource_id: str, choice: str) -> Answer:
        request = self._requests.get(resource_id)
        state = self._state(request)
        if choice not in {offered["choice"] for offered in request["choices"]}:
            raise Problem(422, "unknown_choice", f"{resource_id} does not offer that choice")
        if state is ConsentState.ANSWERED and request["choice"] == choice:
            return Answer(self._seen(request), 200)
        if state is not ConsentState.OPEN:
            raise Problem(409, f"already_{state.lower()}", f"{resource_id} is {state}", answered=request["choice"])
        now = self._clock.now().isoformat()
        request = request | {"state": ConsentState.ANSWERED.value, "choice": choice, "answered_at": now}
        self._requests.documents.put(resource_id, request)
        write.record(
            f"{_NAME}.answer",
            resource_id,
            reference=request["reference"],
            order_id=request["order_id"],
            detail={"question": request["question"], "choice": choice},
        )
        return Answer(self._seen(request), 200)

    def _state(self, request: Document) -> ConsentState:
        state = ConsentState(request["state"])
        over = datetime.fromisoformat(request["answer_by"]) <= self._clock.now()
        return ConsentState.EXPIRED if state is ConsentState.OPEN and over else state

    def _seen(self, request: Document) -> Document:
        return request | {"state": self._state(request).value}

    def _counts(self, request: Document) -> bool:
        return self._state(request) is not ConsentState.WITHDRAWN
