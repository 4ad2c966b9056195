"""The run that the options of a command make, and Ctrl-C during it."""

from __future__ import annotations

import importlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qaadcodec.cli.interrupts import FINISHING, finishing_on_interrupt
from qaadcodec.cli.main import TERMINATING, exit_on_termination, qaad
from qaadcodec.cli.options import Invocation
from qaadcodec.errors import CloudError
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
        assert not stop
        signal.raise_signal(signal.SIGINT)
        assert stop
        assert heard.wait(10)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    assert told == [Notice(FINISHING)]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("_interruptible")
def test_where_interrupts_are_ignored_they_stay_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with finishing_on_interrupt(lambda _: None) as stop:
        signal.raise_signal(signal.SIGINT)
        assert not stop


@pytest.mark.parametrize("name", TERMINATING)
def test_signals_that_end_a_process_unwind_the_stack(name: str) -> None:
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with exit_on_termination(), pytest.raises(SystemExit) as caught:
            signal.raise_signal(number)
        assert caught.value.code == 128 + number
        assert signal.getsignal(number) == signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN)  # as nohup does
        with exit_on_termination():
            signal.raise_signal(number)
    finally:
        signal.signal(number, before)
