"""`compress --from`: a training that starts from an archive gets further, and what does not go together is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.left_runs import Killed, Left
from fixtures.shared import shared_folder
from fixtures.small_sets import tiny_request

from qaadcodec.archive import ArchiveReader
from qaadcodec.codec import compress as compressing
from qaadcodec.codec.compress import compress
from qaadcodec.codec.evaluate import evaluate
from qaadcodec.config import Request
from qaadcodec.errors import ArchiveError, EnvironmentFailure, UsageError
from qaadcodec.progress import Notice, PhaseStarted, Run
from qaadcodec.training import fitting
from qaadcodec.work.asked import Work

MakeShape = Callable[..., npt.NDArray[np.float64]]
Put = Callable[[Path, npt.NDArray[np.floating[Any]]], Path]
FEW = 4  # epochs


@pytest.fixture(scope="session")
def learnt(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        compress([made / "scans"], folder / "old.qaad", replace(tiny_request(), epochs=60), run=Run(device="cpu"))

    return shared_folder(tmp_path_factory, "learnt", make)


@pytest.fixture
def old(learnt: Path, tmp_path: Path) -> Path:
    """The archive of four clouds after a longer training."""
    return Path(shutil.copy(learnt / "old.qaad", tmp_path))


@pytest.fixture
def more(scans: Path, make_shape: MakeShape, put_cloud: Put) -> Path:
    """The four clouds, and two more that came after the archive."""
    for i in (4, 5):
        put_cloud(scans / f"new{i}.ply", make_shape(i).astype(np.float32))
    return scans


def n_em_kd(archive: Path, clouds: Path) -> dict[str, float]:
    return {error.name: error.n_em_kd or 0.0 for error in evaluate(archive, [clouds], metrics=["n_em_kd"])}


def test_it_gets_further_than_a_cold_start(tmp_path: Path, old: Path, more: Path, tiny: Request, heard: Any) -> None:
    """Old clouds and new ones, in as many epochs."""
    few = replace(tiny, epochs=FEW)
    compress([more], tmp_path / "cold.qaad", few, run=Run(device="cpu"))
    compress([more], tmp_path / "warm.qaad", replace(few, start=old), run=Run(device="cpu", listener=heard))
    cold, warm = (n_em_kd(tmp_path / name, more) for name in ("cold.qaad", "warm.qaad"))
    assert list(cold) == list(warm) == ["a", "b", "new4", "new5", "sub/c", "sub/d"]
    assert sum(warm.values()) < 0.7 * sum(cold.values())
    started = [event.phase for event in heard.events if isinstance(event, PhaseStarted)]
    assert started == ["reading", "normalising", "fitting", "assigning", "training", "measuring"]
    with ArchiveReader(tmp_path / "warm.qaad") as reader, ArchiveReader(old) as before:
        assert reader.header.network == before.header.network
        assert (reader.header.offset, reader.header.scale) == (before.header.offset, before.header.scale)
        assert reader.header.epochs == FEW


def test_with_the_same_clouds_nothing_is_fitted(
    tmp_path: Path, scans: Path, tiny: Request, old: Path, heard: Any
) -> None:
    few = replace(tiny, epochs=FEW, start=old)
    for name in ("1.qaad", "2.qaad"):
        compress([scans], tmp_path / name, few, run=Run(device="cpu", listener=heard))
    assert "fitting" not in [event.phase for event in heard.events if isinstance(event, PhaseStarted)]
    assert (tmp_path / "1.qaad").read_bytes() == (tmp_path / "2.qaad").read_bytes()


def test_poses_go_on(tmp_path: Path, scans: Path, tiny: Request) -> None:
    aligned = replace(tiny, align="rigid", epochs=30)
    compress([scans], tmp_path / "old.qaad", aligned, run=Run(device="cpu"))
    start = replace(tiny, epochs=FEW, start=tmp_path / "old.qaad")
    compress([scans], tmp_path / "warm.qaad", start, run=Run(device="cpu"))
    compress([scans], tmp_path / "cold.qaad", replace(tiny, align="rigid", epochs=FEW), run=Run(device="cpu"))
    with ArchiveReader(tmp_path / "warm.qaad") as reader:
        poses = reader.poses()
        assert poses is not None
        assert poses.kind == "rigid"
    warm, cold = (sum(n_em_kd(tmp_path / name, scans).values()) for name in ("warm.qaad", "cold.qaad"))
    assert warm < cold
    with pytest.raises(UsageError, match="its clouds are aligned by rigid, and --align none is asked for"):
        compress([scans], tmp_path / "x.qaad", replace(start, align="none"), run=Run(device="cpu"))


@pytest.mark.parametrize(("at", "stage"), [(1, "normalising"), (3, "fitting"), (7, "assigning"), (10, "training")])
def test_it_goes_on_when_it_was_killed(
    tmp_path: Path,
    more: Path,
    tiny: Request,
    archive: Path,
    left: Left,
    at: int,
    stage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The third time, one of two new clouds is fitted."""
    monkeypatch.setattr(fitting, "Fitting", partial(fitting.Fitting, rounds=2, steps=2, points_per_step=16))
    monkeypatch.setattr(fitting, "TOGETHER", 1)
    monkeypatch.setattr("qaadcodec.training.host.assign.cores", lambda: 2)
    few = replace(tiny, epochs=FEW, start=archive)
    compress([more], tmp_path / "whole.qaad", few, run=Run(device="cpu"))
    dying = left.dying(at)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "going_on", lambda run, _: replace(run, checkpoints=dying))
        with pytest.raises(Killed):
            compress([more], tmp_path / "warm.qaad", few, run=Run(device="cpu"))
    assert dying.stages[-1] == stage
    monkeypatch.setattr(Run, "going_on", lambda run, _: replace(run, checkpoints=left.found()))
    compress([more], tmp_path / "warm.qaad", few, run=Run(device="cpu"))
    assert (tmp_path / "warm.qaad").read_bytes() == (tmp_path / "whole.qaad").read_bytes()


