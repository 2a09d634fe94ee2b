"""The directory on disk and the command that its owners run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from domain.policy.policy_set import PolicyError
from runtime.policy_files import load_policies, main, read_files
from tests.unit.policy.tables import COMPANY


@pytest.fixture
def own(tmp_path: Path) -> Path:
    shutil.copytree(COMPANY, tmp_path / "own")
    return tmp_path / "own"


def edit(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text().replace(old, new))


def test_check_is_silent_about_good_policies(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(own)]) == 0
    assert "no problems" in capsys.readouterr().out


def test_check_prints_file_row_and_column_and_fails(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(own / "sla.csv", "PRIORITY,1h", "PRIORTY,1 hour")
    assert main(["check", str(own)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "sla.csv:3: service_level: 'PRIORTY' is not known: did you mean PRIORITY?" in lines
    assert any(line.startswith("sla.csv:3: acknowledge: '1 hour' is not a duration") for line in lines)


@pytest.mark.parametrize("arguments", [[], ["chek"], ["check", "--all"]])
def test_a_wrong_call_says_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_later_directories_replace_files_of_earlier_ones(own: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    later.mkdir()
    (later / "sla.csv").write_text((own / "sla.csv").read_text().replace("15m", "5m"))
    policy = load_policies(own, later)
    assert policy.tables["sla"].rows[0].outputs != load_policies(own).tables["sla"].rows[0].outputs


def test_what_lies_beside_the_policies_is_passed_over(own: Path) -> None:
    (own / ".~lock.sla.csv#").write_text("me")
    (own / "README.md").write_text("read me")
    assert load_policies(own).version == load_policies(COMPANY).version


def test_a_byte_order_mark_does_no_harm(own: Path) -> None:
    (own / "sla.csv").write_bytes(b"\xef\xbb\xbf" + (own / "sla.csv").read_bytes())
    assert load_policies(own).version == load_policies(COMPANY).version


def test_a_file_in_another_encoding_is_named(own: Path) -> None:
    (own / "people.csv").write_bytes("subject,roles,email\nmüller,cfo,m@x.example\n".encode("latin-1"))
    with pytest.raises(PolicyError, match=r"people\.csv: is not UTF-8 text"):
        load_policies(own)


def test_a_table_does_not_count_before_its_day(own: Path) -> None:
    edit(own / "sla.toml", "2026-01-01", "2999-01-01")
    with pytest.raises(PolicyError, match="takes effect on 2999-01-01"):
        load_policies(own)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="is no directory"):
        read_files(tmp_path / "nowhere")
