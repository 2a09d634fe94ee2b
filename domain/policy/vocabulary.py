"""Words that many tables share. A header names a list of them as `@Name` instead of repeating it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from domain.assessment import Jeopardy
from domain.exception_types import ExceptionType
from domain.order import HoldClass, ServiceLevel
from domain.policy.problem import CellError
from domain.tasks import TaskKind

Vocabulary = Mapping[str, tuple[str, ...]]

BUILT_IN: Vocabulary = {
    "ExceptionType": tuple(ExceptionType),
    "ServiceLevel": tuple(ServiceLevel),
    "TaskKind": tuple(TaskKind),
    "HoldClass": tuple(HoldClass),
    "Jeopardy": tuple(Jeopardy),
}
"""The domain's own enumerations. Roles, segments, currencies and systems are the company's: see `company.toml`."""


COMPANY_LISTS = ("Role", "Segment", "Currency", "System")
UNREAD: Vocabulary = {**BUILT_IN, **dict.fromkeys(COMPANY_LISTS, ())}
"""Where `company.toml` itself cannot be read: its lists are empty, and an empty list is not held against a word."""


def expanded(values: Iterable[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """`values` with every `@Name` replaced by the words it stands for; CellError if there is no such list."""
    words: list[str] = []
    for value in values:
        words.extend(_list(value[1:], vocabulary) if value.startswith("@") else (value,))
    return tuple(dict.fromkeys(words))


def _list(name: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    if name not in vocabulary:
        raise CellError(f"there is no list of words called @{name}: the known ones are {', '.join(sorted(vocabulary))}")
    return vocabulary[name]


def unknown(word: str, known: Iterable[str]) -> str:
    """A sentence about a word that is not in a closed list, with the nearest one that is."""
    words = sorted(known)
    near = difflib.get_close_matches(word.upper(), [other.upper() for other in words], n=1, cutoff=0.6)
    if near:
        meant = next(other for other in words if other.upper() == near[0])
        return f"{word!r} is not known: did you mean {meant}?"
    return f"{word!r} is not known: use one of {', '.join(words)}"
