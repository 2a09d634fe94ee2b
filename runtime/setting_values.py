"""The kinds of values that settings have, each with what is wrong with a wrong one, and where secrets come from."""

from __future__ import annotations

import os
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_HIGHEST_PORT = 65535


def host_and_port(bind: str) -> tuple[str, int]:
    """The two parts of `host:port`; ValueError if it is not that."""
    host, colon, port = bind.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= _HIGHEST_PORT):
        raise ValueError("write it as host:port, for example 127.0.0.1:8088")
    return host.strip("[]"), int(port)


def _checked_bind(bind: str) -> str:
    host_and_port(bind)
    return bind


def seconds(value: Any) -> Any:
    """Numbers are seconds, also where the environment makes them text."""
    try:
        return timedelta(seconds=float(value))
    except (TypeError, ValueError, OverflowError):
        raise ValueError("write a number of seconds") from None


def _days(value: Any) -> Any:
    """Numbers are days."""
    try:
        return timedelta(days=float(value))
    except (TypeError, ValueError, OverflowError):
        raise ValueError("write a number of days") from None


def directories(value: Any) -> Any:
    """One directory, or several as in PATH."""
    return [each for each in value.split(os.pathsep) if each] if isinstance(value, str) else value


def is_https_or_here(url: str) -> bool:
    """Whether nobody on the way can change what is sent."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    )


def _checked_url(url: str) -> str:
    if not is_https_or_here(url):
        raise ValueError("write an https URL")
    return url


def is_loopback(host: str | None) -> bool:
    """Whether `host` can only be this machine."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


Bind = Annotated[str, AfterValidator(_checked_bind)]
HttpsUrl = Annotated[str, AfterValidator(_checked_url)]
Seconds = Annotated[timedelta, BeforeValidator(seconds), Field(gt=timedelta(0), le=timedelta(hours=1))]
Patience = Annotated[timedelta, BeforeValidator(seconds), Field(ge=timedelta(0), le=timedelta(days=7))]
Days = Annotated[timedelta, BeforeValidator(_days), Field(gt=timedelta(0), le=timedelta(days=366))]


def read_secret(values: Any, name: str) -> Any:
    """`values` with the content of the file that `{name}_file` names as its `name`."""
    file = values.get(f"{name}_file") if isinstance(values, dict) else None
    if file is None:
        return values
    if values.get(name):
        raise ValueError(f"set {name} or {name}_file, not both")
    try:
        content = Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"{name}_file {file} cannot be read: {reason}") from error
    if not content:
        raise ValueError(f"{name}_file {file} is empty")
    return {**values, name: content}


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
