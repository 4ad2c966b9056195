"""A run that is to go on, and is over already: that is said at once; another archive in its place is never touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.left_runs import ALWAYS, Killed

from qaadcodec.codec.compress import compress
from qaadcodec.codec.encode import encode
from qaadcodec.codec.grown import EncodeSummary
from qaadcodec.config import Request
from qaadcodec.errors import EnvironmentFailure
from qaadcodec.progress import Event, Notice, PhaseStarted, Run, StopRequest
from qaadcodec.report.summaries import encode_lines
from qaadcodec.training import fitting
from qaadcodec.work.asked import Work
from qaadcodec.work.folder import WorkFolder

MakeShape = Callable[..., npt.NDArray[np.float64]]
Put = Callable[[Path, npt.NDArray[np.floating[Any]]], Path]
RESUME = Work(resume=True, every=ALWAYS)


def resuming(listener: Any = None, **changes: Any) -> Run:
    run = Run(device="cpu", work=RESUME)
    return replace(run, **({} if listener is None else {"listener": listener}), **changes)


def phases(events: list[Event]) -> list[str]:
    return [event.phase for event in events if isinstance(event, PhaseStarted)]


def died_behind_its_output(patch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """A run that is killed when its output is there and the work folder is not gone yet."""

    def die(folder: WorkFolder, start: str = "") -> None:
        if folder.is_open and (folder.path / "output.json").exists():
            raise Killed

    with patch.context() as inner:
        inner.setattr(WorkFolder, "delete", die)
        with pytest.raises(Killed):
            work()


@pytest.fixture
def done(made: Path, tmp_path: Path) -> Path:
    """The archive of scans/, where the same command would write it."""
    (tmp_path / "x.qaad").write_bytes((made / "scans.qaad").read_bytes())
    return tmp_path / "x.qaad"


def test_nothing_is_left_to_do(done: Path, made: Path, tiny: Request, heard: Any) -> None:
    before = done.stat()
    summary = compress([made / "scans"], done, tiny, run=resuming(heard))
    assert (done.stat().st_mtime_ns, done.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert phases(heard.events) == []
    assert heard.notices == [f"{done} is there already, and whole: nothing is left to do; -f makes it anew"]
    assert {path.name for path in done.parent.iterdir()} == {"x.qaad"}
    learnt = compress([made / "scans"], done.parent / "y.qaad", tiny, run=Run(device="cpu")).to_dict()
    for name, value in summary.to_dict().items():
        if name not in ("path", "seconds"):
            assert value == pytest.approx(learnt[name], rel=1e-3), name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"points": 60}, "and has clouds of so many points: 120, where 60 is asked for"),
        ({"latent_size": 5}, "and has a latent size of 3, where 5 is asked for"),
        ({"patches": 2}, "and has so many patches: 4, where 2 is asked for"),
        ({"align": "rigid"}, "and was learnt by default .*, where .* is asked for"),
    ],
)
def test_an_archive_that_was_made_otherwise_is_refused(
    done: Path, made: Path, tiny: Request, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(EnvironmentFailure, match=rf"x\.qaad exists already, {said}$") as failure:
        compress([made / "scans"], done, replace(tiny, **changes), run=resuming())
    assert failure.value.hint == "-f overwrites it; or name another output"
    with pytest.raises(EnvironmentFailure, match=r"exists already$"):
        compress([made / "scans"], done, tiny, run=Run(device="cpu"))


def test_other_seeds_and_clouds_are_named(
    done: Path, scans: Path, tiny: Request, put_cloud: Put, make_shape: MakeShape
) -> None:
    with pytest.raises(EnvironmentFailure, match=r"and was learnt with the seed 0, where 5 is asked for"):
        compress([scans], done, tiny, run=resuming(seed=5))
    put_cloud(scans / "e.ply", make_shape(9).astype(np.float32))
    with pytest.raises(EnvironmentFailure, match=r"and lacks clouds of the inputs, such as e$"):
        compress([scans], done, tiny, run=resuming())
    assert compress([scans], done, tiny, run=resuming(), skip_bad=True).clouds == 4
    (scans / "a.ply").unlink()
    with pytest.raises(EnvironmentFailure, match=r"and holds clouds that the inputs do not have, such as a$"):
        compress([scans], done, tiny, run=resuming(), skip_bad=True)


def test_what_was_finished_early_is_not_whole(scans: Path, tmp_path: Path, tiny: Request) -> None:
    stop = StopRequest()

    def listen(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase == "training":
            stop.set()

    output = tmp_path / "x.qaad"
    summary = compress([scans], output, tiny, run=Run(device="cpu", listener=listen, stop=stop))
    assert summary.interrupted
    said = f"and was finished early, after {summary.epochs} of 3 epochs, without a checkpoint$"
    with pytest.raises(EnvironmentFailure, match=said):
        compress([scans], output, tiny, run=resuming())


@pytest.mark.parametrize("spoil", [lambda data: data[:-20], lambda data: b"notes", lambda data: b""])
def test_what_is_no_whole_archive_is_refused(
    done: Path, made: Path, tiny: Request, spoil: Callable[[bytes], bytes]
) -> None:
    done.write_bytes(before := spoil(done.read_bytes()))
    with pytest.raises(EnvironmentFailure, match=r"x\.qaad exists already, and is no whole archive: ") as failure:
        compress([made / "scans"], done, tiny, run=resuming())
    assert str(failure.value).count("x.qaad") == 1
    assert done.read_bytes() == before


def test_a_run_that_was_killed_behind_its_output_is_over(
    scans: Path, tmp_path: Path, tiny: Request, heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is known by the checksum of the output: the clouds are not even looked for."""
    output = tmp_path / "x.qaad"
    run = Run(device="cpu", work=Work(every=ALWAYS))
    died_behind_its_output(monkeypatch, lambda: compress([scans], output, tiny, run=run))
    assert (tmp_path / ".x.qaad.work" / "checkpoint.json").exists()
    compress([tmp_path / "gone"], output, tiny, run=resuming(heard))
    assert phases(heard.events) == []
    assert {path.name for path in tmp_path.iterdir()} == {"scans", "x.qaad"}


