"""What goes wrong outside of qaad leaves nothing, or a whole output: some of what `bin/bench faults` tries."""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

if not hasattr(signal, "SIGHUP"):
    pytest.skip("needs the signals and limits of Unix", allow_module_level=True)

from fixtures.disturbances import after, limited, small_disk, while_writing
from fixtures.faults import Place, made
from fixtures.victims import VICTIMS, Victim

WRITING = VICTIMS[:2]  # into a folder, and into a file
names = pytest.mark.parametrize("victim", WRITING, ids=lambda victim: victim.name)


@pytest.fixture(scope="module")
def place(made_by_commands: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return made(tmp_path_factory.mktemp("faults") / "place", WRITING, made_by_commands)


@names
def test_two_signals_while_it_is_written(place: Place, victim: Victim) -> None:
    for number in (signal.SIGHUP, signal.SIGINT):
        found = while_writing(number, place, victim)
        assert found.left in ("nothing", "whole"), found
        either = (number, signal.SIGTERM)  # Python may see both before it acts on one
        assert found.code in (0, *(128 + each for each in either), *(-each for each in either)), found


@names
def test_a_signal_in_the_first_moments(place: Place, victim: Victim) -> None:
    for hundredths in (2, 6, 15):
        found = after(hundredths / 100, signal.SIGINT, place, victim)
        assert found.left in ("nothing", "whole"), found


@names
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_files_that_may_not_grow(place: Place, victim: Victim, share: float) -> None:
    most = int(share * place.sizes[victim.name] / (1 if victim.output.endswith("z") else 4))
    found = limited(resource.RLIMIT_FSIZE, most, place, victim)
    assert (found.left, found.code) == ("nothing", 1), found
    assert found.said.startswith("qaad: error: cannot write to/out"), found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere addresses have no limit")
@pytest.mark.parametrize(
    ("line", "megabytes", "said"),
    [
        ("inspect in.qaad", 17, "qaad: error: out of memory\nhint: raise the limit that is set: ulimit -v\n"),
        ("inspect in.qaad", 60, "qaad: error: out of memory: numpy takes "),
        pytest.param(
            *("eval in.qaad set/ --metrics em_kd -q", 300, "qaad: error: out of memory: "),
            marks=pytest.mark.skipif(np.__version__ < "2", reason="an older LLVM ends the process, and says so"),
        ),
        ("encode in.qaad set/00000.ply -o to/out.qaad -q", 700, "qaad: error: out of memory: PyTorch takes "),
    ],
)
def test_too_few_addresses(place: Place, line: str, megabytes: int, said: str) -> None:
    found = limited(resource.RLIMIT_AS, megabytes << 20, place, Victim("", line))
    assert (found.left, found.code) == ("nothing", 1), found
    assert found.said.startswith(said), found


@names
def test_a_full_disk(place: Place, victim: Victim) -> None:
    with small_disk(place.outputs, 1 << 13) as mounted:
        if not mounted:
            pytest.skip("mounting is not permitted")
        found = place.judged(victim, place.start(victim.line))
    assert (found.left, found.code) == ("nothing", 1), found
    assert "no space left on device\nhint: free some space, or write it elsewhere\n" in found.said
