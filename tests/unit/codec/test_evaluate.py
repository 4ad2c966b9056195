"""`evaluate` and `evaluate_pair`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.ranks import shared
from fixtures.small_sets import Heard
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from qaadcodec.clouds import resample
from qaadcodec.codec.decode import decode
from qaadcodec.codec.evaluate import evaluate, evaluate_pair
from qaadcodec.codec.open import open as open_archive
from qaadcodec.codec.summarise import summarise
from qaadcodec.codec.thresholds import check_thresholds
from qaadcodec.errors import CloudError, UsageError
from qaadcodec.metrics.names import MATCHED, METRICS, NEAREST, SURFACE
from qaadcodec.metrics.nearest import nearest_neighbours
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.metrics.point_to_plane import plane_mse
from qaadcodec.metrics.point_tree import PointTree
from qaadcodec.progress import PhaseEnded, PhaseStarted, Progress, Run
from qaadcodec.ranks.ranks import ALONE, Ranks

MakeShape = Callable[..., npt.NDArray[np.float64]]
Put = Callable[[Path, npt.NDArray[np.floating[Any]]], Path]


def expected(decoded: npt.NDArray[Any], original: npt.NDArray[Any]) -> dict[str, float]:
    """Every metric by its definition, from the full matrix of distances; sets small enough for the exact EMD."""
    decoded, original = decoded.astype(np.float64), original.astype(np.float64)
    squared = cdist(decoded, original, "sqeuclidean")
    matched = squared[linear_sum_assignment(squared)].mean()
    variance = np.square(original - original.mean(0)).sum(1).mean()
    there, back = squared.min(1).mean(), squared.min(0).mean()
    peak = np.square(np.ptp(original, axis=0)).sum()
    return {
        "em_kd": matched,
        "em_kd_root": math.sqrt(matched),
        "n_em_kd": matched / variance,
        "chamfer": there + back,
        "augmented_chamfer": max(there, back),
        "d1_psnr": 10 * math.log10(3 * peak / max(there, back)),
        "d2_psnr": 10 * math.log10(3 * peak / along_normals(decoded, original)),
        "hausdorff": math.sqrt(max(squared.min(1).max(), squared.min(0).max())),
        "psnr_peak": math.sqrt(peak),
    }


def along_normals(decoded: npt.NDArray[np.float64], original: npt.NDArray[np.float64]) -> float:
    """The point-to-plane error; tests/unit/metrics/test_point_to_plane.py has it by its definition."""
    ours, theirs = PointTree.of(decoded), PointTree.of(original)
    return plane_mse(ours, theirs, nearest_neighbours(ours, theirs))


def test_every_metric_of_every_cloud(archive: Path, made: Path, make_shape: MakeShape) -> None:
    errors = list(evaluate(archive, [made / "scans"]))
    assert [(e.index, e.name, e.points, e.note) for e in errors] == [
        (i, name, 120, None) for i, name in enumerate(("a", "b", "sub/c", "sub/d"))
    ]
    with open_archive(archive) as source:
        for i, found in enumerate(errors):
            wanted = expected(source[i], make_shape(i).astype(np.float32))
            values = found.to_dict()
            assert list(values) == ["index", "name", "points", *METRICS, "psnr_peak"]
            for name in (*MATCHED, *NEAREST):
                assert values[name] == pytest.approx(wanted[name], rel=1e-6), name


def test_originals_are_found_in_any_order_and_by_their_last_part(archive: Path, made: Path) -> None:
    files = [made / "scans/sub/d.ply", made / "scans/a.ply"]
    found = list(evaluate(archive, files, metrics=["em_kd"]))
    assert [(e.index, e.name) for e in found] == [(0, "a"), (3, "sub/d")]
    whole = {e.name: e.em_kd for e in evaluate(archive, [made / "scans"], metrics=["em_kd"])}
    assert {e.name: e.em_kd for e in found} == {name: whole[name] for name in ("a", "sub/d")}
    inside = list(evaluate(archive, [made / "scans/sub"], metrics=["em_kd"]))
    assert {e.name: e.em_kd for e in inside} == {name: whole[name] for name in ("sub/c", "sub/d")}


def test_two_references_of_one_last_part_are_ambiguous(
    archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put
) -> None:
    for folder in ("x", "y"):
        put_cloud(tmp_path / f"set/{folder}/c.ply", make_shape(2))
    put_cloud(tmp_path / "set/b.ply", make_shape(1))
    assert [e.name for e in evaluate(archive, [tmp_path / "set"], metrics=["chamfer"])] == ["b"]


def test_one_reference_is_the_original_of_one_cloud(
    tmp_path: Path, tiny: Any, make_shape: MakeShape, put_cloud: Put
) -> None:
    """Two subjects with equal file names: the scan of one must not be taken for the other's."""
    from qaadcodec.codec.compress import compress

    for i, folder in enumerate(("x", "y")):
        put_cloud(tmp_path / f"set/{folder}/0.ply", make_shape(i))
    compress([tmp_path / "set"], tmp_path / "x.qaad", tiny)
    with pytest.raises(CloudError):
        list(evaluate(tmp_path / "x.qaad", [tmp_path / "set/x/0.ply"], metrics=["em_kd"]))


