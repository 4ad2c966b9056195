"""`compress`: what comes out, what is said, and that a failure leaves nothing behind."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.codec import compress as compressing
from qaadcodec.codec.compress import compress
from qaadcodec.codec.evaluate import evaluate
from qaadcodec.codec.open import open as open_archive
from qaadcodec.config import PRESETS, CompressConfig, aimed, with_settings
from qaadcodec.errors import CloudError, EnvironmentFailure, Interrupted, UsageError
from qaadcodec.metrics.em_kd import em_kd, variance
from qaadcodec.progress import Notice, PhaseEnded, PhaseStarted, Progress, StopRequest
from qaadcodec.sets import gather
from qaadcodec.version import __version__

MakeShape = Callable[..., npt.NDArray[np.float64]]
Put = Callable[[Path, npt.NDArray[np.floating[Any]]], Path]
OnlyLeft = Callable[[Path, set[str]], None]


def test_a_folder_comes_back(tmp_path: Path, scans: Path, tiny: CompressConfig, make_shape: MakeShape) -> None:
    config = replace(tiny, training=replace(tiny.training, epochs=60))
    output = tmp_path / "scans.qaad"
    summary = compress([scans], output, config=config, device="cpu")
    with open_archive(output) as archive:
        assert archive.names == ("a", "b", "sub/c", "sub/d")
        assert archive.counts == (120, 120, 120, 120)
        assert archive[:].shape == (4, 120, 3)
        assert archive[0].dtype == np.float32
        header = archive.header
        assert (header.preset, header.seed, header.epochs) == ("", 0, 60)
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


def test_the_summary_says_what_the_set_became(tmp_path: Path, scans: Path, tiny: CompressConfig) -> None:
    output = tmp_path / "scans.qaad"
    summary = compress([scans], output, config=tiny, device="cpu")
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
    }


def test_the_same_command_gives_the_same_bytes(tmp_path: Path, scans: Path, tiny: CompressConfig) -> None:
    outputs = [tmp_path / name for name in ("1.qaad", "2.qaad", "3.qaad")]
    for output, seed in zip(outputs, (5, 5, 6), strict=True):
        compress([scans], output, config=replace(tiny, seed=seed), device="cpu")
    first, second, other = (output.read_bytes() for output in outputs)
    assert first == second
    assert first != other


def test_the_phases_are_told_in_order(tmp_path: Path, scans: Path, tiny: CompressConfig, heard: Any) -> None:
    compress([scans], tmp_path / "x.qaad", config=tiny, device="cpu", on_event=heard)
    phases = [e for e in heard.events if isinstance(e, (PhaseStarted, PhaseEnded))]
    assert [(type(e), e.phase) for e in phases] == [
        (kind, phase)
        for phase in ("reading", "normalising", "assigning", "training", "measuring")
        for kind in (PhaseStarted, PhaseEnded)
    ]
    assert phases[0] == PhaseStarted("reading", 4, "clouds")
    assert phases[4] == PhaseStarted("assigning", 4, "clouds")
    assert phases[6] == PhaseStarted("training", 3, "epochs")
    reading = [e for e in heard.events if isinstance(e, Progress) and e.phase == "reading"]
    assert [(e.done, e.fraction) for e in reading] == [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)]
    assert heard.notices == []


def test_the_recipe_of_the_paper(tmp_path: Path, scans: Path, heard: Any) -> None:
    """With its warm-up, at a size that takes a moment; the same command gives the same bytes."""
    config = with_settings(
        PRESETS["paper"], {"training.warmup_epochs": 2, "training.epochs": 2, "network.shared_widths": [16, 8]}
    ).with_overrides(patches=4, latent_size=3)
    for name in ("1.qaad", "2.qaad"):
        summary = compress([scans], tmp_path / name, config=config, device="cpu", on_event=heard)
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
    tmp_path: Path, tiny: CompressConfig, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    for i, points in enumerate((90, 120, 80)):
        put_cloud(tmp_path / f"set/{i}.ply", make_shape(i, points))
    summary = compress([tmp_path / "set"], tmp_path / "x.qaad", config=tiny, device="cpu", on_event=heard)
    assert summary.points == 80
    assert heard.notices == ["2 of 3 clouds are resampled to 80 points (the smallest count); they have 80 to 120"]
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.counts == (90, 120, 80)
        assert [cloud.shape for cloud in archive] == 3 * [(80, 3)]


def test_points_asked_for(
    tmp_path: Path, tiny: CompressConfig, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    for i, points in enumerate((90, 120)):
        put_cloud(tmp_path / f"set/{i}.ply", make_shape(i, points))
    config = replace(tiny, points=100)
    assert compress([tmp_path / "set"], tmp_path / "x.qaad", config=config, on_event=heard).points == 100
    assert heard.notices == ["2 of 2 clouds are resampled to 100 points (as asked for); they have 90 to 120"]


def test_more_points_than_an_archive_holds_are_refused_before_anything_is_learnt(
    tmp_path: Path, scans: Path, tiny: CompressConfig, monkeypatch: pytest.MonkeyPatch, only_inputs_left: OnlyLeft
) -> None:
    monkeypatch.setattr(gather, "MAX_POINTS", 119)
    said = "^120 points per cloud, and an archive holds 119 at most$"
    with pytest.raises(UsageError, match=said) as caught:
        compress([scans], tmp_path / "x.qaad", config=tiny)
    assert caught.value.hint == "--points 119 takes that many of each"
    only_inputs_left(tmp_path, {scans.name})


def test_a_cloud_much_smaller_than_the_others_is_warned_of(
    tmp_path: Path, tiny: CompressConfig, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    for i, points in enumerate((200, 200, 64)):
        put_cloud(tmp_path / f"set/{i}.ply", make_shape(i, points))
    compress([tmp_path / "set"], tmp_path / "x.qaad", config=tiny, on_event=heard)
    small = tmp_path / "set/2.ply"
    assert heard.notices[1] == f"{small} has 64 points, the median is 200; --points M keeps more detail of the others"


def test_what_is_not_kept_is_named_once(tmp_path: Path, tiny: CompressConfig, heard: Any) -> None:
    (tmp_path / "set").mkdir()
    for i in range(2):
        header = "ply\nformat ascii 1.0\nelement vertex 4\n" + "".join(
            f"property float {p}\n" for p in ("x", "y", "z", "nx", "ny", "nz")
        )
        rows = "".join(f"{k} {k * k} {i} 0 0 1\n" for k in range(4))
        (tmp_path / f"set/{i}.ply").write_text(f"{header}end_header\n{rows}")
    compress([tmp_path / "set"], tmp_path / "x.qaad", config=tiny, on_event=heard)
    assert heard.notices == ["not kept: normals (2 clouds); a .qaad holds positions only"]


def test_utm_coordinates_keep_their_detail(
    tmp_path: Path, tiny: CompressConfig, make_shape: MakeShape, put_cloud: Put
) -> None:
    """At 5 000 000 m a float32 moves in steps of half a metre; the clouds are of a few millimetres' difference."""
    place = np.array([4.5e5, 5.0e6, 120.0])
    base = make_shape(0)
    rng = np.random.default_rng(0)
    originals = [place + base + 1e-3 * rng.standard_normal(base.shape) for _ in range(3)]
    for i, cloud in enumerate(originals):
        put_cloud(tmp_path / f"set/{i}.ply", cloud)
    summary = compress([tmp_path / "set"], tmp_path / "x.qaad", config=tiny, device="cpu")
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


