"""Versions as entity tags: a write says which version it was decided on."""

from __future__ import annotations

from sandbox.kernel.problems import Problem


def etag(version: int) -> str:
    """The ETag of a version, quoted as HTTP wants it."""
    return f'"v{version}"'


def require_match(if_match: str | None, version: int) -> None:
    """Let a write pass that was decided on the present version. Raises Problem 428 without If-Match, 412 if stale."""
    if if_match is None:
        raise Problem(428, "if_match_required", "send If-Match with the ETag that the decision rests on")
    if if_match.strip().removeprefix("W/").strip('"') != f"v{version}":
        raise Problem(
            412,
            "stale_version",
            f"the resource is at {etag(version)}, not {if_match}: read it again",
            headers={"ETag": etag(version)},
        )
