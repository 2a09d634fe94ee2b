"""What stands in an order for a part of the partner's that nobody has explained yet."""

from __future__ import annotations

_PREFIX = "UNMAPPED:"


def placeholder_for(part: str) -> str:
    """The item of a line whose part is not known; `part` has the characters that ids may have."""
    return f"{_PREFIX}{part}"


def is_placeholder(item: str) -> bool:
    """Whether the item is none: nobody makes, keeps or sells it."""
    return item.startswith(_PREFIX)
