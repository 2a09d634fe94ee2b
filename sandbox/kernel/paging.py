"""Lists a page at a time: a cursor is opaque to the caller and stays right while rows are added."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BaseModel

from sandbox.kernel.problems import Problem
from sandbox.kernel.store import Document, Documents


class Page(BaseModel):
    """`next_cursor` is None on the last page."""

    items: list[dict[str, Any]]
    next_cursor: str | None = None


class Position(BaseModel):
    """Where in a list the caller is: after which row, and how many more it wants."""

    after: int
    limit: int

    def page(self, found: list[tuple[int, Document]]) -> Page:
        """A page of what was found by asking for one row more than `limit`."""
        shown = found[: self.limit]
        more = len(found) > self.limit
        return Page(items=[document for _, document in shown], next_cursor=_encode(shown[-1][0]) if more else None)

    def read(self, documents: Documents, **fields: str | int | None) -> Page:
        """A page of `documents`, by indexed fields."""
        return self.page(documents.find(after=self.after, limit=self.limit + 1, **fields))


def _position(
    cursor: Annotated[str | None, Query(max_length=100)] = None, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> Position:
    return Position(after=0 if cursor is None else _decode(cursor), limit=limit)


Paging = Annotated[Position, Depends(_position)]
"""Declares the query parameters `cursor` and `limit` of a list."""


def _encode(sequence: int) -> str:
    return base64.urlsafe_b64encode(f"s{sequence}".encode()).decode()


def _decode(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()).decode().removeprefix("s"))
    except (ValueError, binascii.Error):
        raise Problem(400, "bad_cursor", "this cursor is not one of ours: start again without it") from None
