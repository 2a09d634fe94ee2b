"""`python -m bench.policies [DIR ...]`: loading and checking the company's tables, asking them, and finding sources."""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from bench.questions import questions
from bench.report import machine, ratio, say, table
from domain.facts.inventory import Receipt, StockPosition
from domain.inventory.costs import CostTerms
from domain.inventory.sourcing import MOST_SITES, Need, Site, SourcingProblem
from domain.inventory.stock import Stock
from domain.policy.policy_set import PolicySet
from runtime.policy_files import read_files
from sandbox.stack import COMPANY_POLICIES

_ROUNDS = 5
_QUESTIONS = 300
_TODAY = date(2026, 3, 2)
_ITEMS = ("PUMP-1", "VALVE-1")
_FEWEST_SITES = 2


def fastest(*works: Callable[[], object]) -> list[float]:
    """Milliseconds of each work: the best of some rounds in turn, which other programs disturbed least."""
    rounds = [[timeit.timeit(work, number=1) for work in works] for _ in range(_ROUNDS)]
    return [min(times) * 1000 for times in zip(*rounds, strict=True)]


def loading(directories: Sequence[Path]) -> PolicySet:
    """Loading against its parts. Loading includes checking."""
    files = read_files(*directories)
    policy = PolicySet.parse(files)
    names = ("all of it", "reading files", "checking")
    times = fastest(
        lambda: PolicySet.parse(read_files(*directories)), lambda: read_files(*directories), policy.problems
    )
    rows = sum(len(each.rows) for each in policy.tables.values())
    say(f"\n{len(policy.tables)} tables with {rows} rows")
    say(
        table(
            ("loading", "ms", "ratio"), [(n, f"{t:.1f}", ratio(t, times[0])) for n, t in zip(names, times, strict=True)]
        )
    )
    return policy


def deciding(policy: PolicySet) -> None:
    """Each table, asked what its header allows."""
    random = Random(1)  # noqa: S311 - a sample, not a secret
    asked = {name: questions(each, _QUESTIONS, random) for name, each in policy.tables.items()}
    works = [lambda name=name: [policy.decide(name, **inputs) for inputs in asked[name]] for name in asked]
    times = dict(zip(asked, fastest(*works), strict=True))
    average = sum(times.values()) / len(times)
    rows = []
    for name, time in sorted(times.items(), key=lambda each: -each[1]):
        found = policy.tables[name]
        covered = sum(policy.decide(name, **inputs) is not None for inputs in asked[name])
        size = f"{len(found.rows)} x {len(found.inputs)}"
        rows.append(
            (name, size, f"{covered / _QUESTIONS:.0%}", f"{time * 1000 / _QUESTIONS:.1f}", ratio(time, average))
        )
    say("")
    say(table(("deciding", "rows x inputs", "covered", "microseconds", "ratio to the average"), rows))


def sourcing() -> None:
    """All subsets of more and more warehouses."""
    counts = range(_FEWEST_SITES, MOST_SITES + 1)
    problems = [shortage(count) for count in counts]
    times = fastest(*(problem.plans for problem in problems))
    rows = []
    for count, problem, time in zip(counts, problems, times, strict=True):
        days = len(problem.stock.days(_ITEMS, _TODAY))
        looked_at = (2**count - 1) * days
        each = time * 1000 / looked_at
        rows.append((count, looked_at, len(problem.plans()), f"{time:.2f}", ratio(time, times[0]), f"{each:.0f}"))
    say("")
    say(table(("warehouses", "subsets x days", "plans", "ms", "ratio", "microseconds each"), rows))


def shortage(warehouses: int) -> SourcingProblem:
    """An order of two items that no warehouse has alone; more comes in on two other days."""
    sites = tuple(Site(f"W{number}", Decimal(10 + number), Decimal(2), 1 + number % 3) for number in range(warehouses))
    positions = [
        StockPosition(warehouse=s.warehouse, item=i, on_hand=Decimal(6), receipts=_receipts())
        for s in sites
        for i in _ITEMS
    ]
    needs = tuple(
        Need(str(n), item, Decimal(10), _TODAY + timedelta(days=3), Decimal(10), Decimal(6))
        for n, item in enumerate(_ITEMS)
    )
    terms = CostTerms(Decimal(20), Decimal(5), Decimal(30))
    return SourcingProblem(needs, sites, Stock.of(positions, 5, "SO-1"), _TODAY, _TODAY, terms)


def _receipts() -> tuple[Receipt, ...]:
    return tuple(Receipt(eta=_TODAY + timedelta(days=days), quantity=Decimal(2)) for days in (2, 5))


def main() -> None:
    """The command line."""
    say(machine())
    deciding(loading([Path(argument) for argument in sys.argv[1:]] or COMPANY_POLICIES))
    sourcing()


if __name__ == "__main__":
    main()
