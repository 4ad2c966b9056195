"""`compress`: what comes out, what is said, and that a failure leaves nothing behind."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.archive import ArchiveReader, Encoded
from qaadcodec.codec import compress as compressing
from qaadcodec.codec.compress import compress, learn_as_asked
from qaadcodec.codec.evaluate import evaluate
from qaadcodec.codec.open import open as open_archive
from qaadcodec.config import Request, plan
from qaadcodec.errors import CloudError, EnvironmentFailure, Interrupted, UsageError
from qaadcodec.metrics.em_kd import em_kd, variance
from qaadcodec.progress import Notice, PhaseEnded, PhaseStarted, Progress, Run, StopRequest
from qaadcodec.ranks.part import Part
from qaadcodec.sets import gather, windows
from qaadcodec.version import __version__
from qaadcodec.work.asked import Work

MakeShape = Callable[..., npt.NDArray[np.float64]]
Put = Callable[[Path, npt.NDArray[np.floating[Any]]], Path]
OnlyLeft = Callable[[Path, set[str]], None]


def test_a_folder_comes_back(tmp_path: Path, scans: Path, tiny: Request, make_shape: MakeShape) -> None:
    request = replace(tiny, epochs=60)
    output = tmp_path / "scans.qaad"
    summary = compress([scans], output, request, run=Run(device="cpu"))
    with open_archive(output) as archive:
        assert archive.names == ("a", "b", "sub/c", "sub/d")
        assert archive.counts == (120, 120, 120, 120)
        assert archive[:].shape == (4, 120, 3)
        assert archive[0].dtype == np.float32
        header = archive.header
        assert (header.preset, header.seed, header.epochs) == (str(tiny), 0, 60)
        assert header.writer == f"qaad {__version__}"
        found = {"em_kd": float(f"{summary.em_kd:.4g}"), "n_em_kd": float(f"{summary.n_em_kd:.4g}"), "sample": 4}
        assert header.errors == found
    errors = list(evaluate(output, [scans]))
    assert [e.name for e in errors] == ["a", "b", "sub/c", "sub/d"]
    # The clouds are recorded in the order they are stored in, and measured again here in that of the files.
    assert np.mean([e.em_kd for e in errors]) == pytest.approx(summary.em_kd, rel=0.05)
    assert np.mean([e.n_em_kd for e in errors]) == pytest.approx(summary.n_em_kd, rel=0.05)
    clouds = [make_shape(i) for i in range(4)]
    apart = np.mean([em_kd(a, b) / variance(b) for a, b in itertools.permutations(clouds, 2)])
    assert summary.n_em_kd < 0.6 * apart


def test_the_summary_says_what_the_set_became(tmp_path: Path, scans: Path, tiny: Request) -> None:
    output = tmp_path / "scans.qaad"
    summary = compress([scans], output, tiny, run=Run(device="cpu"))
    size = output.stat().st_size
    values = summary.to_dict()
    assert values.pop("seconds") > 0
    # latents 4 x 3; shared 9-12-8 and heads 11-6-3 without biases and without the input point's three columns
    floats = 4 * 3 + 12 * (9 - 3) + 12 * 6 + 8 * 12 + 8 * 6 + 4 * (6 * (11 - 3)) + 4 * 3 * 6
    assert values == {
        "path": str(output),
        "clouds": 4,
        "points": 120,
        "bytes_in": 4 * 120 * 12,
        "bytes_out": size,
        "ratio": 4 * 120 * 12 / size,
        "ratio_paper": pytest.approx(4 * 120 * 3 / floats),
        "bits_per_point": 8 * size / (4 * 120),
        "em_kd": summary.em_kd,
        "em_kd_root": math.sqrt(summary.em_kd),
        "n_em_kd": summary.n_em_kd,
        "sample": 4,
        "epochs": 3,
        "interrupted": False,
        "skipped": (),
        "points_left_out": (),
        "files_left_out": (),
        "findings": (),
    }


def test_the_same_command_gives_the_same_bytes(tmp_path: Path, scans: Path, tiny: Request) -> None:
    outputs = [tmp_path / name for name in ("1.qaad", "2.qaad", "3.qaad")]
    for output, seed in zip(outputs, (5, 5, 6), strict=True):
        compress([scans], output, tiny, run=Run(device="cpu", seed=seed))
    first, second, other = (output.read_bytes() for output in outputs)
    assert first == second
    assert first != other


def test_the_phases_are_told_in_order(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    compress([scans], tmp_path / "x.qaad", tiny, run=Run(listener=heard, device="cpu"))
    phases = [e for e in heard.events if isinstance(e, (PhaseStarted, PhaseEnded))]
    assert [(type(e), e.phase) for e in phases] == [
        (kind, phase)
        for phase in ("reading", "comparing poses", "normalising", "assigning", "training", "measuring")
        for kind in (PhaseStarted, PhaseEnded)
    ]
    assert phases[0] == PhaseStarted("reading", 4, "clouds")
    assert phases[6] == PhaseStarted("assigning", 4, "clouds")
    assert phases[8] == PhaseStarted("training", 3, "epochs")
    reading = [e for e in heard.events if isinstance(e, Progress) and e.phase == "reading"]
    assert [(e.done, e.fraction) for e in reading] == [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)]
    assert heard.notices == []


def test_a_set_is_registered_before_it_is_learnt(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    """And the error is that of the set, not of the targets that registration made."""
    asked = replace(tiny, epochs=40, settings={**tiny.settings, "assignment.registration": True})
    summary = compress([scans], tmp_path / "1.qaad", asked, run=Run(listener=heard, device="cpu"))
    started = [e for e in heard.events if isinstance(e, PhaseStarted)]
    assert [e.phase for e in started[3:]] == ["finding parts", "registering", "training", "measuring"]
    assert started[3] == PhaseStarted("finding parts", 4 * 40 * 2, "steps")
    assert started[4] == PhaseStarted("registering", 4, "clouds")
    errors = [e.n_em_kd for e in evaluate(tmp_path / "1.qaad", [scans], metrics=["n_em_kd"])]
    assert summary.n_em_kd == pytest.approx(np.mean(errors), rel=1e-6)
    assert summary.n_em_kd < 0.05


@pytest.mark.parametrize("registration", [False, True])
def test_a_set_that_is_mapped_by_windows_becomes_the_same_archive(
    tmp_path: Path, scans: Path, tiny: Request, monkeypatch: pytest.MonkeyPatch, registration: bool
) -> None:
    """Of one cloud, of which one is mapped at a time; checkpoints are written all the while. So it is learnt twice."""
    asked = replace(tiny, settings={**tiny.settings, "assignment.registration": registration})
    compress([scans], tmp_path / "whole.qaad", asked, run=Run(device="cpu"))
    monkeypatch.setattr(windows, "BOUND", 1)
    monkeypatch.setattr(windows, "LEAST", 1)
    compress([scans], tmp_path / "windows.qaad", asked, run=Run(device="cpu", work=Work(every=1e-6)))
    assert (tmp_path / "whole.qaad").read_bytes() == (tmp_path / "windows.qaad").read_bytes()


def test_the_recipe_of_the_paper(tmp_path: Path, scans: Path, heard: Any) -> None:
    """With its warm-up, at a size that takes a moment; the same command gives the same bytes."""
    settings = {"training.warmup_epochs": 2, "network.shared_widths": [16, 8]}
    request = Request(preset="paper", epochs=2, patches=4, latent_size=3, settings=settings)
    for name in ("1.qaad", "2.qaad"):
        summary = compress([scans], tmp_path / name, request, run=Run(listener=heard, device="cpu"))
    started = [e for e in heard.events if isinstance(e, PhaseStarted)][:6]
    assert [e.phase for e in started] == ["reading", "normalising", "warming up", "assigning", "training", "measuring"]
    assert started[2] == PhaseStarted("warming up", 2, "epochs")
    assert summary.epochs == 2
    assert 0 < summary.n_em_kd < 3
    assert (tmp_path / "1.qaad").read_bytes() == (tmp_path / "2.qaad").read_bytes()
    with open_archive(tmp_path / "1.qaad") as archive:
        assert len(np.unique(archive.latents(), axis=0)) == 4
        assert np.isfinite(archive[:]).all()


def test_unequal_counts_are_resampled_and_it_is_said(
    tmp_path: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    for i, points in enumerate((90, 120, 80)):
        put_cloud(tmp_path / f"set/{i}.ply", make_shape(i, points))
    summary = compress([tmp_path / "set"], tmp_path / "x.qaad", tiny, run=Run(listener=heard, device="cpu"))
    assert summary.points == 80
    assert heard.notices == ["2 of 3 clouds are resampled to 80 points (the smallest count); they have 80 to 120"]
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.counts == (90, 120, 80)
        assert [cloud.shape for cloud in archive] == 3 * [(80, 3)]


def test_points_asked_for(tmp_path: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put, heard: Any) -> None:
    for i, points in enumerate((90, 120)):
        put_cloud(tmp_path / f"set/{i}.ply", make_shape(i, points))
    request = replace(tiny, points=100)
    assert compress([tmp_path / "set"], tmp_path / "x.qaad", request, run=Run(listener=heard)).points == 100
    assert heard.notices == ["2 of 2 clouds are resampled to 100 points (as asked for); they have 90 to 120"]


def test_more_points_than_an_archive_holds_are_refused_before_anything_is_learnt(
    tmp_path: Path, scans: Path, tiny: Request, monkeypatch: pytest.MonkeyPatch, only_inputs_left: OnlyLeft
) -> None:
    monkeypatch.setattr(gather, "MAX_POINTS", 119)
    said = "^120 points per cloud, and an archive holds 119 at most$"
    with pytest.raises(UsageError, match=said) as caught:
        compress([scans], tmp_path / "x.qaad", tiny)
    assert caught.value.hint == "--points 119 takes that many of each"
    only_inputs_left(tmp_path, {scans.name})


def test_a_cloud_much_smaller_than_the_others_is_warned_of(
    tmp_path: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    for i, points in enumerate((200, 200, 64)):
        put_cloud(tmp_path / f"set/{i}.ply", make_shape(i, points))
    compress([tmp_path / "set"], tmp_path / "x.qaad", tiny, run=Run(listener=heard))
    small = tmp_path / "set/2.ply"
    assert heard.notices[1] == f"{small} has 64 points, the median is 200; --points M keeps more detail of the others"


def test_what_is_not_kept_is_named_once(tmp_path: Path, tiny: Request, heard: Any) -> None:
    (tmp_path / "set").mkdir()
    for i in range(2):
        header = "ply\nformat ascii 1.0\nelement vertex 4\n" + "".join(
            f"property float {p}\n" for p in ("x", "y", "z", "nx", "ny", "nz")
        )
        rows = "".join(f"{k} {k * k} {i} 0 0 1\n" for k in range(4))
        (tmp_path / f"set/{i}.ply").write_text(f"{header}end_header\n{rows}")
    compress([tmp_path / "set"], tmp_path / "x.qaad", tiny, run=Run(listener=heard))
    assert [text for text in heard.notices if "not kept" in text] == [
        "not kept: normals (2 clouds); a .qaad holds positions only"
    ]


def test_utm_coordinates_keep_their_detail(
    tmp_path: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put
) -> None:
    """At 5 000 000 m a float32 moves in steps of half a metre; the clouds are of a few millimetres' difference."""
    place = np.array([4.5e5, 5.0e6, 120.0])
    base = make_shape(0)
    rng = np.random.default_rng(0)
    originals = [place + base + 1e-3 * rng.standard_normal(base.shape) for _ in range(3)]
    for i, cloud in enumerate(originals):
        put_cloud(tmp_path / f"set/{i}.ply", cloud)
    summary = compress([tmp_path / "set"], tmp_path / "x.qaad", tiny, run=Run(device="cpu"))
    assert np.spacing(np.float32(5e6)) == 0.5
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.header.dtype == "float64"
        assert archive.header.offset == pytest.approx(tuple(place), abs=0.1)
        for decoded in archive:
            assert decoded.dtype == np.float64
            np.testing.assert_allclose(decoded.mean(0), originals[0].mean(0), rtol=0, atol=0.02)
    errors = list(evaluate(tmp_path / "x.qaad", [tmp_path / "set"], metrics=["em_kd_root", "hausdorff"]))
    assert max(e.em_kd_root for e in errors) < 0.02
    assert max(e.hausdorff for e in errors) < 0.06
    assert summary.em_kd_root == pytest.approx(np.sqrt(np.mean([e.em_kd_root**2 for e in errors])), rel=0.05)