def test_a_set_of_one_cloud(tmp_path: Path, tiny: CompressConfig, make_shape: MakeShape, put_cloud: Put) -> None:
    put_cloud(tmp_path / "set/only.npy", make_shape(0, 64))
    summary = compress([tmp_path / "set"], tmp_path / "x.qaad", config=tiny)
    assert (summary.clouds, summary.sample) == (1, 1)
    (error,) = evaluate(tmp_path / "x.qaad", [tmp_path / "set"], metrics=["n_em_kd"])
    assert error.n_em_kd < 1e-3


def test_fewer_points_than_patches(tmp_path: Path, tiny: CompressConfig, make_shape: MakeShape, put_cloud: Put) -> None:
    put_cloud(tmp_path / "set/0.npy", make_shape(0, 3))
    put_cloud(tmp_path / "set/1.npy", make_shape(1, 3))
    assert compress([tmp_path / "set"], tmp_path / "x.qaad", config=tiny).points == 3
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.header.network.patches == 3
        assert archive[1].shape == (3, 3)


def bad_clouds() -> dict[str, tuple[npt.NDArray[np.float32], str]]:
    spoilt = np.ones((5, 3), np.float32)
    spoilt[3, 1] = np.nan
    return {
        "identical": (np.ones((5, 3), np.float32), "all 5 points are identical, so there is no shape to learn"),
        "one point": (np.ones((1, 3), np.float32), "has 1 point, and a cloud needs at least 2 to have a shape"),
        "nan": (spoilt, "vertex 3 has a NaN coordinate"),
    }


