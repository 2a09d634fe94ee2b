"""Files of events, read piece by piece: JSON Lines, or one JSON array however it is laid out.

What cannot be read becomes a record with a fault: nothing is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_KEPT = 2 * 1024 * 1024
"""Bytes of a record that are kept, for the quarantine; an event may be far smaller."""
_CHUNK = 64 * 1024
_BOM = b"\xef\xbb\xbf"
_WHITE = b" \t\r\n"
_OUTSIDE = re.compile(rb'["\[\]{},]')
_INSIDE = re.compile(rb'["\\]')


@dataclass(frozen=True)
class Record:
    """One event as text. `number` counts from 1: the line of JSON Lines, the element of an array.

    `size` is how many bytes of the file it took; `fault` says why it cannot be an event at all.
    """

    number: int
    text: bytes
    size: int
    fault: str | None = None


def read_records(stream: BinaryIO) -> Iterator[Record]:
    """The records of a stream, each as soon as it has been read."""
    first = stream.read(1)
    while first and (first in _WHITE or first == _BOM[:1]):
        first = stream.read(1) if first in _WHITE else _after_bom(stream)
    return _elements(stream) if first == b"[" else _lines(stream, first)


def _after_bom(stream: BinaryIO) -> bytes:
    stream.read(len(_BOM) - 1)
    return stream.read(1)


def _lines(stream: BinaryIO, first: bytes) -> Iterator[Record]:
    number = 0
    while True:
        line = first + stream.readline(LONGEST_KEPT - len(first))
        first = b""
        if not line:
            return
        number += 1
        size = len(line) + (_skip_line(stream) if len(line) >= LONGEST_KEPT and not line.endswith(b"\n") else 0)
        text = line.strip(_WHITE)
        if text:
            yield Record(number, text, size, _too_long(size))


def _skip_line(stream: BinaryIO) -> int:
    """Read on to the end of the line; how many bytes that was."""
    skipped = 0
    while rest := stream.readline(_CHUNK):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _too_long(size: int) -> str | None:
    return f"it has {size} bytes, more than any event may have" if size > LONGEST_KEPT else None


def _elements(stream: BinaryIO) -> Iterator[Record]:
    scanner = _ArrayScanner()
    while chunk := stream.read(_CHUNK):
        yield from scanner.feed(chunk)
    yield from scanner.finish()


class _ArrayScanner:
    """Cuts an array at the commas between its elements. What an element is worth is not judged here."""

    def __init__(self) -> None:
        self._number = 0
        self._depth = 1
        self._in_string = False
        self._escaped = False
        self._element = bytearray()
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[Record]:
        """The elements that end in `chunk`."""
        start = place = 0
        while place < len(chunk):
            if self._escaped:
                self._escaped, place = False, place + 1
                continue
            found = (_INSIDE if self._in_string else _OUTSIDE).search(chunk, place)
            if found is None:
                break
            place = found.end()
            if self._ends_element(found.group()):
                self._keep(chunk[start : place - 1])
                start = place
                yield from self._element_done()
        self._keep(chunk[start:])

    def finish(self) -> Iterator[Record]:
        """What is left at the end of the stream: nothing, if the array is whole."""
        rest = bytes(self._element).strip(_WHITE)
        if self._depth > 0:
            yield Record(self._number + 1, rest, self._size, "the array does not end: the file may have been cut off")
        elif rest:
            yield Record(self._number + 1, rest, self._size, "there is text after the end of the array")

    def _ends_element(self, mark: bytes) -> bool:
        """Take note of a quote, backslash, bracket or comma. True at the end of an element of the array itself."""
        if mark == b'"':
            self._in_string = not self._in_string
        elif mark == b"\\":
            self._escaped = True
        elif mark in b"[{":
            self._depth += 1
        elif mark == b"]" or (mark == b"}" and self._depth > 1):
            self._depth -= 1
            return self._depth == 0
        return mark == b"," and self._depth == 1

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        self._element += part[: max(0, LONGEST_KEPT - len(self._element))]

    def _element_done(self) -> Iterator[Record]:
        text, size = bytes(self._element).strip(_WHITE), self._size + 1
        self._element.clear()
        self._size = 0
        if text or self._depth == 1:
            self._number += 1
            yield Record(self._number, text, size, _too_long(size) if text else "the element is empty")
