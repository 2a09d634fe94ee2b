"""Who may call: a bearer token a client, and `/admin` for the client `admin` alone."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sandbox.kernel.problems import Problem

ADMIN = "admin"

_bearer = HTTPBearer(auto_error=False, description="The token of a client")


async def authenticated(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> str:
    """The name of the client whose token the request carries. Raises Problem 401."""
    if credentials is not None:
        tokens: dict[str, str] = request.app.state.service.settings.tokens
        for client, token in tokens.items():
            if hmac.compare_digest(token.encode(), credentials.credentials.encode()):
                return client
    raise Problem(
        401, "unauthorized", "send the bearer token of a known client", headers={"WWW-Authenticate": "Bearer"}
    )


Client = Annotated[str, Depends(authenticated)]
"""The name of the caller."""


async def admin_only(client: Client) -> str:
    """Let only the administrator pass. Raises Problem 403."""
    if client != ADMIN:
        raise Problem(403, "forbidden", f"client {client} is not the administrator")
    return client