@pytest.mark.parametrize(
    ("size", "dtype"),
    [
        (3e39, "float64"),
        (1e90, "float64"),
        (1e30, "float32"),
        (1e-30, "float32"),
        (1e-40, "float64"),
        (1e-90, "float64"),
    ],
)
def test_ranges_that_float32_does_not_have(
    tmp_path: Path, tiny: Request, make_shape: MakeShape, size: float, dtype: str
) -> None:
    shapes = np.stack([make_shape(i) for i in range(3)])
    np.save(tmp_path / "set.npy", size * shapes)
    summary = compress([tmp_path / "set.npy"], tmp_path / "x.qaad", tiny, run=Run(device="cpu"))
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.header.dtype == dtype
        assert np.isfinite(archive[:]).all()
    errors = list(evaluate(tmp_path / "x.qaad", [tmp_path / "set.npy"], metrics=["em_kd", "n_em_kd"]))
    assert summary.n_em_kd == pytest.approx(np.mean([e.n_em_kd for e in errors]), rel=1e-3)
    assert summary.em_kd == pytest.approx(np.mean([e.em_kd for e in errors]), rel=1e-3)
    assert 0 < summary.em_kd < size**2 * shapes.var(axis=1).sum(axis=1).max()


def test_a_cloud_too_small_for_squares_is_refused(tmp_path: Path, tiny: Request, make_shape: MakeShape) -> None:
    np.save(tmp_path / "set.npy", 1e-170 * np.stack([make_shape(0), make_shape(1)]))
    with pytest.raises(CloudError, match=r"set\.npy::\[0\]: its points span [0-9.]+e-1[67][0-9], and cannot span less"):
        compress([tmp_path / "set.npy"], tmp_path / "x.qaad", tiny)


