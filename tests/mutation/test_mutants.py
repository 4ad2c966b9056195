"""What mutants are made of a module, and that a mistake is noticed where a test would fail."""

from __future__ import annotations

import ast
import importlib.util
import signal
import sys
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
from mutation.equivalent import description, equivalent
from mutation.mutants import mutants, mutated
from mutation.places import Exchange, Job, functions_of, put
from mutation.processes import FAILED, in_a_process
from mutation.reach import ANY, SLOW, Reach, Recorder
from mutation.run import all_jobs

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


@pytest.fixture
def job() -> Job:
    """`raw_bytes`, with the points divided by what each takes."""
    return next(job for job in all_jobs("metrics") if job.path.name == "rate.py" and job.mutant.what == "Mult → Div")


def test_a_mutant_takes_the_place_of_its_module(job: Job) -> None:
    finder = Exchange(lambda path: job.tree() if path == job.path else None)
    assert finder.find_spec("qaadcodec.metrics.names") is None
    assert finder.find_spec("json") is None
    module = imported(finder, "qaadcodec.metrics.rate")
    assert rate.raw_bytes(6, 2) == 144
    assert module.raw_bytes(6, 2) == 1  # 6 * 2 / 12


def test_a_mutant_takes_the_place_of_its_function_where_that_was_imported(job: Job) -> None:
    raw_bytes = FunctionType(rate.raw_bytes.__code__, vars(rate))  # whose code may stay as it is then
    assert put(job, {job.around[0]: [raw_bytes]})
    assert raw_bytes(6, 2) == 1
    assert not put(job, {})
    assert rate.raw_bytes in functions_of(job.path.parent)[job.around[0]]


def test_a_mutant_of_module_level_code_comes_too_late_for_a_module_that_is_there() -> None:
    job = next(job for job in all_jobs("metrics") if job.path.name == "sampled.py")
    assert job.around == []
    assert job.module in sys.modules
    assert not put(job, functions_of(job.path.parent))


def test_a_mutant_is_shown_to_the_tests_that_call_its_function_and_those_of_its_file_first(job: Job) -> None:
    assert (job.module, job.own) == ("qaadcodec.metrics.rate", "tests/unit/metrics/test_rate.py")
    [called] = job.around
    assert called == (str(job.path), rate.raw_bytes.__code__.co_firstlineno)
    own, b, c = f"{job.own}::", "tests/b.py::", "tests/c.py::"
    seconds = {b + "1": 1.0, b + "2": 2.0, own + "2": 4.0, own + "1": 2.5, c + "1": 2.0}
    everywhere = [own + "1", own + "2", c + "1", b + "1", b + "2"]
    assert [*Reach(seconds, {called: {ANY}}).in_order(job).items()] == [(test, seconds[test]) for test in everywhere]
    assert [*Reach(seconds, {called: {b + "2", own + "1"}}).in_order(job)] == [own + "1", b + "2"]
    assert Reach(seconds, {}).in_order(job) == {}


def test_a_mutant_comes_too_late_for_a_function_that_was_called_while_tests_were_collected(job: Job) -> None:
    assert Reach({}, {job.around[0]: {"a::1", ANY}}).is_late(job)
    assert not Reach({}, {job.around[0]: {"a::1"}}).is_late(job)


def test_module_level_code_is_shown_to_all_tests_and_to_those_first_that_call_what_is_in_its_file() -> None:
    job = next(job for job in all_jobs("metrics") if job.path.name == "sampled.py")
    seconds = {"a::1": 1.0, "b::1": 2.0}
    assert [*Reach(seconds, {}).in_order(job)] == ["a::1", "b::1"]
    assert [*Reach(seconds, {(str(job.path), 7): {"b::1"}}).in_order(job)] == ["b::1", "a::1"]


def test_a_slow_test_is_left_out_where_a_quick_one_calls_the_function_too(job: Job) -> None:
    seconds = {"a::slow": SLOW + 1, "a::quick": 1.0}
    assert Reach(seconds, {job.around[0]: {"a::slow", "a::quick"}}).in_order(job) == {"a::quick": 1.0}
    assert Reach(seconds, {job.around[0]: {"a::slow"}}).in_order(job) == {"a::slow": SLOW + 1}


def test_calls_are_recorded_outside_of_tests_too() -> None:
    recorder = Recorder(Path(names.__file__).parent, plain=False)
    module = imported(recorder.finder, "qaadcodec.metrics.names")
    assert module.asks_for(["stray"], names.SURFACE) == names.asks_for(["stray"], names.SURFACE)
    function = names.__file__, names.asks_for.__code__.co_firstlineno
    assert recorder.reach.calls[function] == {ANY}
    assert module.asks_for.__doc__ == names.asks_for.__doc__


def test_kernels_that_numba_compiles_are_not_recorded() -> None:
    folder = Path(names.__file__).parents[1] / "assignment"
    for plain in (False, True):
        found = Recorder(folder, plain).finder.find_spec("qaadcodec.assignment.kernels.exact")
        assert (found is not None) == plain


def test_what_ends_a_process_is_told() -> None:
    assert in_a_process(lambda: 7) == 7
    assert in_a_process(lambda: signal.raise_signal(signal.SIGXCPU) or 0) is None
    assert in_a_process(lambda: signal.raise_signal(signal.SIGKILL) or 0) == FAILED


def test_a_mutant_is_known_by_its_line_without_the_comment() -> None:
    job = next(job for job in all_jobs("metrics") if job.path.name == "normals.py")
    assert description(job) == ("qaadcodec/metrics/normals.py", "BLOCK = 4096", "4096 → 4097")
    assert equivalent()[description(job)] == "the size of a block: speed alone"


def imported(finder: Exchange, name: str) -> ModuleType:
    """A module as the finder has it."""
    spec = finder.find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
