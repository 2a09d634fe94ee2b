"""Loading the settings, and saying in plain sentences everything that is wrong with them."""

from __future__ import annotations

import difflib
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, NoReturn, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from runtime.settings import PREFIX, SETTINGS_VARIABLE, Environment, Settings, settings_file
from runtime.system_settings import SystemSettings, SystemsSettings

EXIT_WRONG_SETTINGS = 2
_SHORTEST_TOKEN = 16
_SHORTEST_LINK_SECRET = 32
"""A link can be guessed at offline, a token cannot."""
_DURATION = re.compile(r"datetime\.timedelta\((?:days=0, )?seconds=(\d+)\)")


class WrongSettings(Exception):
    """Settings that cannot be used. `sentences` has one for each thing to put right; no secret is in them."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


def load_settings() -> Settings:
    """The settings of the file and the environment. Raises WrongSettings with everything that is wrong."""
    sentences = [*_file_problems()]
    if sentences:
        raise WrongSettings(sentences)
    sentences += _unknown_variables(os.environ)
    try:
        settings = Settings()
        sentences += [*_half_said(settings), *_too_open(settings)]
    except ValidationError as error:
        sentences += [_sentence(found) for found in error.errors(include_input=False, include_url=False)]
    except SettingsError as error:
        sentences.append(f"a variable of the environment cannot be read: {error}")
    if sentences:
        raise WrongSettings(sentences)
    return settings


def refuse(sentences: list[str]) -> NoReturn:
    """Say on standard error what is wrong and leave with exit code 2."""
    for sentence in sentences:
        print(f"settings: {sentence}", file=sys.stderr)  # noqa: T201 - there is no log yet
    sys.exit(EXIT_WRONG_SETTINGS)


def settings_or_exit() -> Settings:
    """The settings; a process with wrong ones ends here."""
    try:
        return load_settings()
    except WrongSettings as wrong:
        refuse(wrong.sentences)


def _file_problems() -> Iterator[str]:
    file = settings_file()
    if file is None:
        return
    try:
        tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        yield f"the file {file} (from {SETTINGS_VARIABLE}) cannot be read: {error.strerror}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        yield f"the file {file} is not valid TOML: {error}"


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """Misspelt variables at the top level; below that, validation finds them."""
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name != SETTINGS_VARIABLE:
            top = name[len(PREFIX) :].lower().partition("__")[0]
            if top not in Settings.model_fields:
                yield f"{name} is not a setting{_suggestion(top, Settings)}"


def _half_said(settings: Settings) -> Iterator[str]:
    """Links to customers need both an address and a secret, encryption a key."""
    if settings.encryption.enabled and settings.encryption.keys is None:
        yield "encryption.keys: encryption.enabled needs a key; set one, or encryption.keys_file"
    if settings.door.public_url is not None and not settings.door.link_secrets:
        yield "door.link_secret: links to door.public_url need one; set it, or door.link_secret_file"
    if settings.door.public_url is None and settings.door.link_secrets:
        yield "door.public_url: door.link_secret signs links, and nobody says where they lead"


def _too_open(settings: Settings) -> Iterator[str]:
    """Secrets that are missing, or short enough to be guessed."""
    if settings.environment is Environment.DEV:
        return
    yield from _unencrypted(settings)
    if any(len(token) < _SHORTEST_TOKEN for token in settings.codec_server.tokens):
        yield f"codec_server.token: outside dev each token needs at least {_SHORTEST_TOKEN} characters"
    if any(len(token) < _SHORTEST_TOKEN for token in settings.door.tokens):
        yield f"door.token: outside dev each token needs at least {_SHORTEST_TOKEN} characters"
    if any(len(secret) < _SHORTEST_LINK_SECRET for secret in settings.door.link_secrets):
        yield f"door.link_secret: outside dev each secret needs at least {_SHORTEST_LINK_SECRET} characters"
    if settings.door.crm is not None and not settings.door.crm.token.get_secret_value():
        yield "door.crm.token: only dev may do without a token"
    for name in SystemsSettings.model_fields if settings.systems else ():
        system = getattr(settings.systems, name)
        if isinstance(system, SystemSettings) and not system.token.get_secret_value():
            yield f"systems.{name}.token: only dev may do without a token"


def _unencrypted(settings: Settings) -> Iterator[str]:
    """Outside dev everything is encrypted, unless somebody says in so many words that it is not."""
    if settings.encryption.enabled is not False and settings.encryption.keys is None:
        yield (
            "encryption.keys: outside dev what cases say is encrypted, and there is no key; make one with "
            "`python -m runtime.encryption new-key ID`, and name its file in encryption.keys_file, the same for "
            "worker, door and approver.py"
        )


def _sentence(found: ErrorDetails) -> str:
    path = [str(part) for part in found["loc"]]
    message = _DURATION.sub(r"\1 seconds", found["msg"].removeprefix("Value error, "))
    if found["type"] == "missing":
        message = "is needed and not set"
    elif found["type"] == "extra_forbidden":
        message = "is not a setting" + _suggestion(path[-1], _section(path[:-1]))
    elif found["type"] == "string_pattern_mismatch":
        message = f"does not have the form {found.get('ctx', {}).get('pattern')}"
    return f"{'.'.join(path)}: {message} ({PREFIX}{'__'.join(path).upper()} or the settings file)"


def _suggestion(name: str, section: type[BaseModel] | None) -> str:
    known = [] if section is None else difflib.get_close_matches(name, section.model_fields, 1)
    return f"; did you mean {known[0]}?" if known else ""


def _section(path: list[str]) -> type[BaseModel] | None:
    section: type[BaseModel] = Settings
    for part in path:
        field = section.model_fields.get(part)
        found = None if field is None else _model_in(field.annotation)
        if found is None:
            return None
        section = found
    return section


def _model_in(annotation: Any) -> type[BaseModel] | None:
    candidates = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    return next((each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel)), None)
