"""The committed histories: one folder a version, one compressed file a run, and what each of them must come to."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from domain.case import CaseOutcome
from domain.cause import Settlement
from domain.exception_types import ExceptionType
from runtime.worker_process import WORKFLOWS
from tests.replay.story import COMPLETED, CONTINUED, Story, told

Document = dict[str, Any]

ROOT = Path(__file__).parents[2]
HISTORIES = Path(__file__).parent / "histories"
EXPECTED = "expected.json"
_SUFFIX = ".json.gz"
RARE_ACTIVITIES = (
    "credit.reblock",
    "erp.cancel_order",
    "wms.reserve",
    "causes.join",
    "crm.ask_customer",
    "edi.fix_mapping",
    "reconciliation.open_lost",
)
"""Undone steps, consent, causes mended once and reconciliation: each of these is in some history."""
_LONGEST_NAME = 120
_DECIDERS = ("system:policy", "system:sla", "None")
_OF_THE_MACHINE = ("identity", "stackTrace", "binaryChecksum")
"""What says where a history was recorded, and means nothing to a replay."""


@dataclass(frozen=True)
class Recorded:
    """One history of the corpus. `expected` is what the folder's list says that it comes to."""

    version: str
    name: str
    history: WorkflowHistory
    expected: Document

    def __str__(self) -> str:
        return f"{self.version}/{self.name}"


def this_version() -> str:
    """The version of the product that histories are recorded for now."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def corpus() -> Iterator[Recorded]:
    """Every committed history, of every version."""
    for folder in sorted(HISTORIES.iterdir()):
        expected = json.loads((folder / EXPECTED).read_text())
        files = {file.name.removesuffix(_SUFFIX): file for file in folder.glob(f"*{_SUFFIX}")}
        if files.keys() != expected.keys():
            raise AssertionError(f"{folder} and its {EXPECTED} differ: {sorted(files.keys() ^ expected.keys())}")
        for name, file in sorted(files.items()):
            yield Recorded(folder.name, name, _read(file), expected[name])


def keep(folder: Path, name: str, history: WorkflowHistory) -> None:
    """Write one history: the same bytes for the same history."""
    document = _neutral(json.loads(history.to_json()))
    text = json.dumps(document, separators=(",", ":"), sort_keys=True)
    _file(folder, name).write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def is_kept(folder: Path, name: str) -> bool:
    """Whether there is a history of that name."""
    return _file(folder, name).exists()


def recorded(folder: Path) -> Iterator[tuple[str, WorkflowHistory]]:
    """The histories of a folder, by name."""
    for file in sorted(folder.glob(f"*{_SUFFIX}")):
        yield file.name.removesuffix(_SUFFIX), _read(file)


def write_expected(folder: Path) -> dict[str, Document]:
    """The list of what the histories of a folder come to, one line each, to be read in a review."""
    stories = {name: expectation(told(history)) for name, history in recorded(folder)}
    lines = [f"  {json.dumps(name)}: {json.dumps(story)}" for name, story in stories.items()]
    (folder / EXPECTED).write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return stories


def expectation(story: Story) -> Document:
    """What is said in the list: how it ended, what became of each hold and by whom, and every time that was set."""
    result = story.result if isinstance(story.result, dict) else {}
    return {
        "workflow": story.workflow,
        "ended": story.ended,
        "outcome": result.get("outcome") or result.get("settlement"),
        "exceptions": [
            f"{one['exception_type']}: {one['option']} by {one['decided_by']}" for one in result.get("exceptions", ())
        ],
        "activities": sorted(set(story.activities)),
        "timers": [round(seconds, 3) for seconds in story.timers.values()],
        "due": list(story.due),
    }


def lacking(expected: Iterable[Document]) -> list[str]:
    """What no history of a version shows, although one should: the corpus is recorded on a machine that may be busy."""
    known = list(expected)
    resolved = [line for each in known for line in each["exceptions"]]
    shown: dict[str, tuple[set[str], set[str]]] = {
        "completed workflow": (
            {workflow.__name__ for workflow in WORKFLOWS},
            {each["workflow"] for each in known if each["ended"] == COMPLETED},
        ),
        "type of exception": (set(ExceptionType), {line.partition(":")[0] for line in resolved}),
        "outcome": ({*CaseOutcome, *Settlement}, {str(each["outcome"]) for each in known}),
        "decision by": ({*_DECIDERS, "a person"}, {_decider(line) for line in resolved}),
        "activity": (set(RARE_ACTIVITIES), {name for each in known for name in each["activities"]}),
        "end": ({COMPLETED, CONTINUED}, {each["ended"] for each in known}),
    }
    return [f"{what} {one}" for what, (wanted, found) in shown.items() for one in sorted(wanted - found)]


def _decider(line: str) -> str:
    by = line.rpartition(" by ")[2]
    return by if by in _DECIDERS else "a person"


def file_name(name: str) -> str:
    """`name` in letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_NAME]


def _file(folder: Path, name: str) -> Path:
    return folder / f"{file_name(name)}{_SUFFIX}"


def _read(file: Path) -> WorkflowHistory:
    document = json.loads(gzip.decompress(file.read_bytes()))
    started = document["events"][0]["workflowExecutionStartedEventAttributes"]
    # the time-skipping server does not say it there
    return WorkflowHistory.from_json(started.get("workflowId", file.name), document)


def _neutral(value: Any) -> Any:
    """The history without the names of the machine and of its folders."""
    if isinstance(value, list):
        return [_neutral(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("kind") == "TASK_QUEUE_KIND_STICKY":
        return {**value, "name": "sticky"}
    return {key: _neutral(each) for key, each in value.items() if key not in _OF_THE_MACHINE}