def test_a_set_of_one_cloud(tmp_path: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put) -> None:
    put_cloud(tmp_path / "set/only.npy", make_shape(0, 64))
    summary = compress([tmp_path / "set"], tmp_path / "x.qaad", tiny)
    assert (summary.clouds, summary.sample) == (1, 1)
    (error,) = evaluate(tmp_path / "x.qaad", [tmp_path / "set"], metrics=["n_em_kd"])
    assert error.n_em_kd < 1e-3


def test_fewer_points_than_patches(tmp_path: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put) -> None:
    put_cloud(tmp_path / "set/0.npy", make_shape(0, 3))
    put_cloud(tmp_path / "set/1.npy", make_shape(1, 3))
    assert compress([tmp_path / "set"], tmp_path / "x.qaad", tiny).points == 3
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.header.network.patches == 3
        assert archive[1].shape == (3, 3)


def bad_clouds() -> dict[str, tuple[npt.NDArray[np.float32], str]]:
    spoilt = np.ones((5, 3), np.float32)
    spoilt[:3, 1] = np.nan
    return {
        "identical": (np.ones((5, 3), np.float32), "all 5 points are identical, so there is no shape to learn"),
        "one point": (np.ones((1, 3), np.float32), "has 1 point, and a cloud needs at least 2 to have a shape"),
        "nan": (spoilt, "less than half of it is left: 2 of 5 vertices (3 not finite)"),
    }


