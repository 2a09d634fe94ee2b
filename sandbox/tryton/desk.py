"""Somebody at a desk in Tryton: what people and master data imports do there, past Holdfast."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

Values = dict[str, Any]
_OK = 200


class Refused(RuntimeError):
    """What Tryton answered instead of a result: `kind` is `UserWarning`, `UserError`, ... ; `said` the rest."""

    def __init__(self, kind: str, said: object) -> None:
        super().__init__(f"{kind}: {said}")
        self.kind = kind
        self.said = said


class Desk:
    """Logged in as one user, who works for one company."""

    def __init__(self, url: str, database: str, user: str, password: str, patience: float = 300) -> None:
        self._http = httpx.Client(timeout=patience)
        self._url = f"{url}/{database}/rpc/"
        self._context: Values = {}
        user_id, token, *_ = self._call("common.db.login", [user, {"password": password}])
        session = base64.b64encode(f"{user}:{user_id}:{token}".encode()).decode()
        self._http.headers["Authorization"] = f"Session {session}"
        self.user_id = int(user_id)

    def works_for(self, company: int) -> None:
        """Whatever is done from now on is done for that company."""
        self._context["company"] = company

    def call(self, model: str, method: str, *arguments: Any, **context: Any) -> Any:
        """The result of a method of a model. Raises Refused."""
        return self._call(f"model.{model}.{method}", [*arguments, {**self._context, **context}])

    def wizard(self, name: str, method: str, *arguments: Any) -> Any:
        """A step of a wizard."""
        return self._call(f"wizard.{name}.{method}", [*arguments, self._context])

    def create(self, model: str, **values: Any) -> int:
        """A new record's id."""
        return int(self.call(model, "create", [values])[0])

    def search(self, model: str, *domain: Any) -> list[int]:
        """The ids of the records that fit, the oldest first."""
        found: list[int] = self.call(model, "search", list(domain), 0, None, [["id", "ASC"]])
        return found

    def read(self, model: str, record: int, *names: str, **context: Any) -> Values:
        """Some fields of one record."""
        found: list[Values] = self.call(model, "read", [record], list(names), **context)
        return found[0]

    def close(self) -> None:
        """Leave."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: str, params: list[Any]) -> Any:
        content = json.dumps({"id": 0, "method": method, "params": params}, default=_written)
        answer = self._http.post(self._url, content=content, headers={"Content-Type": "application/json"})
        if answer.status_code != _OK:
            raise Refused(str(answer.status_code), answer.reason_phrase)
        body = json.loads(answer.text, object_hook=_read)
        if "error" in body:
            kind, *said = body["error"]
            raise Refused(str(kind), said)
        return body["result"]


def _written(value: Any) -> Values:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _read(value: Values) -> Any:
    kind = value.get("__class__")
    if kind == "Decimal":
        return Decimal(value["decimal"])
    if kind == "date":
        return date(value["year"], value["month"], value["day"])
    if kind == "datetime":
        parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return datetime(*(value[part] for part in parts))  # noqa: DTZ001 - Tryton's times are UTC and do not say so
    return value