@pytest.mark.parametrize("kind", bad_clouds())
def test_a_bad_cloud_is_named_and_leaves_nothing(
    tmp_path: Path, scans: Path, tiny: CompressConfig, put_cloud: Put, only_inputs_left: OnlyLeft, kind: str
) -> None:
    cloud, message = bad_clouds()[kind]
    bad = put_cloud(scans / "bad.ply", cloud)
    with pytest.raises(CloudError) as caught:
        compress([scans], tmp_path / "x.qaad", config=tiny)
    assert str(caught.value) == f"{bad}: {message}"
    assert caught.value.hint is not None
    assert "--skip-bad" in caught.value.hint
    only_inputs_left(tmp_path, {"scans"})


@pytest.mark.parametrize("kind", bad_clouds())
def test_skip_bad_goes_on_and_lists_them(
    tmp_path: Path, scans: Path, tiny: CompressConfig, put_cloud: Put, heard: Any, kind: str
) -> None:
    cloud, message = bad_clouds()[kind]
    bad = put_cloud(scans / "bad.ply", cloud)
    summary = compress([scans], tmp_path / "x.qaad", config=tiny, skip_bad=True, on_event=heard)
    assert summary.clouds == 4
    assert summary.skipped == ((str(bad), f"{bad}: {message}"),)
    assert heard.notices == [f"skipped {bad}: {message}"]
    assert all(event.warning for event in heard.events if isinstance(event, Notice))
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.names == ("a", "b", "sub/c", "sub/d")


def test_only_bad_clouds(tmp_path: Path, tiny: CompressConfig, put_cloud: Put, only_inputs_left: OnlyLeft) -> None:
    for i in range(2):
        put_cloud(tmp_path / f"set/{i}.ply", np.zeros((4, 3), np.float32))
    with pytest.raises(CloudError, match=r"^none of 2 clouds can be used$"):
        compress([tmp_path / "set"], tmp_path / "x.qaad", config=tiny, skip_bad=True)
    only_inputs_left(tmp_path, {"set"})


def test_an_existing_output_is_kept(tmp_path: Path, scans: Path, tiny: CompressConfig, heard: Any) -> None:
    output = tmp_path / "x.qaad"
    output.write_bytes(b"precious")
    with pytest.raises(EnvironmentFailure) as caught:
        compress([scans], output, config=tiny, on_event=heard)
    assert str(caught.value) == f"{output} exists already"
    assert caught.value.hint == "-f overwrites it"
    assert output.read_bytes() == b"precious"
    assert heard.events == []  # said before any work
    compress([scans], output, config=tiny, overwrite=True)
    with open_archive(output) as archive:
        assert len(archive) == 4


def test_an_output_that_is_a_folder(tmp_path: Path, scans: Path, tiny: CompressConfig) -> None:
    with pytest.raises(EnvironmentFailure, match=r"scans is a folder$"):
        compress([scans], scans, config=tiny, overwrite=True)


