from __future__ import annotations

import base64
import os
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_origin

import pytest
from pydantic import BaseModel

from activities.connectors.links import CustomerLinks
from runtime.encryption.keyring import new_key
from runtime.setting_values import host_and_port
from runtime.settings import Environment, Settings
from runtime.settings_check import WrongSettings, load_settings

EXAMPLE = Path(__file__).parents[3] / "deploy" / "holdfast.example.toml"
SYSTEMS = ("erp", "wms", "tms", "crm", "pricing", "credit", "tax", "edi")
SECRET = "correct-horse-battery"
KEYS = new_key("tests")
SIGNING = "whsec_" + base64.b64encode(b"s" * 24).decode()


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but the test's own."""
    for name in [name for name in os.environ if name.startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOLDFAST_ENCRYPTION__KEYS", KEYS)
    monkeypatch.chdir(tmp_path)


def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    monkeypatch.setenv("HOLDFAST_SETTINGS", str(file))
    return file


def wrong() -> str:
    with pytest.raises(WrongSettings) as caught:
        load_settings()
    return "\n".join(caught.value.sentences)


def systems(**more: str) -> str:
    lines = []
    for name in SYSTEMS:
        lines += [f"[systems.{name}]", f'url = "http://{name}.test"', more.get(name, f'token = "{SECRET}"')]
    return "\n".join(lines)


def test_without_any_settings_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings.environment is Environment.PROD
    assert settings.policies == (Path("policies"),)
    assert settings.systems is None


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch, 'task_queue = "file"\n[worker]\nsticky_timeout = 3\ndrain_for = 9')
    monkeypatch.setenv("HOLDFAST_TASK_QUEUE", "environment")
    monkeypatch.setenv("HOLDFAST_WORKER__STICKY_TIMEOUT", "2")
    settings = load_settings()
    assert settings.task_queue == "environment"
    assert settings.worker.sticky_timeout == timedelta(seconds=2)
    assert settings.worker.drain_for == timedelta(seconds=9)


def test_a_file_called_holdfast_toml_is_found_here(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_text('task_queue = "here"')
    assert load_settings().task_queue == "here"


def test_policies_are_one_directory_or_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch, 'policies = ["a", "b"]')
    assert load_settings().policies == (Path("a"), Path("b"))
    monkeypatch.setenv("HOLDFAST_POLICIES", "c:d")
    assert load_settings().policies == (Path("c"), Path("d"))


def test_a_token_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    written(tmp_path, monkeypatch, systems(erp=f'token_file = "{tmp_path / "token"}"'))
    loaded = load_settings()
    assert loaded.systems is not None
    assert loaded.systems.erp.token.get_secret_value() == SECRET


def test_two_door_tokens_are_live_while_one_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DOOR__TOKEN", f"{SECRET} {SECRET}-new")
    assert load_settings().door.tokens == (SECRET, f"{SECRET}-new")


def test_of_several_link_secrets_the_first_signs_and_all_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().door.links is None
    old, new = (f"{name}-secret-of-more-than-32-characters" for name in ("old", "new"))
    monkeypatch.setenv("HOLDFAST_DOOR__PUBLIC_URL", "https://orders.example")
    monkeypatch.setenv("HOLDFAST_DOOR__LINK_SECRET", f"{new} {old}")
    settings = load_settings()
    assert settings.door.links == CustomerLinks("https://orders.example", (new, old))
    assert new not in repr(settings) + repr(settings.door.links)


def test_the_door_reaches_the_crm_as_the_workers_do_unless_it_has_its_own_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().door_crm is None
    written(tmp_path, monkeypatch, systems())
    shared = load_settings().door_crm
    assert shared is not None
    assert shared.url == "http://crm.test"
    written(tmp_path, monkeypatch, f'{systems()}\n[door.crm]\nurl = "http://own.test"\ntoken = "{SECRET}"')
    own = load_settings().door_crm
    assert own is not None
    assert own.url == "http://own.test"


def test_no_secret_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch, f'{systems()}\n[door]\ntoken = "{SECRET}"\n[notifications]\nsmtp_host = "mail"')
    monkeypatch.setenv("HOLDFAST_NOTIFICATIONS__SMTP_PASSWORD", SECRET)
    settings = load_settings()
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()


