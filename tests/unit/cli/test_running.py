"""The run that the options of a command make, and Ctrl-C during it."""

from __future__ import annotations

import importlib
import signal
import threading
import time
import warnings
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qaadcodec.cli import interrupts
from qaadcodec.cli.interrupts import ENDING, FINISHING, PATIENCE, ending_on_signals, finishing_on_interrupt
from qaadcodec.cli.main import qaad
from qaadcodec.cli.options import Invocation
from qaadcodec.cli.running import warnings_told
from qaadcodec.errors import CloudError, SlowerWarning
from qaadcodec.progress import Event, Notice, Run


@pytest.mark.parametrize("verb", ["compress", "encode"])
def test_the_seed_and_the_device_reach_the_work(verb: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs: list[Run] = []

    def work(*arguments: Any, run: Run, **options: Any) -> None:
        runs.append(run)
        raise CloudError("far enough")

    monkeypatch.setattr(importlib.import_module(f"qaadcodec.codec.{verb}"), verb, work)
    inputs = ["in.ply"] if verb == "compress" else ["a.qaad", "in.ply"]
    line = [verb, *inputs, "-o", str(tmp_path / "out.qaad"), "--seed", "71", "--device", "cpu", "--strict", "-q"]
    outcome = CliRunner().invoke(qaad, line, obj=Invocation(debug=False))
    assert isinstance(outcome.exception, CloudError)
    assert [(run.seed, run.device, run.strict) for run in runs] == [(71, "cpu", True)]


def test_what_goes_a_slower_way_is_told_and_other_warnings_are_left_alone() -> None:
    told: list[Event] = []

    def work() -> None:
        with warnings_told(told.append):
            warnings.warn("without the kernel, which is slower", SlowerWarning, stacklevel=1)
            warnings.warn("old", DeprecationWarning, stacklevel=1)

    with pytest.warns(DeprecationWarning, match="^old$"):
        work()
    assert told == [Notice("without the kernel, which is slower", warning=True)]
    with pytest.warns(SlowerWarning):
        warnings.warn("slower", SlowerWarning, stacklevel=1)


@pytest.fixture
def _interruptible() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_the_first_interrupt_asks_to_finish_and_the_second_stops() -> None:
    told: list[Event] = []
    heard = threading.Event()

    def listen(event: Event) -> None:
        told.append(event)
        heard.set()

    with finishing_on_interrupt(listen) as stop:
        stop.begin()
        assert not stop
        signal.raise_signal(signal.SIGINT)
        assert stop
        assert heard.wait(10)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert told == [Notice(FINISHING)]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("_interruptible")
def test_before_there_is_anything_to_finish_the_first_interrupt_stops() -> None:
    with ending_on_signals(), finishing_on_interrupt(lambda _: None) as stop:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert not stop


@pytest.mark.usefixtures("_interruptible")
def test_what_comes_while_it_is_cleared_up_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: clock[0])
    with ending_on_signals():
        with finishing_on_interrupt(lambda _: None), pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        clock[0] += PATIENCE  # it hangs
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("_interruptible")
def test_a_signal_in_a_callback_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """Python drops what is raised there, and tells of it."""

    class Thing:
        pass

    thing = Thing()
    watched = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    ended = False
    with ending_on_signals():
        try:
            del thing
            assert watched() is None
            began = time.monotonic()
            threading.Event().wait(60)
        except KeyboardInterrupt:
            ended = time.monotonic() < began + 60
    assert ended
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not hasattr(signal, "SIGXCPU"), reason="there is none")
def test_a_limit_of_processor_time_asks_once_a_second_and_ends_nothing() -> None:
    before = signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    try:
        with finishing_on_interrupt(lambda _: None) as stop:
            stop.begin()
            for _ in range(3):
                signal.raise_signal(signal.SIGXCPU)
            assert stop
    finally:
        signal.signal(signal.SIGXCPU, before)


@pytest.mark.usefixtures("_interruptible")
def test_where_interrupts_are_ignored_they_stay_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with finishing_on_interrupt(lambda _: None) as stop:
        signal.raise_signal(signal.SIGINT)
        assert not stop


@pytest.mark.parametrize("name", [name for name in ENDING if hasattr(signal, name)])
def test_signals_that_end_a_process_unwind_the_stack(name: str) -> None:
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with ending_on_signals(), pytest.raises((SystemExit, KeyboardInterrupt)) as caught:
            signal.raise_signal(number)
        assert number == signal.SIGINT or caught.value.args == (128 + number,)
        assert signal.getsignal(number) == signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN)  # as nohup does
        with ending_on_signals():
            signal.raise_signal(number)
    finally:
        signal.signal(number, before)