def test_only_some_clouds(archive: Path, made: Path) -> None:
    found = list(evaluate(archive, [made / "scans"], indices=[-1, 1], metrics=["hausdorff"]))
    assert [e.index for e in found] == [3, 1]
    assert found[0].em_kd is None
    assert found[0].hausdorff > 0
    assert found[0].to_dict()["em_kd"] is None


def test_what_cannot_be_found_is_said(
    archive: Path, made: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put
) -> None:
    with pytest.raises(CloudError, match=r"^no original for cloud 1 \(b\) among the references$"):
        list(evaluate(archive, [made / "scans/a.ply"], indices=[1]))
    put_cloud(tmp_path / "other.ply", make_shape(0))
    with pytest.raises(CloudError) as caught:
        list(evaluate(archive, [tmp_path / "other.ply"]))
    assert str(caught.value) == (
        "none of 1 references has the name of a cloud: they are named like 'other', the clouds like 'a'"
    )
    assert caught.value.hint == "give the folder that was compressed"
    with pytest.raises(IndexError, match="no cloud 4"):
        list(evaluate(archive, [made / "scans"], indices=[4]))
    with pytest.raises(UsageError, match=r"^unknown metrics: emd, psnr$") as unknown:
        list(evaluate(archive, [made / "scans"], metrics=["emd", "em_kd", "psnr"]))
    assert unknown.value.hint == f"metrics are {', '.join(METRICS)}"


