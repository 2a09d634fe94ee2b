"""`docs/exceptions.md` has a row for every option, and its tests and templates are there."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from domain.exception_types import ExceptionType

ROOT = Path(__file__).parents[2]
_PLAYBOOKS = ROOT / "domain" / "playbooks"
_CODE = re.compile(r"[A-Z][A-Z_]+")
_CELLS = 6
_UNDO = 2
_NO_STEPS = "nothing to undo"
_LEAST_ARGUMENTS = 3
"""How many `case.option(code, title, reason, ...)` takes in a row; `proposal.option(case)` is no option's name."""


class Row(NamedTuple):
    """A row of the document: cells as written, and what is in backticks in the last two."""

    kind: str
    option: str
    undo: str
    templates: tuple[str, ...]
    proof: str


class Source:
    """One module that makes options."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.names = vars(importlib.import_module(f"domain.playbooks.{path.stem}"))

    def codes(self) -> set[str]:
        """Of every option that is made here, as far as it is not one that was made elsewhere."""
        return {
            code for function in self._functions() for call in _calls(function) for code in self._of(function, call)
        }

    def _functions(self) -> Iterator[ast.FunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef))

    def _of(self, function: ast.FunctionDef, call: ast.Call) -> set[str]:
        expression = _code_of(call)
        return set() if expression is None else self._read(function, expression)

    def _read(self, function: ast.FunctionDef, expression: ast.expr) -> set[str]:
        parameters = [argument.arg for argument in function.args.args]
        if isinstance(expression, ast.Name) and expression.id in parameters:
            found = self._passed(function, parameters.index(expression.id))
        elif isinstance(expression, ast.Attribute):
            return set()  # the code of what was made elsewhere, and is read there
        else:
            found = {text for node in ast.walk(expression) for text in self._texts(node) if _CODE.fullmatch(text)}
        assert found, f"{self.path.name}:{expression.lineno}: which option is {ast.unparse(expression)}?"
        return found

    def _passed(self, function: ast.FunctionDef, place: int) -> set[str]:
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        passed = [call.args[place] for call in calls if _name(call) == function.name and len(call.args) > place]
        return {code for argument in passed for code in self._read(function, argument)}

    def _texts(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return [node.value]
        value = self.names.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(value, Mapping):
            return [str(one) for one in value.values()]
        return [value] if isinstance(value, str) else []


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _calls(function: ast.FunctionDef) -> list[ast.Call]:
    return [node for node in ast.walk(function) if isinstance(node, ast.Call)]


def _code_of(call: ast.Call) -> ast.expr | None:
    """What stands for the code, if the call makes an option."""
    if _name(call) == "option" and len(call.args) >= _LEAST_ARGUMENTS:
        return call.args[0]
    if _name(call) in {"Option", "Proposal"}:
        return next((keyword.value for keyword in call.keywords if keyword.arg == "code"), None)
    return None


def offered() -> set[tuple[str, str]]:
    """Type and code of every option that the playbooks can offer, read from their source."""
    found: set[tuple[str, str]] = set()
    for path in [*sorted(_PLAYBOOKS.glob("*_*.py")), _PLAYBOOKS / "unclassified.py"]:
        codes = Source(path).codes()
        if codes:
            subject = path.stem.partition("_")[0].upper()
            (kind,) = [kind for kind in ExceptionType if kind.startswith(subject)]
            found |= {(str(kind), code) for code in codes}
    return found


def rows() -> list[Row]:
    """The rows of the document's tables, each under the type in whose section it stands."""
    kind, found = "", []
    for line in (ROOT / "docs" / "exceptions.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line.removeprefix("## ")
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == _CELLS, line
            option, proof = cells[0].strip("`"), cells[-1].strip("`")
            found.append(Row(kind, option, cells[_UNDO], tuple(re.findall(r"`([^`]+)`", cells[-2])), proof))
    return found


def test_every_option_has_exactly_one_row_under_its_type() -> None:
    """And no row names an option that no playbook offers."""
    counted = Counter((row.kind, row.option) for row in rows())
    assert set(counted) == offered()
    assert {row: count for row, count in counted.items() if count > 1} == {}


def test_every_type_has_a_section_with_options() -> None:
    assert {row.kind for row in rows()} == {str(kind) for kind in ExceptionType}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.kind}-{row.option}")
def test_what_a_row_names_is_there(row: Row) -> None:
    """The templates, and the test that proves it: for that option, and by doing and undoing what there is to do."""
    path, _, name = row.proof.partition("::")
    function, _, parameters = name.partition("[")
    called = _called(ROOT / path, function)
    if row.undo != _NO_STEPS:
        assert path.startswith("tests/integration/")
        assert {"carry_out", "undo"} <= called
    assert row.option in parameters if parameters else row.option in _text(ROOT / path, function)
    templates = ROOT / "policies" / "templates"
    known = {file.stem for folder in ("customer", "customer_questions") for file in (templates / folder).glob("*.txt")}
    assert set(row.templates) <= known


def test_every_proof_is_a_test_that_is_run() -> None:
    """With exactly the parameters that its row names, if it names any: pytest itself is asked what it would run."""
    proofs = {row.proof for row in rows()}
    files = sorted({proof.partition("::")[0] for proof in proofs})
    asked = [sys.executable, "-m", "pytest", "--collect-only", "--override-ini=addopts=-q", *files]
    answer = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    run = set(answer.stdout.splitlines())
    assert proofs <= run | {name.partition("[")[0] for name in run}


def _function(file: Path, name: str) -> ast.AST:
    """The test of that name in a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    named = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    assert len(named) == 1, f"{file.name} has {len(named)} tests called {name}"
    return named[0]


def _called(file: Path, name: str) -> set[str]:
    """What a test calls, by the last part of its name."""
    return {_name(node) for node in ast.walk(_function(file, name)) if isinstance(node, ast.Call)}


def _text(file: Path, name: str) -> str:
    return ast.unparse(_function(file, name))
