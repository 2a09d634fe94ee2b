from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.keys import KeySetError
from runtime.approvals.private_keys import PrivateKey
from runtime.key_set_file import UnknownKey, add_key, read_key_set, revoke_key


def test_a_new_key_takes_the_place_of_its_owners_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    first, second, other = PrivateKey.new("carla", 10), PrivateKey.new("carla", 20), PrivateKey.new("conrad", 15)
    for key in (first, other, second):
        add_key(file, key.public)
    revoked = {key.kid: key.revoked_at for key in read_key_set(file).keys}
    assert revoked == {first.public.kid: 20, second.public.kid: None, other.public.kid: None}
    assert "d" not in json.loads(file.read_text())["keys"][0]


def test_a_revoked_key_stays_so(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key = PrivateKey.new("carla", 10).public
    add_key(file, key)
    assert revoke_key(file, key.kid[:12], 30).revoked_at == 30
    assert revoke_key(file, key.kid, 40).revoked_at == 30
    with pytest.raises(KeySetError, match="was revoked"):
        add_key(file, key)


def test_a_name_that_fits_no_key_or_several_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    for name in ("carla", "conrad"):
        add_key(file, PrivateKey.new(name, 10).public)
    for beginning in ("", "!"):
        with pytest.raises(UnknownKey):
            revoke_key(file, beginning, 30)


def test_many_who_write_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = [PrivateKey.new(f"person-{number}", 10).public for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: add_key(file, key), keys))
    assert {key.sub for key in read_key_set(file).keys} == {key.sub for key in keys}


def test_a_file_that_is_none_is_said_to_be_so(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text("{")
    with pytest.raises(KeySetError, match="not JSON"):
        read_key_set(file)
