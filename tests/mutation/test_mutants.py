"""What mutants are made of a module, and that a mistake is noticed where a test would fail."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

from mutation.mutants import mutants, mutated
from mutation.processes import Finder
from mutation.reach import ANY, Reach, Recorder, function_around
from mutation.run import all_jobs, stages

from qaadcodec.metrics import names, rate

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


def test_a_mutant_is_shown_to_the_tests_that_call_its_function_and_those_of_its_file_first() -> None:
    job = next(job for job in all_jobs("metrics") if job.path.name == "rate.py" and job.mutant.what == "Mult → Div")
    assert job.module == "qaadcodec.metrics.rate"
    called = function_around(job.path, job.mutant.line)
    assert called == (str(job.path), rate.raw_bytes.__code__.co_firstlineno)
    own = "tests/unit/metrics/test_rate.py::"
    seconds = {"tests/properties/a.py::one": 1.0, own + "two": 2.0, own + "three": 3.0}
    some, everywhere = {"tests/properties/a.py::one", own + "three"}, {own + "two", ANY}
    assert stages(job, Reach(seconds, {called: some})) == [{own + "three": 3.0}, {"tests/properties/a.py::one": 1.0}]
    assert stages(job, Reach(seconds, {called: everywhere})) == [
        {own + "two": 2.0, own + "three": 3.0},
        {"tests/properties/a.py::one": 1.0},
    ]
    assert stages(job, Reach(seconds, {})) == []


def test_module_level_code_is_shown_to_all_tests() -> None:
    job = next(job for job in all_jobs("archive") if job.path.name == "caps.py")
    assert function_around(job.path, job.mutant.line) is None
    assert stages(job, Reach({"a::b": 1.0}, {})) == [{"a::b": 1.0}]


def test_calls_are_recorded_outside_of_tests_too() -> None:
    recorder = Recorder(Path(names.__file__).parent)
    with recorder.recording():
        names.asks_for(["stray"], names.SURFACE)
    function = names.__file__, names.asks_for.__code__.co_firstlineno
    assert recorder.reach.calls == {function: {ANY}}
