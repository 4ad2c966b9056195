"""`encode`: more clouds for an archive, and nothing about the old ones changes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.archive import ArchiveReader, writer
from qaadcodec.clouds import Normalisation, write_cloud
from qaadcodec.codec import added
from qaadcodec.codec.compress import compress
from qaadcodec.codec.encode import encode
from qaadcodec.codec.evaluate import evaluate
from qaadcodec.codec.newcomers import far_off
from qaadcodec.codec.open import open as open_archive
from qaadcodec.config import Request
from qaadcodec.errors import ArchiveError, CloudError, EnvironmentFailure, Interrupted, UsageError
from qaadcodec.progress import PhaseStarted, Progress, Run, StopRequest
from qaadcodec.report.summaries import encode_lines
from qaadcodec.sets.looks.finding import Finding
from qaadcodec.training import fitting

MakeShape = Callable[..., npt.NDArray[np.float64]]
Put = Callable[[Path, npt.NDArray[np.floating[Any]]], Path]
OnlyLeft = Callable[[Path, set[str]], None]


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rounds of forty steps are for real clouds."""
    monkeypatch.setattr(fitting, "Fitting", partial(fitting.Fitting, rounds=3, steps=8, points_per_step=64))


@pytest.fixture
def more(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> Path:
    """Two clouds of the same kind, one of which has a name that the archive has already."""
    for i, name in ((7, "a"), (8, "new")):
        put_cloud(tmp_path / f"more/{name}.ply", make_shape(i))
    return tmp_path / "more"


def test_old_clouds_decode_as_before(archive: Path, tmp_path: Path, more: Path) -> None:
    before = archive.read_bytes()
    encode(archive, [more], tmp_path / "x.qaad", run=Run(device="cpu"))
    assert archive.read_bytes() == before
    with open_archive(archive) as old, open_archive(tmp_path / "x.qaad") as new:
        assert new.names == ("a", "b", "sub/c", "sub/d", "a~2", "new")
        assert new.counts == 6 * (120,)
        assert len(new) == 6
        for i in range(4):
            assert old[i].tobytes() == new[i].tobytes()
        np.testing.assert_array_equal(old.latents(), new.latents(range(4)))
        for key in ("points", "network", "offset", "scale", "dtype", "seed", "preset", "epochs"):
            assert getattr(new.header, key) == getattr(old.header, key)
        assert new.header.bounds[0] <= old.header.bounds[0]
    with ArchiveReader(archive) as old, ArchiveReader(tmp_path / "x.qaad") as new:
        for tag in ("WGTS", "INPT"):
            assert old.raw_section(old.section(tag)) == new.raw_section(new.section(tag))
        assert new.raw_block(0) == old.raw_block(0)


def test_the_summary_and_the_recorded_error(archive: Path, tmp_path: Path, more: Path) -> None:
    output = tmp_path / "x.qaad"
    summary = encode(archive, [more], output, run=Run(device="cpu"))
    values = summary.to_dict()
    assert values.pop("seconds") > 0
    size = output.stat().st_size
    assert values == {
        "path": str(output),
        "added": 2,
        "clouds": 6,
        "points": 120,
        "bytes_out": size,
        "bytes_added": size - archive.stat().st_size,
        "em_kd": summary.em_kd,
        "em_kd_root": math.sqrt(summary.em_kd),
        "n_em_kd": summary.n_em_kd,
        "sample": 2,
        "interrupted": False,
        "unfitted": 0,
        "skipped": (),
        "points_left_out": (),
        "files_left_out": (),
        "findings": (),
    }
    with open_archive(archive) as old, open_archive(output) as new:
        added = {"added_em_kd": float(f"{summary.em_kd:.4g}")}
        assert new.header.errors == old.header.errors | added
    found = {e.index: e for e in evaluate(output, [more], indices=[5], metrics=["em_kd", "n_em_kd"])}
    assert found[5].name == "new"
    assert found[5].n_em_kd < 0.2


def test_a_cloud_of_the_archive_is_found_again(archive: Path, made: Path, tmp_path: Path) -> None:
    encode(archive, [made / "scans/sub/d.ply"], tmp_path / "x.qaad", run=Run(device="cpu"))
    with open_archive(tmp_path / "x.qaad") as new:
        assert new.names[4] == "d"
    references = {3: made / "scans", 4: made / "scans/sub/d.ply"}
    learnt, fitted = (
        next(evaluate(tmp_path / "x.qaad", [originals], indices=[i], metrics=["em_kd"]))
        for i, originals in references.items()
    )
    assert (learnt.name, fitted.name) == ("sub/d", "d")
    assert fitted.em_kd < 1.3 * learnt.em_kd


def test_other_counts_are_resampled(
    archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    put_cloud(tmp_path / "big.npy", make_shape(9, 200))
    summary = encode(archive, [tmp_path / "big.npy"], tmp_path / "x.qaad", run=Run(listener=heard))
    assert summary.points == 120
    assert heard.notices[0].startswith("1 of 1 clouds are resampled to 120 points (")
    with open_archive(tmp_path / "x.qaad") as new:
        assert new.counts == (120, 120, 120, 120, 200)
    fitting = [e for e in heard.events if isinstance(e, Progress) and e.phase == "fitting"]
    assert PhaseStarted("fitting", 1, "clouds") in heard.events
    assert [(e.done, e.fraction) for e in fitting] == [(1, 1.0)]


def test_bounds_grow_with_the_new_clouds(archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    cloud = 1.15 * make_shape(9)
    put_cloud(tmp_path / "big.npy", cloud)
    encode(archive, [tmp_path / "big.npy"], tmp_path / "x.qaad")
    with open_archive(archive) as old, open_archive(tmp_path / "x.qaad") as new:
        low, high = np.array(old.header.bounds)
        np.testing.assert_array_equal(
            new.header.bounds, [np.minimum(low, cloud.min(0)), np.maximum(high, cloud.max(0))]
        )


def test_clouds_of_another_place_are_warned_of(
    archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    put_cloud(tmp_path / "far.npy", make_shape(9) + 100.0)
    encode(archive, [tmp_path / "far.npy"], tmp_path / "x.qaad", run=Run(listener=heard))
    (notice,) = heard.notices
    path = tmp_path / "far.npy"
    assert notice.startswith("1 of 1 new cloud reaches 9")
    assert notice.endswith(
        f" times as far from the centre as those of the set did: {path}; are they of the same kind, units and position?"
    )


def test_clouds_out_of_all_reach_are_refused(archive: Path, tmp_path: Path, make_shape: MakeShape) -> None:
    np.save(tmp_path / "far.npy", 3e39 * make_shape(7))
    with pytest.raises(CloudError, match=r"far\.npy: reaches [0-9.]+e\+39 times as far from the centre as the set$"):
        encode(archive, [tmp_path / "far.npy"], tmp_path / "x.qaad", run=Run(device="cpu"))


def test_clouds_of_other_units_are_named(
    archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    for i in range(3):  # most of the new ones are as large as each other
        put_cloud(tmp_path / f"new/{i}.npy", make_shape(9 + i) / (1.0 if i == 2 else 25.4))
    summary = encode(archive, [tmp_path / "new"], tmp_path / "x.qaad", run=Run(listener=heard))
    (finding,) = summary.findings
    (first, _), (second, _) = finding.clouds
    assert heard.notices == [
        "2 of 3 clouds are about 1/25.4 as large as those of the archive, like inches among millimetres: "
        f"{first}, {second}; scale them if the units are not the same; the archive does not scale clouds"
    ]
    assert finding.kind == "units"
    assert {path for path, _ in finding.clouds} == {f"{tmp_path}/new/0.npy", f"{tmp_path}/new/1.npy"}
    assert [number for _, number in finding.clouds] == [pytest.approx(1 / 25.4, rel=0.2)] * 2


def test_clouds_that_come_back_badly_are_named(
    archive: Path,
) -> None:
    with open_archive(archive) as source:
        known = replace(source.header, errors={**source.header.errors, "n_em_kd": 0.004})
    matched, exact = np.array([0.05, 0.3, 0.039]), np.array([0.039, 0.25, 0.03])
    paths = ["new/near.npy", "new/flat.npy", "new/same.npy"]
    finding = far_off(known, paths, (matched, lambda i: exact[i]), [])
    assert finding is not None
    assert finding.kind == "worst"
    assert finding.text == (
        "1 of 3 new clouds comes back with an nEM-kD of 25 %, those of the set with 0.4 %: new/flat.npy"
    )
    assert finding.hint == "are they of the same kind, units and position?"
    assert finding.clouds == (("new/flat.npy", 0.25),)
    assert (
        far_off(known, paths, (matched, lambda i: exact[i]), [Finding("outside", "", "", (("new/flat.npy", 2.0),))])
        is None
    )


def test_a_strict_run_refuses_new_clouds_before_they_are_fitted(
    archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put, only_inputs_left: OnlyLeft
) -> None:
    put_cloud(tmp_path / "large.npy", make_shape(9) * 1000)
    with pytest.raises(CloudError, match=r"^1 of 1 cloud is about 1000 times as large as those of the archive, like"):
        encode(archive, [tmp_path / "large.npy"], tmp_path / "x.qaad", run=Run(strict=True))
    only_inputs_left(tmp_path, {"large.npy"})


def test_the_same_command_gives_the_same_bytes(archive: Path, tmp_path: Path, more: Path) -> None:
    outputs = [tmp_path / name for name in ("1.qaad", "2.qaad")]
    for output in outputs:
        encode(archive, [more], output, run=Run(device="cpu", seed=3))
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def test_failures_leave_nothing(
    archive: Path, tmp_path: Path, more: Path, put_cloud: Put, only_inputs_left: OnlyLeft
) -> None:
    bad = put_cloud(more / "bad.npy", np.ones((4, 3), np.float32))
    with pytest.raises(CloudError, match=r"bad\.npy: all 4 points are identical"):
        encode(archive, [more], tmp_path / "x.qaad")
    only_inputs_left(tmp_path, {"more"})
    summary = encode(archive, [more], tmp_path / "x.qaad", skip_bad=True)
    assert summary.added == 2
    assert summary.skipped == ((str(bad), f"{bad}: all 4 points are identical, so there is no shape to learn"),)


def test_an_existing_output_and_the_archive_itself_are_kept(archive: Path, tmp_path: Path, more: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(EnvironmentFailure, match=r"scans\.qaad exists already$"):
        encode(archive, [more], archive)
    assert archive.read_bytes() == before
    copy = tmp_path / "copy.qaad"
    copy.write_bytes(before)
    with pytest.raises(EnvironmentFailure, match=r"is the input .*copy\.qaad, and inputs are never overwritten$"):
        encode(copy, [more], copy, overwrite=True)
    assert copy.read_bytes() == before


def test_a_damaged_archive(archive: Path, tmp_path: Path, more: Path, only_inputs_left: OnlyLeft) -> None:
    damaged = tmp_path / "damaged.qaad"
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"damaged\.qaad: "):
        encode(damaged, [more], tmp_path / "x.qaad")
    only_inputs_left(tmp_path, {"damaged.qaad", "more"})


def test_a_stop_before_the_first_cloud(archive: Path, tmp_path: Path, more: Path, only_inputs_left: OnlyLeft) -> None:
    stop = StopRequest()

    def listen(event: Any) -> None:
        if isinstance(event, PhaseStarted) and event.phase == "fitting":
            stop.set()

    with pytest.raises(Interrupted, match=r"^stopped before a cloud was fitted; nothing was written$"):
        encode(archive, [more], tmp_path / "x.qaad", run=Run(listener=listen, stop=stop))
    only_inputs_left(tmp_path, {"more"})


def test_a_stop_later_writes_what_was_fitted_and_says_so(
    archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    for i in range(10):
        put_cloud(tmp_path / f"more/n{i}.npy", make_shape(20 + i))
    stop = StopRequest()

    def listen(event: Any) -> None:
        if isinstance(event, Progress) and event.phase == "fitting":
            stop.set()
        heard(event)

    summary = encode(archive, [tmp_path / "more"], tmp_path / "x.qaad", run=Run(listener=listen, stop=stop))
    assert (summary.added, summary.clouds, summary.interrupted, summary.unfitted) == (8, 12, True, 2)
    assert "stopped: 2 of 10 new clouds were not added" in heard.notices
    assert encode_lines(summary)[1].split(maxsplit=1)[1] == "8 clouds, finished early"
    with open_archive(tmp_path / "x.qaad") as new:
        assert new.names[4:] == tuple(f"n{i}" for i in range(8))
        assert np.isfinite(new[:]).all()


@pytest.mark.parametrize("limit", ["MAX_CLOUDS", "MAX_CODED"])
def test_more_than_an_archive_holds_is_refused_before_it_is_fitted(
    limit: str, archive: Path, tmp_path: Path, more: Path, monkeypatch: pytest.MonkeyPatch, only_inputs_left: OnlyLeft
) -> None:
    monkeypatch.setattr(writer, limit, {"MAX_CLOUDS": 5, "MAX_CODED": 17}[limit])  # 6 clouds, 3 numbers each
    monkeypatch.setattr(fitting, "fit", None)
    said = {
        "MAX_CLOUDS": "would hold 6 clouds, and can hold 5$",
        "MAX_CODED": "^18 numbers of latents, and at most 17 can",
    }
    with pytest.raises(UsageError, match=said[limit]):
        encode(archive, [more], tmp_path / "x.qaad")
    only_inputs_left(tmp_path, {"more"})


def test_a_stop_keeps_the_bounds_of_what_was_fitted(
    archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put
) -> None:
    for i in range(9):
        put_cloud(tmp_path / f"more/n{i}.npy", make_shape(20 + i) * (1.2 if i == 8 else 0.5))
    stop = StopRequest()

    def listen(event: Any) -> None:
        if isinstance(event, Progress) and event.phase == "fitting":
            stop.set()

    assert encode(archive, [tmp_path / "more"], tmp_path / "x.qaad", run=Run(listener=listen, stop=stop)).added == 8
    with open_archive(archive) as old, open_archive(tmp_path / "x.qaad") as new:
        assert new.header.bounds == old.header.bounds


def test_the_recorded_error_is_that_of_what_will_be_decoded(
    tmp_path: Path, scans: Path, tiny: Request, more: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With latents of two bits, quantising them moves the clouds."""
    settings = {**tiny.settings, "coding.numbers": "uniform", "coding.latent_bits": 2}
    coarse = replace(tiny, epochs=60, settings=settings)
    compress([scans], tmp_path / "coarse.qaad", coarse, run=Run(device="cpu"))
    stored: list[npt.NDArray[np.float32]] = []
    measure = added.sample_error

    def noted(clouds: int, original: Any, decoded: Any, *rest: Any) -> Any:
        stored.extend(np.array(decoded(i)) for i in range(clouds))
        return measure(clouds, original, decoded, *rest)

    monkeypatch.setattr(added, "sample_error", noted)
    encode(tmp_path / "coarse.qaad", [more], tmp_path / "x.qaad", run=Run(device="cpu"))
    with open_archive(tmp_path / "x.qaad") as new:
        norm = Normalisation(np.array(new.header.offset), new.header.scale)
        for i in range(2):
            np.testing.assert_allclose(norm.invert(stored[i]), new[4 + i], rtol=0, atol=1e-5)


def test_a_new_cloud_that_changes_meanwhile_is_an_error_or_left_out(
    archive: Path, tmp_path: Path, more: Path, make_shape: MakeShape, heard: Any
) -> None:
    (name, *others), out = sorted(path.name for path in more.glob("*.ply")), tmp_path / "out.qaad"
    other = itertools.count(70)

    def change(event: Any) -> None:
        heard(event)
        if isinstance(event, PhaseStarted) and event.phase == "normalising":
            write_cloud(more / name, make_shape(next(other)), "ply", overwrite=True)

    with pytest.raises(CloudError, match="has changed since the first look"):
        encode(archive, [more], out, run=Run(device="cpu", listener=change))
    assert not out.exists()
    summary = encode(archive, [more], out, run=Run(device="cpu", listener=change), skip_bad=True)
    assert (summary.added, [Path(path).name for path, _ in summary.skipped]) == (len(others), [name])
    assert any(text.startswith("skipped ") for text in heard.notices)