def test_a_failure_in_the_middle_leaves_nothing(
    tmp_path: Path,
    scans: Path,
    tiny: CompressConfig,
    only_inputs_left: OnlyLeft,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(archive: Any, coding: Any, stream: Any) -> None:
        stream.write(b"half an archive")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compressing, "write_archive", broken)
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*x\.qaad: no space left on device"):
        compress([scans], tmp_path / "x.qaad", config=tiny)
    only_inputs_left(tmp_path, {"scans"})


@pytest.mark.parametrize("phase", ["reading", "normalising"])
def test_a_stop_while_reading_writes_nothing(
    tmp_path: Path, scans: Path, tiny: CompressConfig, only_inputs_left: OnlyLeft, phase: str
) -> None:
    stop = StopRequest()

    def listen(event: Any) -> None:
        if isinstance(event, Progress) and (event.phase, event.done) == (phase, 2):
            stop.set()

    with pytest.raises(Interrupted, match=r"^stopped while reading; nothing was written$"):
        compress([scans], tmp_path / "x.qaad", config=tiny, on_event=listen, stop=stop)
    only_inputs_left(tmp_path, {"scans"})


def test_a_stop_while_assigning_writes_a_valid_archive_and_says_what_it_is_worth(
    tmp_path: Path, scans: Path, tiny: CompressConfig, heard: Any
) -> None:
    stop = StopRequest()

    def listen(event: Any) -> None:
        heard(event)
        if isinstance(event, Progress) and (event.phase, event.done) == ("assigning", 2):
            stop.set()

    summary = compress([scans], tmp_path / "x.qaad", config=tiny, on_event=listen, stop=stop)
    assert summary.interrupted
    assert summary.epochs == 0
    said = "it was stopped before every cloud was shown once; the clouds will look much alike"
    assert heard.notices == [said]
    with open_archive(tmp_path / "x.qaad") as archive:
        assert len(archive) == 4
        np.testing.assert_array_equal(archive[0], archive[3])


def test_an_input_is_never_overwritten(tmp_path: Path, scans: Path, tiny: CompressConfig) -> None:
    before = (scans / "a.ply").read_bytes()
    with pytest.raises(EnvironmentFailure, match=r"a\.ply is the input .*a\.ply, and inputs are never overwritten$"):
        compress([scans], scans / "a.ply", config=tiny, overwrite=True)
    assert (scans / "a.ply").read_bytes() == before


def test_more_patches_than_points_are_said(tmp_path: Path, scans: Path, tiny: CompressConfig, heard: Any) -> None:
    config = replace(tiny, points=3)
    compress([scans], tmp_path / "x.qaad", config=config, on_event=heard)
    assert "3 patches instead of 4: there are no more points" in heard.notices


def test_of_patches_that_are_chosen_nothing_is_said(
    tmp_path: Path, scans: Path, tiny: CompressConfig, heard: Any
) -> None:
    """There are never more than points. What is given is said, and is not chosen."""
    for config, patches in (
        (aimed(tiny, quality=0), 1),
        (aimed(with_settings(tiny, {"network.patches": 50}), quality=0), 3),
    ):
        config = replace(config, points=3, training=replace(config.training, epochs=1))
        compress([scans], tmp_path / "x.qaad", config=config, overwrite=True, on_event=heard, device="cpu")
        with open_archive(tmp_path / "x.qaad") as archive:
            assert archive.header.network.patches == patches
    assert [text for text in heard.notices if "patches" in text] == [
        "3 patches instead of 50: there are no more points"
    ]


