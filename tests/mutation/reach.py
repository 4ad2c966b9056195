"""Which tests call which functions of a package: a mutant of a function is shown to those, and to no others."""

from __future__ import annotations

import ast
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from mutation.places import KERNELS, Exchange, Function, Job, first_line

ANY = ""  # stands for what is called where no test runs: while tests are collected, say
SLOW = 5.0  # seconds of a processor; a test that takes longer is left out where a quicker one calls the function


class Reach(NamedTuple):
    """What the tests of a package do when nothing is wrong.

    Attributes:
        seconds: of a processor that each test takes, by its name, in the order in which they run.
        calls: the tests that call a function; ANY among them where it is called outside of tests.
    """

    seconds: dict[str, float]
    calls: dict[Function, set[str]]

    def tests_of(self, function: Function | None) -> list[str]:
        """The tests that notice what a function does; all of them where it is None, or called outside of tests.

        Slow ones are left out where that leaves any.
        """
        reaching = self.calls.get(function, set()) if function else {ANY}
        tests = [test for test in self.seconds if ANY in reaching or test in reaching]
        return [test for test in tests if self.seconds[test] <= SLOW] or tests

    def is_late(self, job: Job) -> bool:
        """Whether the function of a mutant has been called when tests are there: to make a constant, say."""
        return any(ANY in self.calls.get(function, ()) for function in job.around)

    def in_order(self, job: Job) -> dict[str, float]:
        """The tests that a mutant is shown to, with their seconds, the most likely to notice first.

        First the file of tests that mirrors the mutant's, then what calls anything in its file, then all else, and of
        these files that take little time first. In a file the quickest are first. Files are not mixed, since what their
        tests share would be made again.
        """
        around, spent = job.around, defaultdict[str, float](float)
        tests = self.tests_of(around[-1] if around else None)
        near = {file_of(test) for (path, _), those in self.calls.items() if path == str(job.path) for test in those}
        for test in tests:
            spent[file_of(test)] += self.seconds[test]

        def place(test: str) -> tuple[bool, bool, float, str, float]:
            file = file_of(test)
            return file != job.own, file not in near, spent[file], file, self.seconds[test]

        return {test: self.seconds[test] for test in sorted(tests, key=place)}


class Recorder:
    """A plugin of pytest that records the reach of tests, each as if the functions that keep results had kept none.

    Modules that are imported through its `finder` tell of every call of their functions, all but kernels that numba
    compiles. Python's own tracing made tests with many calls ten times slower.

    Args:
        folder: whose modules do so.
        plain: nothing is compiled.
    """

    def __init__(self, folder: Path, plain: bool) -> None:
        self.reach = Reach({}, {})
        self.finder = Exchange(self._telling, {"__called__": self._called})
        self._folder, self._plain, self._test = str(folder) + "/", plain, ANY

    def _telling(self, path: Path) -> ast.Module | None:
        """A module, where each function begins with telling that it is called."""
        if not str(path).startswith(self._folder) or (KERNELS in path.as_posix() and not self._plain):
            return None
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                tells = ast.parse(f"__called__({str(path)!r}, {first_line(node)})").body[0]
                for part in ast.walk(tells):
                    ast.copy_location(part, node.body[0])
                node.body.insert(1 if ast.get_docstring(node, clean=False) is not None else 0, tells)
        return tree

    def _called(self, path: str, line: int) -> None:
        """Record a call."""
        self.reach.calls.setdefault((path, line), set()).add(self._test)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Around a test."""
        forget(self._folder)
        self._test, start = item.nodeid, used()
        try:
            return (yield)
        finally:
            self._test, self.reach.seconds[item.nodeid] = ANY, used() - start


def forget(folder: str) -> None:
    """Empty what functions of the modules of a folder have kept of their results."""
    for module in list(sys.modules.values()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()


def used() -> float:
    """Seconds of a processor that this process has taken, and those that it has started and waited for."""
    return sum(os.times()[:4])


def file_of(test: str) -> str:
    """The file that a test is in."""
    return test.split("::")[0]
