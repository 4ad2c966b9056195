"""Tests in a process of their own, which a mutant may spoil, or keep for ever: a copy of one that has imported much."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from mutation.mutants import Mutant, mutated
from mutation.reach import Chosen, Reach, Recorder

ROOT = Path(__file__).parents[2]
LEAST_SECONDS, TIMES = 10, 6  # of a processor that a mutant may take, and how often what the tests take
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"


class Job(NamedTuple):
    """A mutant of a file of the source."""

    path: Path
    mutant: Mutant

    @property
    def module(self) -> str:
        """The name that the file is imported by."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def plain(self) -> bool:
        """Whether to do without numba, which would take machine code of the source itself from the disk."""
        return "/kernels/" in self.path.as_posix()

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.mutant.line}: {self.mutant.what}"


def reach_of(folder: Path, tests: list[str], plain: bool) -> tuple[Reach, float]:
    """The reach of tests in the source of a folder, and the seconds of a processor that it took.

    Args:
        tests: files and folders.
        plain: do without numba.
    """
    with tempfile.TemporaryDirectory() as made:
        kept = Path(made, "reach")

        def record() -> int:
            recorder = Recorder(folder)
            with recorder.recording():
                code = run_tests(tests, plain, recorder)
            kept.write_bytes(pickle.dumps(recorder.reach))
            return code

        state, used = in_a_process(record, None)
        if state != SURVIVED:
            sys.exit(f"bin/mutate: without a mutant these fail: {' '.join(tests)}")
        return pickle.loads(kept.read_bytes()), used


def tried(job: Job, tests: dict[str, float]) -> tuple[str, float]:
    """What became of a mutant in tests, and the seconds of a processor that it took.

    Args:
        tests: their names, and the seconds that they take without it.
    """

    def run() -> int:
        sys.meta_path.insert(0, Finder(job))
        return run_tests(sorted({test.split("::")[0] for test in tests}), job.plain, Chosen(tests))

    return in_a_process(run, int(max(LEAST_SECONDS, TIMES * sum(tests.values()))))


def in_a_process(run: Callable[[], int], seconds: int | None) -> tuple[str, float]:
    """What became of tests that return an exit code, and the seconds of a processor that they took.

    Args:
        seconds: of a processor that they may take.
    """
    import resource

    child = os.fork()
    if child == 0:
        code = 1
        try:
            if seconds is not None:
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            code = run()
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    used = usage.ru_utime + usage.ru_stime
    if os.WIFSIGNALED(status):
        return TIMED_OUT if seconds is not None and used >= seconds - 1 else KILLED, used
    return SURVIVED if os.WEXITSTATUS(status) == 0 else KILLED, used


def run_tests(tests: list[str], plain: bool, plugin: Any) -> int:
    """In the process of a mutant: the exit code of pytest, which says nothing."""
    import numba

    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    if plain:
        numba.config.DISABLE_JIT = True
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore", *tests], plugins=[plugin]))


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the mutant where its module is imported."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of the mutated module, None of all others."""
        if name != self._job.module:
            return None
        where = self._job.path
        inside = [str(where.parent)] if where.stem == "__init__" else None
        return importlib.util.spec_from_file_location(name, where, loader=self, submodule_search_locations=inside)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """An empty module, as usual."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant."""
        tree = mutated(self._job.path.read_text("utf-8"), self._job.mutant)
        exec(compile(tree, str(self._job.path), "exec"), module.__dict__)
