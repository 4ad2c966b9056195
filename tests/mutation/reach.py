"""Which tests call which functions of a package: a mutant of a function is shown to those, and to no others."""

from __future__ import annotations

import ast
import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

Function = tuple[str, int]  # the file that it is in, and its first line, which is that of its first decorator
ANY = ""  # stands for what is called where no test runs: while tests are collected, say


class Reach(NamedTuple):
    """What the tests of a package do when nothing is wrong.

    Attributes:
        seconds: of a processor that each test takes, by its name, in the order in which they run.
        calls: the tests that call a function; ANY among them where it is called outside of tests.
    """

    seconds: dict[str, float]
    calls: dict[Function, set[str]]

    def tests_of(self, function: Function | None) -> list[str]:
        """The tests that notice what a function does; all of them where it is None, or called outside of tests."""
        reaching = self.calls.get(function, set()) if function else {ANY}
        return [test for test in self.seconds if ANY in reaching or test in reaching]


class Recorder:
    """A plugin of pytest that records the reach of tests, each as if the functions that keep results had kept none."""

    def __init__(self, folder: Path) -> None:
        self.reach = Reach({}, {})
        self._folder, self._test = str(folder) + "/", ANY

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Inside, the calls of this thread and of those that start are recorded."""
        sys.settrace(self._called)
        threading.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]

    def _called(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(self._folder):
            self.reach.calls.setdefault((code.co_filename, code.co_firstlineno), set()).add(self._test)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Around a test."""
        for module in [module for module in sys.modules.values() if self._is_own(module)]:
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()
        self._test, start = item.nodeid, time.process_time()
        try:
            return (yield)
        finally:
            self._test, self.reach.seconds[item.nodeid] = ANY, time.process_time() - start

    def _is_own(self, module: Any) -> bool:
        return (getattr(module, "__file__", None) or "").startswith(self._folder)


class Chosen:
    """A plugin of pytest that runs some of the tests alone, the quickest first."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        items[:] = sorted((i for i in items if i.nodeid in self._seconds), key=lambda item: self._seconds[item.nodeid])


def function_around(path: Path, line: int) -> Function | None:
    """The innermost function that has a line in its body; None of module-level code, and of what a class holds."""
    around = None
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):  # from the outside to the inside
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= line <= (node.end_lineno or 0):
            around = str(path), min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return around
