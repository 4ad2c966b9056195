"""A place is claimed by one process at a time, and freed when that ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.work.claim import claimed

HOLD = """
import sys, time
from pathlib import Path
from qaadcodec.work.claim import claimed
with claimed(Path(sys.argv[1]), "x"):
    print("held", flush=True)
    time.sleep(1000)
"""


def holder(lock: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def claim(lock: Path) -> None:
    """Claim a place that cannot be claimed."""
    with claimed(lock, "a.qaad"):
        raise AssertionError("it was claimed")


def test_a_claim_names_its_process_and_leaves_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with claimed(lock, "a.qaad") as stale:
        assert not stale
        assert lock.read_text().startswith(f"process {os.getpid()} on ")
    assert list(tmp_path.iterdir()) == []


def test_a_second_claim_is_refused_and_says_whose_the_first_is(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    process = holder(lock)
    try:
        with pytest.raises(EnvironmentFailure, match=rf"a.qaad is in use by another run \(process {process.pid} on "):
            claim(lock)
        assert lock.exists()
    finally:
        process.kill()
        process.communicate()


def test_a_claim_is_freed_by_the_death_of_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    process = holder(lock)
    process.kill()
    process.communicate()
    assert lock.exists()
    with claimed(lock, "a.qaad") as stale:
        assert stale
    assert not lock.exists()


def test_an_exception_frees_it(tmp_path: Path) -> None:
    with pytest.raises(KeyError), claimed(tmp_path / "lock", "a.qaad"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


class Signals:
    """Makes Ctrl-C come once: before or after one of the calls that `claimed` makes to the system."""

    def __init__(self, moment: int) -> None:
        self.left = moment

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            self.tick()
            result = call(*arguments, **named)
            self.tick()
            return result

        return called

    def tick(self) -> None:
        self.left -= 1
        if self.left == -1:
            raise KeyboardInterrupt


def test_a_signal_at_any_moment_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it take what somebody else has."""
    fcntl = pytest.importorskip("fcntl", reason="Windows has other calls")
    lock, theirs = tmp_path / "lock", tmp_path / "theirs"

    def claim_both(signals: Signals) -> None:
        with monkeypatch.context() as patched:
            for name in ("open", "fstat", "stat", "truncate", "write", "pread", "unlink", "close"):
                patched.setattr(os, name, signals.around(getattr(os, name)))
            patched.setattr(fcntl, "flock", signals.around(fcntl.flock))
            with claimed(lock, "a.qaad"):
                pass
            with pytest.raises(EnvironmentFailure):
                claim(theirs)

    with claimed(theirs, "b.qaad"):
        for moment in range(100):
            signals = Signals(moment)
            with contextlib.suppress(KeyboardInterrupt):
                claim_both(signals)
            assert [path.name for path in tmp_path.iterdir()] == ["theirs"], moment
            with claimed(lock, "a.qaad"):  # what may still be open has no lock
                pass
            if signals.left >= 0:
                break
    assert 20 < moment < 99


def test_a_claim_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*none.lock: no such file or directory"):
        claim(tmp_path / "none" / "lock")