@pytest.mark.parametrize("kind", bad_clouds())
def test_a_bad_cloud_is_named_and_leaves_nothing(
    tmp_path: Path, scans: Path, tiny: Request, put_cloud: Put, only_inputs_left: OnlyLeft, kind: str
) -> None:
    cloud, message = bad_clouds()[kind]
    bad = put_cloud(scans / "bad.ply", cloud)
    with pytest.raises(CloudError) as caught:
        compress([scans], tmp_path / "x.qaad", tiny)
    assert str(caught.value) == f"{bad}: {message}"
    assert caught.value.hint is not None
    assert "--skip-bad" in caught.value.hint
    only_inputs_left(tmp_path, {"scans"})


@pytest.mark.parametrize("kind", bad_clouds())
def test_skip_bad_goes_on_and_lists_them(
    tmp_path: Path, scans: Path, tiny: Request, put_cloud: Put, heard: Any, kind: str
) -> None:
    cloud, message = bad_clouds()[kind]
    bad = put_cloud(scans / "bad.ply", cloud)
    summary = compress([scans], tmp_path / "x.qaad", tiny, skip_bad=True, run=Run(listener=heard))
    assert summary.clouds == 4
    assert summary.skipped == ((str(bad), f"{bad}: {message}"),)
    assert heard.notices == [f"skipped {bad}: {message}"]
    assert all(event.warning for event in heard.events if isinstance(event, Notice))
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.names == ("a", "b", "sub/c", "sub/d")


