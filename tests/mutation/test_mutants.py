"""What mutants are made of a module, and that a mistake is noticed where a test would fail."""

from __future__ import annotations

import ast
import importlib.util

from mutation import run
from mutation.mutants import mutants, mutated
from mutation.run import Finder, all_jobs

from qaadcodec.metrics import rate

SOURCE = '''
"""Not this: 1 < 2."""
from a import b
LIMIT = 3


@c(7)
def f(x: int = 0) -> float:
    """Nor this."""
    if x < LIMIT and not x:
        raise ValueError(f"nor this: {x + 1}")
    g(x)
    return min(x, -1.5)
'''


def test_each_mistake_is_made_once() -> None:
    found = list(mutants(SOURCE))
    assert [(mutant.line, mutant.what) for mutant in found] == [
        (4, "3 → 4"),
        (8, "0 → 1"),
        (10, "condition inverted"),
        (10, "And → Or"),
        (10, "Lt → LtE"),
        (10, "Not removed"),
        (12, "removed: g(x)"),
        (13, "returns None"),
        (13, "min → max"),
        (13, "USub removed"),
        (13, "1.5 → 3.0"),
    ]
    whole = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in found:
        lines = ast.unparse(mutated(SOURCE, mutant)).splitlines()
        assert sum(a != b for a, b in zip(whole, lines, strict=True)) == 1, mutant


def test_a_mutant_takes_the_place_of_its_module() -> None:
    jobs = [job for job in all_jobs("metrics") if job.path.name == "rate.py" and job.mutant.what == "Mult → Div"]
    finder = Finder(jobs[0])
    assert finder.find_spec("qaadcodec.metrics.names") is None
    spec = finder.find_spec("qaadcodec.metrics.rate")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    finder.exec_module(module)
    assert rate.raw_bytes(6, 2) == 144
    assert module.raw_bytes(6, 2) == 1  # 6 * 2 / 12


def test_the_tests_of_the_file_come_first() -> None:
    job = next(job for job in all_jobs("archive") if job.path.name == "tables.py")
    assert run.tests_of("archive", job)[:2] == ["tests/unit/archive/coding/test_tables.py", "tests/unit/archive"]
    assert job.module == "qaadcodec.archive.coding.tables"
