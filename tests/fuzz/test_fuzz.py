"""Every input of the corpus, and some changed ones: clouds, numbers, or a refusal that names the file."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest
from fuzz import parts
from fuzz.bounds import TooMuch, bounded, peak
from fuzz.clouds import EVERYTHING, NOTHING, Again, share_of
from fuzz.guided import Findings, told_in
from fuzz.javascript import DECODER
from fuzz.mutation import MOST, mutated
from fuzz.targets import TARGETS, Target

from qaadcodec.clouds.formats import TABLE, hdf5_keeper

GUIDED = Path(__file__).parent / "guided.py"


@pytest.fixture(autouse=True, scope="module")
def _no_process_left() -> Iterator[None]:
    yield
    hdf5_keeper.KEEPER.stop()
    DECODER.stop()


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Target:
    found: Target = TARGETS[request.param]
    if found.needs and not shutil.which(found.needs):
        pytest.skip(f"{found.needs} is not installed")
    return found


def test_every_format_is_a_target_with_seeds() -> None:
    assert set(TABLE) <= set(TARGETS)
    assert all(any(path.name.startswith("seed-") for path in TARGETS[name].seeds) for name in TABLE)


def test_the_corpus(target: Target) -> None:
    for path in target.seeds:
        target.run(path.read_bytes())


def test_changed_inputs(target: Target) -> None:
    rng = Random(target.name)
    seeds = [path.read_bytes() for path in target.seeds]
    for _ in range(target.tried):
        target.run(target.change(rng.choice(seeds), rng, seeds))


def test_changes_are_the_same_each_time_and_bounded() -> None:
    first, again = ([mutated(b"1 2 3\n" * 5, Random(i), (b"nan",), [b"4 5 6"]) for i in range(500)] for _ in range(2))
    assert first == again
    assert len(set(first)) > 450
    assert len(mutated(bytes(2 * MOST), Random(1))) <= MOST
    assert all(isinstance(mutated(b"", Random(i)), bytes) for i in range(100))


def test_files_are_put_together_as_they_were() -> None:
    """So what a change leaves alone has the lengths and checksums that readers want."""
    vectors = [path for path in TARGETS["archive"].seeds if path.stem in ("extended", "entropy-blocks", "poses-groups")]
    assert len(vectors) == 3
    for split, paths in (
        (parts.archive, vectors),
        (parts.npy, TARGETS["npy"].seeds),
        (parts.e57, TARGETS["e57"].seeds),
        (parts.glb, [path for path in TARGETS["glb"].seeds if path.name == "seed-trimesh"]),
    ):
        for path in paths:
            found = split(data := path.read_bytes())
            assert found is not None
            assert found.join(found.pieces) == data, path
    assert parts.crc32c(np.frombuffer(b"123456789" * 2, np.uint8).reshape(2, 9)).tolist() == 2 * [
        0xE3069283
    ]  # RFC 3720


@pytest.mark.long
@pytest.mark.skipif(peak() == 0, reason="this system does not tell how much memory was taken")
def test_an_input_that_takes_too_much_memory_is_a_finding() -> None:
    with pytest.raises(TooMuch, match=r"^10 bytes took \d+ MiB$"), bounded(10, timed=False):
        bytearray(peak() + (600 << 20))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no timer that counts the processor's time")
def test_an_input_that_hangs_ends_the_process() -> None:
    code = "from fuzz.bounds import ended_if_it_hangs\nwith ended_if_it_hangs(0.05):\n    while True: pass"
    done = subprocess.run([sys.executable, "-c", code], cwd=GUIDED.parents[1], check=False)
    assert done.returncode == -signal.SIGPROF


def test_a_share_of_the_inputs_has_everything_done_with_it() -> None:
    shares = Counter(share_of(i.to_bytes(4, "little")) for i in range(8000))
    assert shares[EVERYTHING] == pytest.approx(1000, rel=0.1)
    assert all(shares[NOTHING._replace(**{name: True})] == pytest.approx(1000, rel=0.1) for name in Again._fields)


def test_a_finding_is_kept_once(tmp_path: Path) -> None:
    def check(data: bytes) -> None:
        if data > b"5":
            raise KeyError(data)

    attempt = Findings(Target(name="a", check=check), tmp_path, told_in(tmp_path / "now"))
    for data in (b"1", b"7", b"9"):
        attempt(data)
    (found,) = (path for path in tmp_path.glob("KeyError-*") if path.suffix != ".txt")
    assert found.read_bytes() == b"7"
    assert "KeyError: b'7'" in found.with_suffix(".txt").read_text()


@pytest.mark.long
def test_a_run_ends_after_so_many_inputs(tmp_path: Path) -> None:
    """With atheris, or without it where there is none."""
    done = subprocess.run(
        [sys.executable, str(GUIDED), "off", str(tmp_path / "found"), "-runs=50", "-seed=1", "-print_final_stats=1"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "stat::number_of_executed_units: 5" in done.stderr.replace("units:       ", "units: ")
    assert list((tmp_path / "found").iterdir()) == []