def test_unequal_counts(archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    original = make_shape(0, 200)
    put_cloud(tmp_path / "a.npy", original)
    (found,) = evaluate(archive, [tmp_path / "a.npy"], run=Run(seed=4))
    assert found.note == "120 and 200 points: EM-kD on 120, drawn with seed 4"
    assert found.points == 200
    with open_archive(archive) as source:
        decoded = source[0]
    subsample = expected(decoded, resample(original, 120, 4))
    whole = {**expected_nearest(decoded, original)}
    variance = np.square(original - original.mean(0)).sum(1).mean()
    assert found.em_kd == pytest.approx(subsample["em_kd"], rel=1e-6)
    assert found.n_em_kd == pytest.approx(subsample["em_kd"] / variance, rel=1e-6)
    assert found.chamfer == pytest.approx(whole["chamfer"], rel=1e-6)
    assert found.d1_psnr == pytest.approx(whole["d1_psnr"], rel=1e-6)
    (other,) = evaluate(archive, [tmp_path / "a.npy"], run=Run(seed=5))
    assert other.em_kd != found.em_kd
    assert other.chamfer == found.chamfer
    (silent,) = evaluate(archive, [tmp_path / "a.npy"], metrics=["chamfer"])
    assert silent.note is None


def expected_nearest(decoded: npt.NDArray[Any], original: npt.NDArray[Any]) -> dict[str, float]:
    squared = cdist(decoded.astype(np.float64), original, "sqeuclidean")
    there, back = squared.min(1).mean(), squared.min(0).mean()
    peak = np.square(np.ptp(original, axis=0)).sum()
    return {"chamfer": there + back, "d1_psnr": 10 * math.log10(3 * peak / max(there, back))}


def test_a_pair(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    a, b = make_shape(0, 50), make_shape(1, 50)
    found = evaluate_pair(put_cloud(tmp_path / "a.npy", a), put_cloud(tmp_path / "b.npy", b))
    assert (found.index, found.name, found.points, found.note) == (None, "a", 50, None)
    for name, value in expected(a, b).items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-6), name


def test_the_second_of_a_pair_is_the_original(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    small = put_cloud(tmp_path / "small.npy", make_shape(0, 50))
    large = put_cloud(tmp_path / "large.npy", 10 * make_shape(0, 60))
    there, back = evaluate_pair(small, large), evaluate_pair(large, small)
    assert (there.points, back.points) == (60, 50)
    assert there.chamfer == pytest.approx(back.chamfer)
    assert there.hausdorff == pytest.approx(back.hausdorff)
    assert there.d1_psnr == pytest.approx(back.d1_psnr + 20, abs=1.0)  # the peak is ten times as long


def test_the_peak_of_a_run(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    a, b = put_cloud(tmp_path / "a.npy", make_shape(0, 50)), put_cloud(tmp_path / "b.npy", make_shape(1, 50))
    by_box, by_value = evaluate_pair(a, b), evaluate_pair(a, b, run=Run(peak=1023.0))
    assert by_value.psnr_peak == 1023.0
    more = 20 * math.log10(1023 / by_box.psnr_peak)
    assert by_value.d1_psnr == pytest.approx(by_box.d1_psnr + more)
    assert by_value.d2_psnr == pytest.approx(by_box.d2_psnr + more)
    assert evaluate_pair(a, b, metrics=["chamfer"]).psnr_peak is None


def test_equal_clouds_have_no_error(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    cloud = make_shape(0, 50)
    a = put_cloud(tmp_path / "a.npy", cloud)
    b = put_cloud(tmp_path / "b.npy", np.random.default_rng(0).permutation(cloud))
    found = evaluate_pair(a, b)
    peak = float(np.linalg.norm(np.ptp(cloud.astype(np.float32).astype(np.float64), axis=0)))
    errors = (0.0, 0.0, 0.0, 0.0, 0.0, math.inf, math.inf, 0.0)
    assert replace(found, psnr_peak=None) == CloudErrors(None, "a", 50, *errors)
    assert found.psnr_peak == pytest.approx(peak, rel=1e-6)
    assert json.dumps(found.to_dict(), allow_nan=False) == (
        '{"index": null, "name": "a", "points": 50, "em_kd": 0.0, "em_kd_root": 0.0, "n_em_kd": 0.0, '
        '"chamfer": 0.0, "augmented_chamfer": 0.0, "d1_psnr": null, "d2_psnr": null, "hausdorff": 0.0, '
        + ", ".join(f'"{name}": null' for name in SURFACE)
        + f', "psnr_peak": {found.psnr_peak}}}'
    )
    summary = summarise([found], None)
    assert summary["em_kd"] == {"mean": 0.0, "median": 0.0, "p95": 0.0, "max": 0.0}
    assert summary["d1_psnr"]["mean"] == math.inf
    check_thresholds(summary, {"em_kd": 0.0, "d1_psnr": 200.0})


def test_originals_lose_the_points_that_mean_no_place(
    archive: Path, made: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put, heard: Any
) -> None:
    spoilt = make_shape(0).astype(np.float32)
    spoilt = np.insert(spoilt, 5, np.nan, axis=0)
    bad = put_cloud(tmp_path / "a.ply", spoilt)
    (found,) = evaluate(archive, [bad], run=Run(listener=heard))
    (whole,) = evaluate(archive, [made / "scans/a.ply"])
    assert found == whole
    assert f"{bad} has points that are not finite: 1 point left out" in heard.notices
    pair = evaluate_pair(bad, made / "scans/a.ply")
    assert (pair.points, pair.em_kd, pair.note) == (120, 0, f"left out of {bad}: 1 not finite")
    pair = evaluate_pair(made / "scans/a.ply", spoilt)
    assert (pair.points, pair.em_kd, pair.note) == (120, 0, "left out of the second cloud: 1 not finite")


def test_a_decoded_file_has_the_errors_of_its_cloud(archive: Path, made: Path, tmp_path: Path) -> None:
    decode(archive, tmp_path / "c.ply", "sub/c")
    pair = evaluate_pair(tmp_path / "c.ply", made / "scans/sub/c.ply")
    (cloud,) = evaluate(archive, [made / "scans"], indices=[2])
    for name in METRICS:
        assert getattr(pair, name) == getattr(cloud, name)


def test_clouds_without_an_original_are_said(archive: Path, made: Path, heard: Any) -> None:
    errors = list(evaluate(archive, [made / "scans/a.ply"], metrics=["em_kd"], run=Run(listener=heard)))
    assert [e.name for e in errors] == ["a"]
    assert heard.notices == ["3 of 4 clouds have no original among the references, such as b"]


def test_progress_is_told_cloud_by_cloud(archive: Path, made: Path, heard: Any) -> None:
    found = evaluate(archive, [made / "scans"], indices=[2, 0], metrics=["chamfer"], run=Run(listener=heard))
    assert [e.name for e in found] == ["sub/c", "a"]
    started, *told, ended = heard.events
    assert started == PhaseStarted("comparing", 2, "clouds")
    assert [(event.done, event.fraction) for event in told if isinstance(event, Progress)] == [(1, 0.5), (2, 1.0)]
    assert isinstance(ended, PhaseEnded)


@pytest.mark.parametrize("size", [2, 3, 7])
def test_several_ranks_find_what_one_process_finds(
    archive: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put, size: int
) -> None:
    """Four clouds, one of which has no original and one points that mean no place; more ranks than clouds, too."""
    for i, name in ((0, "a"), (1, "b"), (3, "sub/d")):
        points = make_shape(i).astype(np.float32)
        put_cloud(tmp_path / f"set/{name}.ply", np.concatenate([points, np.full((i % 3, 3), np.nan, np.float32)]))

    def found(ranks: Ranks) -> tuple[list[CloudErrors], list[str]]:
        heard = Heard()
        return list(evaluate(archive, [tmp_path / "set"], run=Run(listener=heard, ranks=ranks))), heard.notices

    errors, said = found(ALONE)
    assert [each.index for each in errors] == [0, 1, 3]
    assert len(said) == 2
    assert "1 of 4 clouds have no original" in said[0]
    assert "1 point left out" in said[1]
    assert shared(size, found) == [(errors, said)] * size


def test_an_original_that_is_missing_on_one_rank_ends_all(archive: Path, made: Path) -> None:
    def found(ranks: Ranks) -> list[CloudErrors]:
        return list(evaluate(archive, [made / "scans/sub"], indices=[2, 3, 1], run=Run(ranks=ranks)))

    with pytest.raises(CloudError, match=r"no original for cloud 1 \(b\)"):
        shared(2, found)
    with pytest.raises(CloudError, match="process 1 does not find the same clouds as process 0"):
        shared(
            2, lambda ranks: list(evaluate(archive, [made / ("scans", "scans/sub")[ranks.rank]], run=Run(ranks=ranks)))
        )