def test_material_rows_do_not_go_on_unnoticed(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    """One place of the shape for each row, whatever density the clouds have; going on matches rows with points."""
    old, few = tmp_path / "old.qaad", replace(tiny, epochs=FEW)
    compress([scans], old, replace(few, rows="material"), run=Run(device="cpu", listener=heard))
    assert any("material rows: EM-kD also counts" in event.text for event in heard.events if isinstance(event, Notice))
    heard.events.clear()
    compress([scans], tmp_path / "new.qaad", replace(few, start=old), run=Run(device="cpu", listener=heard))
    assert any("which become even now" in event.text for event in heard.events if isinstance(event, Notice))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"points": 60}, "its clouds have 120 points, and 60 are asked for"),
        ({"latent_size": 5}, "its network has network.latent_size 3, and 5 is asked for"),
        ({"quality": 50.0}, "a quality chooses the network, and that of .*old.qaad is kept"),
        ({"target_error": ("em_kd", 1.0)}, "a target error chooses the network, and that of .*old.qaad is kept"),
        ({"align": "shift"}, "its clouds are aligned by none, and --align shift is asked for"),
        ({"settings": {"assignment.registration": True}}, "registration finds where to start, and the start is"),
        ({"rows": "material"}, "the registration of material rows finds where to start, and the start is"),
        ({"settings": {"training.warmup_epochs": 2}}, "a warm-up finds where to start, and the start is"),
        ({"settings": {"network.film": False}}, "its network has network.film True, and False is asked for"),
    ],
)
def test_what_does_not_go_together_is_named(
    tmp_path: Path, scans: Path, tiny: Request, archive: Path, changes: dict[str, Any], said: str
) -> None:
    old = tmp_path / "old.qaad"
    old.write_bytes(archive.read_bytes())
    settings = {name: value for name, value in tiny.settings.items() if name != "size.quality"}
    settings |= changes.pop("settings", {})
    request = replace(tiny, settings=settings, start=old, **changes)
    with pytest.raises(UsageError, match=said) as failure:
        compress([scans], tmp_path / "x.qaad", request, run=Run(device="cpu"))
    assert failure.value.hint
    assert not (tmp_path / "x.qaad").exists()


def test_an_archive_that_cannot_be_read_is_told(tmp_path: Path, scans: Path, tiny: Request) -> None:
    (tmp_path / "bad.qaad").write_bytes(b"no archive")
    for name, kind in (("bad.qaad", ArchiveError), ("none.qaad", EnvironmentFailure)):
        with pytest.raises(kind, match=name):
            compress([scans], tmp_path / "x.qaad", replace(tiny, start=tmp_path / name), run=Run(device="cpu"))


def test_the_start_is_never_overwritten(scans: Path, tiny: Request, old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(EnvironmentFailure, match="inputs are never overwritten"):
        compress([scans], old, replace(tiny, start=old), run=Run(device="cpu"), overwrite=True)
    assert old.read_bytes() == before


def test_another_start_is_another_option(tmp_path: Path, scans: Path, tiny: Request, old: Path) -> None:
    """A run is not resumed from the checkpoint of another start."""
    run = Run(device="cpu", work=Work(every=1e-9))
    request = replace(tiny, start=old)
    begun = compressing.options_of(request, run)
    assert begun["from"] == compressing.options_of(replace(request, start=str(old)), run)["from"]
    assert begun["from"] != compressing.options_of(tiny, run)["from"]
