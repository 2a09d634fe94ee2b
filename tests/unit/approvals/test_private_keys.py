from __future__ import annotations

import stat
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from domain.keys import PublicKey
from runtime.approvals.private_keys import KeyFiles, PrivateKey, key_store, private_key_of
from runtime.approvals.refusals import ExitCode, Refused
from runtime.settings import IdentitySettings


class Memory(KeyringBackend):
    """A keyring of this process."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def test_no_keys_id_can_be_taken_for_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter(["-one", "--two", "three"])
    made = PublicKey.of
    monkeypatch.setattr(
        PublicKey, "of", lambda raw, subject, now: made(raw, subject, now).model_copy(update={"kid": next(ids)})
    )
    assert PrivateKey.new("carla", 10).public.kid == "three"


@pytest.mark.parametrize("subject", ["carla", "carla@example.com", "../carla", "carla/x"])
def test_a_key_is_kept_in_a_file_that_nobody_else_can_read(tmp_path: Path, subject: str) -> None:
    store = KeyFiles(tmp_path / "keys")
    key = PrivateKey.new(subject, 10)
    file = Path(store.write(subject, key.text))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.parent == tmp_path / "keys"
    assert private_key_of(subject, store).public == key.public


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_proves_nothing(tmp_path: Path, mode: int) -> None:
    store = KeyFiles(tmp_path)
    file = Path(store.write("carla", PrivateKey.new("carla", 10).text))
    file.chmod(mode)
    with pytest.raises(Refused, match="can be read by others") as refused:
        private_key_of("carla", store)
    assert refused.value.code is ExitCode.UNAUTHENTICATED


def test_without_a_key_nothing_can_be_signed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="carla has no key") as refused:
        private_key_of("carla", KeyFiles(tmp_path / "none"))
    assert (refused.value.code, "keys new" in refused.value.advice) == (ExitCode.UNAUTHENTICATED, True)


def test_what_is_no_key_of_theirs_is_not_used(tmp_path: Path) -> None:
    store = KeyFiles(tmp_path)
    for text in (
        "",
        "{}",
        "[]",
        PrivateKey.new("conrad", 10).text,
        PrivateKey.new("carla", 1).text.replace('"d"', '"e"'),
    ):
        store.write("carla", text)
        with pytest.raises(Refused, match="no key of theirs"):
            private_key_of("carla", store)


def test_a_key_may_be_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    monkeypatch.setattr(keyring, "get_password", memory.get_password)
    monkeypatch.setattr(keyring, "set_password", memory.set_password)
    store = key_store(IdentitySettings(keyring=True))
    key = PrivateKey.new("carla", 10)
    assert store.write("carla", key.text) == "the keyring"
    assert private_key_of("carla", store).public == key.public