def test_points_that_mean_no_place_are_left_out_told_and_counted(
    tmp_path: Path, scans: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    """A NaN in a scan, as in many microCT meshes, and a frame of a sensor that saw nothing in a fifth of its pixels."""
    spoilt, frame = make_shape(5), make_shape(6, 150)
    spoilt[7, 1], frame[::5] = np.nan, 0
    bad = [put_cloud(scans / "e.ply", spoilt), put_cloud(scans / "f.ply", frame)]
    summary = compress([scans], tmp_path / "x.qaad", tiny, run=Run(listener=heard))
    assert (summary.clouds, summary.points, summary.skipped) == (6, 119, ())
    assert summary.points_left_out == ((str(bad[0]), 1), (str(bad[1]), 30))
    assert heard.notices == [
        f"1 of 6 clouds has points that are not finite: 1 point left out of {bad[0]}",
        "1 of 6 clouds has points at exactly (0, 0, 0), which sensors write where they saw nothing: "
        f"30 points left out of {bad[1]}",
        f"{bad[1]} loses 20 % of its points",
        "5 of 6 clouds are resampled to 119 points (the smallest count); they have 119 to 120",
    ]
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.counts == (120, 120, 119, 120, 120, 120)
    kept = put_cloud(tmp_path / "kept/e.ply", np.delete(spoilt, 7, axis=0))
    put_cloud(tmp_path / "kept/f.ply", np.delete(frame, slice(None, None, 5), axis=0))
    ways = [[e.to_dict() for e in evaluate(tmp_path / "x.qaad", [place])] for place in (scans, kept.parent)]
    assert ways[0][2] == ways[1][0]  # originals are read in the same way
    assert ways[0][3] == ways[1][1]


def test_a_strict_run_refuses_or_skips_what_would_lose_points(
    tmp_path: Path, scans: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put, only_inputs_left: OnlyLeft
) -> None:
    spoilt = make_shape(5)
    spoilt[7, 1] = np.nan
    bad = put_cloud(scans / "e.ply", spoilt)
    with pytest.raises(CloudError) as caught:
        compress([scans], tmp_path / "x.qaad", tiny, run=Run(strict=True))
    assert str(caught.value) == f"{bad}: vertex 7 has a NaN coordinate"
    only_inputs_left(tmp_path, {"scans"})
    summary = compress([scans], tmp_path / "x.qaad", tiny, run=Run(strict=True), skip_bad=True)
    assert summary.skipped == ((str(bad), f"{bad}: vertex 7 has a NaN coordinate"),)


def test_only_bad_clouds(tmp_path: Path, tiny: Request, put_cloud: Put, only_inputs_left: OnlyLeft) -> None:
    for i in range(2):
        put_cloud(tmp_path / f"set/{i}.ply", np.zeros((4, 3), np.float32))
    with pytest.raises(CloudError, match=r"^none of 2 clouds can be used$"):
        compress([tmp_path / "set"], tmp_path / "x.qaad", tiny, skip_bad=True)
    only_inputs_left(tmp_path, {"set"})


def test_an_existing_output_is_kept(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    output = tmp_path / "x.qaad"
    output.write_bytes(b"precious")
    with pytest.raises(EnvironmentFailure) as caught:
        compress([scans], output, tiny, run=Run(listener=heard))
    assert str(caught.value) == f"{output} exists already"
    assert caught.value.hint == "-f overwrites it"
    assert output.read_bytes() == b"precious"
    assert heard.events == []  # said before any work
    compress([scans], output, tiny, overwrite=True)
    with open_archive(output) as archive:
        assert len(archive) == 4


def test_an_output_that_is_a_folder(tmp_path: Path, scans: Path, tiny: Request) -> None:
    with pytest.raises(EnvironmentFailure, match=r"scans is a folder$"):
        compress([scans], scans, tiny, overwrite=True)


def test_a_failure_in_the_middle_leaves_nothing(
    tmp_path: Path,
    scans: Path,
    tiny: Request,
    only_inputs_left: OnlyLeft,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(encoded: Any, stream: Any) -> None:
        stream.write(b"half an archive")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Encoded, "write", broken)
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*x\.qaad: no space left on device"):
        compress([scans], tmp_path / "x.qaad", tiny)
    only_inputs_left(tmp_path, {"scans"})


@pytest.mark.parametrize("phase", ["reading", "normalising"])
def test_a_stop_while_reading_writes_nothing(
    tmp_path: Path, scans: Path, tiny: Request, only_inputs_left: OnlyLeft, phase: str
) -> None:
    stop = StopRequest()

    def listen(event: Any) -> None:
        if isinstance(event, Progress) and (event.phase, event.done) == (phase, 2):
            stop.set()

    with pytest.raises(Interrupted, match=r"^stopped while reading; nothing was written$"):
        compress([scans], tmp_path / "x.qaad", tiny, run=Run(listener=listen, stop=stop))
    only_inputs_left(tmp_path, {"scans"})


def test_a_stop_while_assigning_writes_a_valid_archive_and_says_what_it_is_worth(
    tmp_path: Path, scans: Path, tiny: Request, heard: Any
) -> None:
    stop = StopRequest()

    def listen(event: Any) -> None:
        heard(event)
        if isinstance(event, Progress) and (event.phase, event.done) == ("assigning", 2):
            stop.set()

    summary = compress([scans], tmp_path / "x.qaad", tiny, run=Run(listener=listen, stop=stop))
    assert summary.interrupted
    assert summary.epochs == 0
    said = "it was stopped before every cloud was shown once; the clouds will look much alike"
    assert heard.notices == [f"{said}; --budget or --epochs gives it more time"]
    assert [finding.kind for finding in summary.findings] == ["epochs"]
    with open_archive(tmp_path / "x.qaad") as archive:
        assert len(archive) == 4
        np.testing.assert_array_equal(archive[0], archive[3])


def test_an_input_is_never_overwritten(tmp_path: Path, scans: Path, tiny: Request) -> None:
    before = (scans / "a.ply").read_bytes()
    with pytest.raises(EnvironmentFailure, match=r"a\.ply is the input .*a\.ply, and inputs are never overwritten$"):
        compress([scans], scans / "a.ply", tiny, overwrite=True)
    assert (scans / "a.ply").read_bytes() == before


def test_more_patches_than_points_are_said(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    compress([scans], tmp_path / "x.qaad", replace(tiny, points=3), run=Run(listener=heard))
    assert "3 patches instead of 4: there are no more points" in heard.notices


def test_of_patches_that_are_chosen_nothing_is_said(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    """There are never more than points. What is given is said, and is not chosen."""
    for patches, found in ((None, 1), (50, 3)):
        request = replace(sized(tiny), quality=0, points=3, epochs=1, patches=patches)
        compress([scans], tmp_path / "x.qaad", request, overwrite=True, run=Run(listener=heard, device="cpu"))
        with open_archive(tmp_path / "x.qaad") as archive:
            assert archive.header.network.patches == found
    assert [text for text in heard.notices if "patches" in text] == [
        "3 patches instead of 50: there are no more points"
    ]


def test_a_stop_during_training_writes_what_was_learnt(
    tmp_path: Path, scans: Path, tiny: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = StopRequest()
    monkeypatch.setattr("qaadcodec.training.standing.REPORT_SECONDS", 0.0)

    def listen(event: Any) -> None:
        if isinstance(event, Progress) and event.phase == "training" and event.done == 7:
            stop.set()

    request = replace(tiny, epochs=10000)
    summary = compress([scans], tmp_path / "x.qaad", request, run=Run(listener=listen, stop=stop))
    assert summary.interrupted
    assert summary.epochs == 7
    errors = list(evaluate(tmp_path / "x.qaad", [scans], metrics=["em_kd"]))
    assert np.mean([e.em_kd for e in errors]) == pytest.approx(summary.em_kd, rel=0.05)
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.header.epochs == 7


def test_a_budget_too_small_is_said(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    summary = compress([scans], tmp_path / "x.qaad", replace(tiny, budget_seconds=0.01), run=Run(listener=heard))
    assert summary.epochs == 0
    assert not summary.interrupted
    said = "the budget ended before every cloud was shown once; the clouds will look much alike"
    assert heard.notices == [f"{said}; --budget or --epochs gives it more time"]
    assert summary.sample == 1  # one cloud is measured at least
    with open_archive(tmp_path / "x.qaad") as archive:
        assert np.isfinite(archive[:]).all()


def test_an_unknown_device(tmp_path: Path, scans: Path) -> None:
    with pytest.raises(UsageError, match=r"^unknown device 'tpu'; devices are auto, cpu, cuda, mps$"):
        compress([scans], tmp_path / "x.qaad", run=Run(device="tpu"))


def test_a_device_that_is_not_there(tmp_path: Path, scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(EnvironmentFailure, match=r"^no cuda device on this machine$") as caught:
        compress([scans], tmp_path / "x.qaad", run=Run(device="cuda"))
    assert caught.value.hint == "--device cpu works everywhere"


def test_a_cloud_that_is_a_speck_among_the_others(
    tmp_path: Path, tiny: Request, make_shape: MakeShape, put_cloud: Put
) -> None:
    """Its points differ, but not in float32 once the set is normalised."""
    put_cloud(tmp_path / "set/0.npy", make_shape(0))
    put_cloud(tmp_path / "set/1.npy", 0.3 + 1e-12 * make_shape(1))
    summary = compress([tmp_path / "set"], tmp_path / "x.qaad", tiny, run=Run(device="cpu"))
    assert summary.clouds == 2
    assert math.isfinite(summary.n_em_kd)


def sized(tiny: Request, **aims: Any) -> Request:
    """The same with a network that is chosen for the set, but for the numbers per cloud."""
    settings = {name: value for name, value in tiny.settings.items() if not name.startswith(("size.", "network."))}
    return replace(tiny, patches=None, settings=settings, **aims)


def test_a_wanted_size_is_what_it_takes(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    """Learnt from end to end; the network is chosen for it, and the grids do the rest. A ratio is a size."""
    for output, aims in (("bytes.qaad", {"target_bytes": 2560}), ("ratio.qaad", {"target_ratio": 2.25})):
        request = sized(tiny, epochs=12, **aims)
        summary = compress([scans], tmp_path / output, request, run=Run(listener=heard, device="cpu"))
        assert summary.bytes_out == (tmp_path / output).stat().st_size == pytest.approx(2560, rel=0.1)
        assert summary.ratio == pytest.approx(2.25, rel=0.1)
    assert heard.notices == []
    with ArchiveReader(tmp_path / "bytes.qaad") as a, ArchiveReader(tmp_path / "ratio.qaad") as b:
        assert a.header.preset.startswith("default size.bytes=2560 ")
        assert b.header.preset.startswith("default size.ratio=2.25 ")
        assert replace(a.header, preset="") == replace(b.header, preset="")
        for section in a.sections:
            assert a.raw_section(section) == b.raw_section(b.section(section.tag)), section.tag
    with open_archive(tmp_path / "bytes.qaad") as archive:
        assert archive.header.network == plan(sized(tiny, target_bytes=2560), 4, 120).network
        assert np.isfinite(archive[:]).all()


def test_a_wanted_error_is_reached_by_more_bytes(tmp_path: Path, scans: Path, tiny: Request, heard: Any) -> None:
    """Learnt for real: what two qualities come to says what to ask for."""
    request = sized(tiny, epochs=8)
    least = compress([scans], tmp_path / "0.qaad", replace(request, quality=20), run=Run(device="cpu"))
    easy = replace(request, target_error=("em_kd", 1.01 * least.em_kd))
    found = compress([scans], tmp_path / "1.qaad", easy, run=Run(listener=heard, device="cpu"))
    assert (tmp_path / "1.qaad").read_bytes() == (tmp_path / "0.qaad").read_bytes()
    assert heard.notices == []
    hard = replace(request, target_error=("em_kd", 0.05 * least.em_kd))
    found = compress([scans], tmp_path / "2.qaad", hard, run=Run(listener=heard, device="cpu"))
    assert found.bytes_out > least.bytes_out
    assert len(heard.notices) >= 1
    assert heard.notices[0].startswith(f"quality 20: em_kd {least.em_kd:.4g}, ")


@pytest.mark.parametrize(
    "aims", [{"quality": 30.0}, {"target_bytes": 9000}, {"target_ratio": 25.0}, {"settings": {}}], ids=str
)
def test_without_an_error_to_reach_it_is_learnt_once(monkeypatch: pytest.MonkeyPatch, aims: dict[str, Any]) -> None:
    """By the plan for the request and the set, in the run that was given."""
    taken: list[Any] = []
    monkeypatch.setattr("qaadcodec.training.learn.learn", lambda *given: taken.append(given))
    monkeypatch.setattr("qaadcodec.training.registration.apart.how_far_apart", lambda store, seed: 0.5)
    gathered: Any = SimpleNamespace(store=SimpleNamespace(points=np.zeros((20, 1000, 3), np.float32), part=Part(20)))
    request, run = Request(latent_size=7, **aims), Run().within(12.5)
    learn_as_asked(gathered, request, run)
    ((found, made, given),) = taken
    assert found is gathered
    assert made == plan(request, 20, 1000, 0.5)
    assert given is run


def test_the_budget_begins_with_the_call(
    tmp_path: Path, scans: Path, tiny: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was made long before has as much time as one made now."""
    runs: list[Run] = []

    def stop(gathered: object, request: object, run: Run, start: object) -> None:
        runs.append(run)
        raise Interrupted("seen")

    monkeypatch.setattr(compressing, "learn_as_asked", stop)
    old = Run(started=-1e6, device="cpu", seed=3)
    for budget in (None, 600.0):
        with pytest.raises(Interrupted, match="seen"):
            compress([scans], tmp_path / "x.qaad", replace(tiny, budget_seconds=budget), run=old)
    free, bounded = runs
    assert free.deadline is None
    assert bounded.budget_seconds == pytest.approx(600.0)  # a difference of two times, which rounds
    assert 500.0 < (bounded.seconds_left or 0.0) <= 600.0
    assert all((run.device, run.seed) == ("cpu", 3) and run.stop is old.stop for run in runs)


@pytest.mark.parametrize("how", ["none", "similarity"])
def test_an_input_that_changes_meanwhile_is_an_error_or_left_out(
    tmp_path: Path, scans: Path, tiny: Request, heard: Any, make_shape: MakeShape, put_cloud: Put, how: str
) -> None:
    other = itertools.count(7)

    def change(event: Any) -> None:
        heard(event)
        if isinstance(event, PhaseStarted) and event.phase in ("aligning poses", "normalising"):
            (scans / "b.ply").unlink(missing_ok=True)
            put_cloud(scans / "b.ply", make_shape(next(other)).astype(np.float32))

    request, out = replace(tiny, align=how), tmp_path / "out.qaad"
    with pytest.raises(CloudError, match=r"b\.ply: has changed since the first look: its points are not what they"):
        compress([scans], out, request, run=Run(device="cpu", listener=change))
    assert not out.exists()
    summary = compress([scans], out, request, run=Run(device="cpu", listener=change), skip_bad=True)
    assert (summary.clouds, [Path(path).name for path, _ in summary.skipped]) == (3, ["b.ply"])
    with open_archive(out) as archive:
        assert list(archive.names) == ["a", "sub/c", "sub/d"]
        assert archive.poses().shape == (3, 3, 4)