def test_a_stop_during_training_writes_what_was_learnt(
    tmp_path: Path, scans: Path, tiny: CompressConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = StopRequest()
    monkeypatch.setattr("qaadcodec.training.loop.REPORT_SECONDS", 0.0)

    def listen(event: Any) -> None:
        if isinstance(event, Progress) and event.phase == "training" and event.done == 7:
            stop.set()

    config = replace(tiny, training=replace(tiny.training, epochs=10000))
    summary = compress([scans], tmp_path / "x.qaad", config=config, on_event=listen, stop=stop)
    assert summary.interrupted
    assert summary.epochs == 7
    errors = list(evaluate(tmp_path / "x.qaad", [scans], metrics=["em_kd"]))
    assert np.mean([e.em_kd for e in errors]) == pytest.approx(summary.em_kd, rel=0.05)
    with open_archive(tmp_path / "x.qaad") as archive:
        assert archive.header.epochs == 7


def test_a_budget_too_small_is_said(tmp_path: Path, scans: Path, tiny: CompressConfig, heard: Any) -> None:
    summary = compress([scans], tmp_path / "x.qaad", config=replace(tiny, budget_seconds=0.01), on_event=heard)
    assert summary.epochs == 0
    assert not summary.interrupted
    assert heard.notices == ["the budget ended before every cloud was shown once; the clouds will look much alike"]
    assert summary.sample == 1  # one cloud is measured at least
    with open_archive(tmp_path / "x.qaad") as archive:
        assert np.isfinite(archive[:]).all()


def test_an_unknown_device(tmp_path: Path, scans: Path) -> None:
    with pytest.raises(UsageError, match=r"^unknown device 'tpu'; devices are auto, cpu, cuda, mps$"):
        compress([scans], tmp_path / "x.qaad", device="tpu")


def test_a_device_that_is_not_there(tmp_path: Path, scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(EnvironmentFailure, match=r"^no cuda device on this machine$") as caught:
        compress([scans], tmp_path / "x.qaad", device="cuda")
    assert caught.value.hint == "--device cpu works everywhere"


def test_a_cloud_that_is_a_speck_among_the_others(
    tmp_path: Path, tiny: CompressConfig, make_shape: MakeShape, put_cloud: Put
) -> None:
    """Its points differ, but not in float32 once the set is normalised."""
    put_cloud(tmp_path / "set/0.npy", make_shape(0))
    put_cloud(tmp_path / "set/1.npy", 0.3 + 1e-12 * make_shape(1))
    summary = compress([tmp_path / "set"], tmp_path / "x.qaad", config=tiny, device="cpu")
    assert summary.clouds == 2
    assert math.isfinite(summary.n_em_kd)


def test_a_wanted_size_is_what_it_takes(tmp_path: Path, scans: Path, tiny: CompressConfig, heard: Any) -> None:
    """Learnt from end to end; the network is chosen for it, and the steps do the rest."""
    for output, aims in (("bytes.qaad", {"bytes": 2400}), ("ratio.qaad", {"ratio": 4 * 120 * 12 / 2400})):
        config = aimed(replace(tiny, training=replace(tiny.training, epochs=25)), **aims)
        summary = compress([scans], tmp_path / output, config=config, device="cpu", on_event=heard)
        assert summary.bytes_out == (tmp_path / output).stat().st_size == pytest.approx(2400, rel=0.1)
        assert summary.ratio == pytest.approx(4 * 120 * 12 / 2400, rel=0.1)
    assert heard.notices == []
    assert (tmp_path / "bytes.qaad").read_bytes() == (tmp_path / "ratio.qaad").read_bytes()
    with open_archive(tmp_path / "bytes.qaad") as archive:
        assert archive.header.network != tiny.network
        assert np.isfinite(archive[:]).all()


def test_a_wanted_error_is_reached_by_more_bytes(tmp_path: Path, scans: Path, tiny: CompressConfig, heard: Any) -> None:
    """Learnt for real: what two qualities come to says what to ask for."""
    config = replace(tiny, training=replace(tiny.training, epochs=20))
    least = compress([scans], tmp_path / "0.qaad", config=aimed(config, quality=20), device="cpu")
    easy = aimed(config, metric="em_kd", error=1.01 * least.em_kd)
    found = compress([scans], tmp_path / "1.qaad", config=easy, device="cpu", on_event=heard)
    assert (tmp_path / "1.qaad").read_bytes() == (tmp_path / "0.qaad").read_bytes()
    assert heard.notices == []
    hard = aimed(config, metric="em_kd", error=0.05 * least.em_kd)
    found = compress([scans], tmp_path / "2.qaad", config=hard, device="cpu", on_event=heard)
    assert found.bytes_out > least.bytes_out
    assert len(heard.notices) >= 1
    assert heard.notices[0].startswith(f"quality 20: em_kd {least.em_kd:.4g}, ")