def test_every_wrong_value_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(
        tmp_path,
        monkeypatch,
        systems(wms=f'tokn = "{SECRET}"', tax='token_file = "/nowhere/token"')
        + '\n[door]\nbind = "everywhere"\nbody_limit = "much"\n[observation]\nlog_format = "xml"',
    )
    monkeypatch.setenv("HOLDFAST_ENVIRONMENT", "live")
    monkeypatch.setenv("HOLDFAST_WORKER__DRAIN_FOR", "soon")
    monkeypatch.setenv("HOLDFAST_TASKQUEUE", "x")
    said = wrong()
    assert "environment: Input should be 'dev', 'test' or 'prod' (HOLDFAST_ENVIRONMENT or the settings file)" in said
    assert "HOLDFAST_TASKQUEUE is not a setting; did you mean task_queue?" in said
    assert "systems.wms.tokn: is not a setting; did you mean token?" in said
    assert "token_file /nowhere/token cannot be read" in said
    assert "door.bind: write it as host:port" in said
    assert "door.body_limit" in said
    assert "observation.log_format" in said
    assert "worker.drain_for: write a number of seconds" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task_queue = ", "is not valid TOML"),
        ('[systems.erp]\nurl = "http://erp.test"', "systems.tax: is needed and not set"),
        ('[systems.erp]\nurl = "erp"', "systems.erp.url: does not have the form"),
        ("[door]\nanswer_within = 60", "less than or equal to 9 seconds"),
        ("polcies = 'a'", "polcies: is not a setting; did you mean policies?"),
        ("policies = []", "policies"),
        ("[notifications]", "set smtp_host or webhook_url"),
        ('[door]\ntoken = "short"', "door.token: outside dev"),
        ('[door]\npublic_url = "http://d"', "door.link_secret: links to door.public_url need one"),
        ('[door]\nlink_secret = "s"', "door.public_url: door.link_secret signs links"),
        (f'[door]\npublic_url = "http://d"\nlink_secret = "{SECRET}"', "door.link_secret: outside dev each secret"),
        ('[door.crm]\nurl = "http://crm"', "door.crm.token: only dev may do without"),
        ('[door.senders.erp]\nsecret = "guess-me"', "door.senders.erp.secret: a signing secret begins with whsec_"),
        ('[door.senders.erp]\nsecret = ""', "door.senders.erp.secret: one secret, or two"),
        ('[codec_server]\ntoken = "short"', "codec_server.token: outside dev"),
        ('[codec_server]\nui_origin = "https://*"', "codec_server.ui_origin: does not have the form"),
        ('[door]\npublic_url = "orders.example"', "door.public_url: does not have the form"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    written(tmp_path, monkeypatch, text)
    assert said in wrong()


def test_token_and_token_file_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(SECRET)
    written(tmp_path, monkeypatch, f'[door]\ntoken = "{SECRET}"\ntoken_file = "{tmp_path / "token"}"')
    assert "door: set token or token_file, not both" in wrong()


def test_a_settings_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_SETTINGS", "/nowhere/holdfast.toml")
    assert "/nowhere/holdfast.toml (from HOLDFAST_SETTINGS) cannot be read" in wrong()


def test_only_dev_does_without_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch, systems(crm=""))
    assert "systems.crm.token: only dev may do without a token" in wrong()
    monkeypatch.setenv("HOLDFAST_ENVIRONMENT", "dev")
    assert load_settings().systems is not None


def test_only_dev_does_without_encryption_or_who_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLDFAST_ENCRYPTION__KEYS")
    assert "python -m runtime.encryption new-key" in wrong()
    written(tmp_path, monkeypatch, "[encryption]\nenabled = false")
    assert load_settings().encryption.keyring is None
    written(tmp_path, monkeypatch, 'environment = "dev"')
    assert load_settings().encryption.keyring is None
    written(tmp_path, monkeypatch, 'environment = "dev"\n[encryption]\nenabled = true')
    assert "encryption.keys: encryption.enabled needs a key" in wrong()


def test_a_key_that_is_none_is_named_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_ENCRYPTION__KEYS", "2026:c2hvcnQ=")
    said = wrong()
    assert "encryption.keys: the secret of key 2026 has 5 bytes instead of 32" in said
    assert "c2hvcnQ" not in said


def test_keys_and_signing_secrets_may_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLDFAST_ENCRYPTION__KEYS")
    (tmp_path / "keys").write_text(f"{new_key('new')}\n{KEYS}\n")
    (tmp_path / "signing").write_text(f"{SIGNING}\n{SIGNING}\n")
    written(
        tmp_path,
        monkeypatch,
        f'[encryption]\nkeys_file = "{tmp_path / "keys"}"\n[door.senders.erp]\nsecret_file = "{tmp_path / "signing"}"',
    )
    settings = load_settings()
    assert settings.encryption.keyring is not None
    assert list(settings.encryption.keyring.keys) == ["new", "tests"]
    assert settings.door.senders["erp"].keys == (b"s" * 24, b"s" * 24)
    assert SIGNING not in repr(settings)
    assert KEYS not in repr(settings)


@pytest.mark.parametrize("bind", ["", "x", ":80", "host:", "host:99999", "host:-1", "host:²"])
def test_what_is_no_address_is_refused(bind: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        host_and_port(bind)


def test_an_address_has_two_parts() -> None:
    assert host_and_port("[::1]:8080") == ("::1", 8080)


def test_the_example_is_usable_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_SETTINGS", str(EXAMPLE))
    for name in SYSTEMS:
        monkeypatch.setenv(f"HOLDFAST_SYSTEMS__{name.upper()}__TOKEN", SECRET)
    monkeypatch.setenv("HOLDFAST_DOOR__CRM__TOKEN", SECRET)
    assert load_settings().notifications is not None


def test_all_that_the_example_shows_may_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.sub(r"^#(?=\w+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    written(tmp_path, monkeypatch, re.sub(r"^\w+_file = .*$", "", shown, flags=re.MULTILINE))
    assert load_settings().observation.health_bind == "0.0.0.0:8080"


def test_the_example_shows_every_setting_with_its_default() -> None:
    shown = tomllib.loads(re.sub(r"^#(?=\w+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE))
    missing = [path for path in settable(Settings) if not present(shown, path)]
    assert not missing
    defaults = Settings.model_validate({name: shown[name] for name in ("task_queue", "worker")})
    assert defaults.worker.model_copy(update={"build_id": None}) == Settings().worker
    assert defaults.task_queue == Settings().task_queue


def settable(section: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every setting."""
    for name, field in section.model_fields.items():
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
        table = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if get_origin(field.annotation) is dict and table is not None:
            yield from settable(table, (*path, name, "erp"))
        elif table is None:
            yield (*path, name)
        else:
            yield from settable(table, (*path, name))


def present(shown: Any, path: tuple[str, ...]) -> bool:
    for part in path:
        if part not in shown:
            return False
        shown = shown[part]
    return True
