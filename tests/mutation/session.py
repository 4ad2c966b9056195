"""A session of pytest in which mutants are shown to tests, which are collected once, and run in a process for each."""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest
from mutation.places import ROOT, Exchange, Functions, Job, functions_of, put
from mutation.processes import CANNOT, FAILED, KILLED, SURVIVED, TIMED_OUT, Limits, confine, in_a_process
from mutation.reach import Reach, Recorder, file_of, forget


class Fate(NamedTuple):
    """What became of a mutant; "" where it came too late, since its module was there already."""

    job: Job
    state: str


def fates(folder: Path, tests: list[str], jobs: Sequence[Job]) -> Iterator[Fate]:
    """What becomes of mutants, all of which are plain, or none.

    Args:
        folder: of the source.
        tests: files and folders.
    """
    with tempfile.TemporaryDirectory() as made:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with os.fdopen(writer, "wb") as told:
                Shown(folder, jobs, told, Path(made, "reach")).run(tests)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as heard:
            yield from _heard(heard, folder, tests)
        os.waitpid(child, 0)


def _heard(heard: IO[bytes], folder: Path, tests: list[str]) -> Iterator[Fate]:
    """What the session tells; mutants for which it came too late have sessions of their own."""
    reach = None
    while True:
        try:
            told = pickle.load(heard)
        except EOFError:
            break
        if isinstance(told, str):
            sys.exit(f"bin/mutate: without a mutant this fails: {told}")
        if isinstance(told, Reach):
            reach = told
        elif told.state:
            yield told
        elif reach is not None:
            yield alone(told.job, reach)
    if reach is None:
        sys.exit(f"bin/mutate: these cannot be collected: {' '.join(tests)}")


class Shown:
    """The plugin of pytest: it takes the place of the loop that runs tests.

    Args:
        folder: of the source.
        jobs: the mutants.
        told: a pipe into which reach and fates go.
        made: a file for the reach that is recorded.
    """

    def __init__(self, folder: Path, jobs: Sequence[Job], told: IO[bytes], made: Path) -> None:
        self._folder, self._jobs, self._told, self._made = folder, jobs, told, made
        self._recorder = Recorder(folder, plain=jobs[0].plain)

    def run(self, tests: list[str]) -> None:
        """In the process of the session: collect the tests, and show the mutants."""
        sys.meta_path.insert(0, self._recorder.finder)
        run_tests(tests, self._jobs[0].plain, self)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Record the reach, and then what becomes of each mutant."""
        if session.testsfailed:
            return True
        code = in_a_process(lambda: self._record(session))
        reach: Reach = pickle.loads(self._made.read_bytes())
        if code != 0:
            self._tell([*reach.seconds][-1])
            return True
        self._tell(reach)
        functions = functions_of(self._folder)
        for job in self._jobs:
            show = partial(self._show, session, job, functions, reach.in_order(job))
            code = CANNOT if reach.is_late(job) else in_a_process(show)
            self._tell(Fate(job, "" if code == CANNOT else state_of(code)))
        return True

    def _tell(self, what: Any) -> None:
        pickle.dump(what, self._told)
        self._told.flush()

    def _record(self, session: pytest.Session) -> int:
        session.config.pluginmanager.register(self._recorder)
        run_items(session, session.items)
        self._made.write_bytes(pickle.dumps(self._recorder.reach))
        return session.testsfailed

    def _show(self, session: pytest.Session, job: Job, functions: Functions, seconds: dict[str, float]) -> int:
        if not put(job, functions):
            return CANNOT
        confine()
        forget(f"{self._folder}/")
        limits = Limits(seconds)
        session.config.pluginmanager.register(limits)
        items = list(session.items)
        limits.pytest_collection_modifyitems(items)
        run_items(session, items)
        return FAILED if session.testsfailed else 0


def run_items(session: pytest.Session, items: Sequence[pytest.Item]) -> None:
    """Run tests, up to the first that fails."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return


def alone(job: Job, reach: Reach) -> Fate:
    """What becomes of a mutant in sessions of its own: one of the tests of its file, and one of all others.

    Most are noticed in the first, so that the other tests need not even be imported.
    """
    tests = reach.in_order(job)
    own = {test: seconds for test, seconds in tests.items() if file_of(test) == job.own}
    for part in (own, {test: seconds for test, seconds in tests.items() if test not in own}):
        if part:
            code = in_a_process(partial(_alone, job, part))
            if code != 0:
                return Fate(job, state_of(code))
    return Fate(job, SURVIVED)


def _alone(job: Job, seconds: dict[str, float]) -> int:
    sys.meta_path.insert(0, Exchange(lambda path: job.tree() if path == job.path else None))
    confine()
    return run_tests(sorted({file_of(test) for test in seconds}), job.plain, Limits(seconds))


def state_of(code: int | None) -> str:
    """What an exit code means for a mutant."""
    return TIMED_OUT if code is None else SURVIVED if code == 0 else KILLED


def run_tests(tests: list[str], plain: bool, plugin: object) -> int:
    """In a process of its own: the exit code of pytest, which says nothing."""
    import hypothesis
    import numba

    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    if plain:
        numba.config.DISABLE_JIT = True
    # Always the same examples; and when one fails, a simpler one is not looked for.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=phases, derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")
    with tempfile.TemporaryDirectory() as made:
        options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", f"--basetemp={made}/base"]
        return int(pytest.main([*options, *tests], plugins=[plugin]))
