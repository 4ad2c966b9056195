"""A place is claimed by one process at a time, and freed when that ends, however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def test_a_claim_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*none.lock: no such file or directory"):
        claim(tmp_path / "none" / "lock")
