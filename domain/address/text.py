"""The same text for the same words, however they were typed."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"[^0-9a-z]+")


def tidy(text: str) -> str:
    """One form for every character, one space between words, none around them."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def capitals(text: str) -> str:
    """Tidy and in capitals. Doing it again changes nothing."""
    return tidy(tidy(text).upper())


def words(text: str) -> tuple[str, ...]:
    """Letters a to z and digits only, in small letters and without accents: for comparing, never for showing."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in spread if not unicodedata.combining(character))
    return tuple(word for word in _SEPARATORS.split(bare.casefold()) if word)
