"""Policy files on disk: reading them for the processes, and checking them for their owners.

`python -m runtime.policy_files check [DIR ...]` prints every problem as `file:row: column: message`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from domain.policy.policy_set import PolicyError, PolicySet, Problem

DEFAULT_DIRECTORY = Path("policies")
USAGE = (
    "usage: python -m runtime.policy_files check [DIR ...]\nFiles of later directories replace those of earlier ones."
)
NOTES = (".md",)
"""Files that may lie beside the policies and are none."""


def load_policies(*directories: Path) -> PolicySet:
    """The policies of these directories, `policies/` if none is named; files of later ones replace earlier ones.

    Raises PolicyError with every problem, also for a table that takes effect only on a later day.
    """
    policy = PolicySet.parse(read_files(*(directories or (DEFAULT_DIRECTORY,))))
    early = not_yet_effective(policy, datetime.now(UTC).date())
    if early:
        raise PolicyError(early)
    return policy


def read_files(*directories: Path) -> dict[str, str]:
    """Relative path to text of every policy file. Hidden files (and so a spreadsheet's lock files) are passed over."""
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for directory in directories:
        if not directory.is_dir():
            problems.append(Problem(file=str(directory), message="is no directory"))
        for path in sorted(directory.rglob("*")):
            name = path.relative_to(directory)
            if path.is_file() and path.suffix not in NOTES and not any(part.startswith(".") for part in name.parts):
                _read(path, name.as_posix(), files, problems)
    if problems:
        raise PolicyError(problems)
    return files


def _read(path: Path, name: str, files: dict[str, str], problems: list[Problem]) -> None:
    try:
        files[name] = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append(Problem(file=name, message="is not UTF-8 text: save it as CSV UTF-8"))
    except OSError as error:
        problems.append(Problem(file=name, message=f"cannot be read: {error.strerror}"))


def not_yet_effective(policy: PolicySet, today: date) -> list[Problem]:
    """Tables whose day has not come."""
    return [
        Problem(
            file=f"{table.name}.toml",
            column="effective_from",
            message=f"takes effect on {table.header.effective_from}: keep it elsewhere until then",
        )
        for table in policy.tables.values()
        if table.header.effective_from > today
    ]


def summary(policy: PolicySet) -> str:
    """One line a table, for the person who checked."""
    width = max(len(name) for name in policy.tables)
    tables = [
        f"  {name:<{width}}  {len(table.rows):>3} rows, {table.hit_policy}, {table.owner}"
        for name, table in sorted(policy.tables.items())
    ]
    counts = f"{len(policy.people)} people, {len(policy.calendars)} sites, {len(policy.templates)} templates"
    return "\n".join([f"policies {policy.version}: no problems", *tables, f"  {counts}"])


def main(arguments: Sequence[str]) -> int:
    """The command line: 0 if all is well, 1 if there are problems, 2 if it was called wrongly."""
    if not arguments or arguments[0] != "check" or any(argument.startswith("-") for argument in arguments):
        sys.stderr.write(f"{USAGE}\n")
        return 2
    try:
        policy = load_policies(*map(Path, arguments[1:]))
    except PolicyError as error:
        sys.stdout.writelines(f"{problem}\n" for problem in error.problems)
        sys.stdout.write(f"{len(error.problems)} problems: these policies must not be used\n")
        return 1
    sys.stdout.write(f"{summary(policy)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