def test_a_file_that_a_run_has_not_written_stays_beside_its_checkpoint(
    scans: Path, tmp_path: Path, tiny: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "x.qaad"
    run = Run(device="cpu", work=Work(every=ALWAYS))
    died_behind_its_output(monkeypatch, lambda: compress([scans], output, tiny, run=run))
    output.write_bytes(b"mine")
    with pytest.raises(EnvironmentFailure, match=r"exists already, and is not what the unfinished run has written$"):
        compress([scans], output, tiny, run=resuming())
    assert output.read_bytes() == b"mine"
    with pytest.raises(EnvironmentFailure, match=r"exists already$"):
        compress([scans], output, tiny, run=run)


def test_an_encode_that_is_over(
    archive: Path,
    done: Path,
    tmp_path: Path,
    heard: Any,
    put_cloud: Put,
    make_shape: MakeShape,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fitting, "Fitting", partial(fitting.Fitting, rounds=1, steps=1, points_per_step=16))
    more, output = put_cloud(tmp_path / "more/n.npy", make_shape(7)).parent, tmp_path / "grown.qaad"
    made = encode(archive, [more], output, run=Run(device="cpu"))
    before = output.read_bytes()
    summary = encode(archive, [more], output, run=resuming(heard))
    assert phases(heard.events) == []
    assert [event.text.partition(" is ")[2] for event in heard.events if isinstance(event, Notice)] == [
        "there already, and whole: nothing is left to do; -f makes it anew"
    ]
    expected = made.to_dict() | {"seconds": summary.seconds, "n_em_kd": None}
    expected |= {"em_kd": summary.em_kd, "em_kd_root": summary.em_kd_root}
    assert summary.to_dict() == expected
    assert summary.em_kd == pytest.approx(made.em_kd, rel=1e-3)
    assert summary.em_kd_root == pytest.approx(made.em_kd_root, rel=1e-3)
    assert not any("nEM-kD" in line for line in encode_lines(summary))
    put_cloud(more / "o.npy", make_shape(8))
    with pytest.raises(EnvironmentFailure, match=r"and lacks clouds of the inputs, such as o$"):
        encode(archive, [more], output, run=resuming())
    with pytest.raises(EnvironmentFailure, match=r"and is not .*scans\.qaad with clouds added$"):
        encode(archive, [more], done, run=resuming())
    assert output.read_bytes() == before
    assert isinstance(summary, EncodeSummary)
