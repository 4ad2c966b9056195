"""Clouds against the surfaces that dense references stand for: what is measured, and what is said where nothing can."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.distance import cdist

from qaadcodec.codec.dense import read_surface
from qaadcodec.codec.evaluate import evaluate, evaluate_pair
from qaadcodec.codec.open import open as open_archive
from qaadcodec.codec.summarise import summarise
from qaadcodec.codec.thresholds import check_thresholds
from qaadcodec.errors import CloudError, ThresholdMissed, UsageError
from qaadcodec.metrics.names import MATCHED, METRICS, NEAREST, SURFACE

MakeShape = Callable[..., npt.NDArray[np.float64]]
Put = Callable[[Path, npt.NDArray[np.floating[Any]]], Path]
NAMES = ("a", "b", "sub/c", "sub/d")
DENSE = 3000


@pytest.fixture
def dense(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> Path:
    """A folder with a dense sampling of the shape of each of the four clouds."""
    for i, name in enumerate(NAMES):
        put_cloud(tmp_path / f"dense/{name}.ply", make_shape(i, DENSE).astype(np.float32))
    return tmp_path / "dense"


def expected(decoded: npt.NDArray[Any], dense: npt.NDArray[Any], points: int) -> dict[str, float]:
    """Every error by its definition, from full matrices of distances."""
    nearest = np.sort(cdist(dense[:2000], dense), axis=1)[:, 1].mean()
    table = cdist(decoded, dense) / (2 * nearest * np.sqrt(len(dense) / points))
    off, cover = table.min(1), table.min(0)
    values = [f(x) for x in (off, cover) for f in (rms, lambda x: np.percentile(x, 99), np.max)]
    return dict(zip(SURFACE, [*values, (off > 2).mean()], strict=True))


def rms(x: npt.NDArray[Any]) -> Any:
    return np.sqrt(np.square(x).mean())


def test_every_cloud_against_its_surface(archive: Path, made: Path, dense: Path, make_shape: MakeShape) -> None:
    errors = list(evaluate(archive, [made / "scans"], dense=[dense]))
    assert [e.name for e in errors] == list(NAMES)
    with open_archive(archive) as source:
        for i, found in enumerate(errors):
            wanted = expected(source[i], make_shape(i, DENSE).astype(np.float32).astype(float), 120)
            assert {name: getattr(found, name) for name in SURFACE} == pytest.approx(wanted, rel=1e-6)
    without = list(evaluate(archive, [made / "scans"]))
    for name in (*MATCHED, *NEAREST):  # the others are what they were
        assert [getattr(e, name) for e in errors] == [getattr(e, name) for e in without]
    assert [e.stray for e in without] == 4 * [None]
    summary = summarise(errors, archive)
    assert set(METRICS) < set(summary)
    assert summary["stray"]["mean"] == pytest.approx(np.mean([e.stray for e in errors]))


def test_limits_of_the_surface(archive: Path, made: Path, dense: Path) -> None:
    summary = summarise(list(evaluate(archive, [made / "scans"], dense=[dense], metrics=["off_max"])), None)
    check_thresholds(summary, {"off_max": 1e3})
    with pytest.raises(ThresholdMissed, match=r"^mean off_max is [0-9.]+, above the limit 0\.01$"):
        check_thresholds(summary, {"off_max": 0.01})
    with pytest.raises(UsageError, match=r"^stray was not measured, so its limit cannot be checked$"):
        check_thresholds(summary, {"stray": 0.01})


def test_only_some_of_the_errors(archive: Path, made: Path, dense: Path) -> None:
    (found,) = evaluate(archive, [made / "scans"], dense=[dense], indices=[2], metrics=["stray", "cover_rms"])
    assert {name for name in METRICS if getattr(found, name) is not None} == {"stray", "cover_rms"}


def test_the_surface_takes_a_dense_reference(archive: Path, made: Path, dense: Path) -> None:
    with pytest.raises(UsageError, match=r"^stray cannot be measured without a dense reference$"):
        list(evaluate(archive, [made / "scans"], metrics=["stray"]))
    with pytest.raises(UsageError, match=r"^the dense reference is for off_rms, "):
        list(evaluate(archive, [made / "scans"], dense=[dense], metrics=["chamfer"]))


def test_files_are_found_by_their_last_part(archive: Path, made: Path, dense: Path) -> None:
    (found,) = evaluate(archive, [made / "scans/sub/c.ply"], dense=[dense / "sub/c.ply"], metrics=["off_rms"])
    (whole,) = evaluate(archive, [made / "scans"], dense=[dense], indices=[2], metrics=["off_rms"])
    assert (found.name, found.off_rms) == ("sub/c", whole.off_rms)


def test_every_cloud_has_to_have_one(archive: Path, made: Path, dense: Path) -> None:
    (dense / "b.ply").unlink()
    with pytest.raises(CloudError, match=r"^no dense reference for cloud 1 \(b\)$") as caught:
        next(evaluate(archive, [made / "scans"], dense=[dense]))  # before anything is measured
    assert caught.value.hint == "dense references are found by name, as originals are; --index chooses clouds"
    assert len(list(evaluate(archive, [made / "scans"], dense=[dense], indices=[0, 2], metrics=["stray"]))) == 2


def test_names_that_are_all_others(
    archive: Path, made: Path, tmp_path: Path, make_shape: MakeShape, put_cloud: Put
) -> None:
    put_cloud(tmp_path / "x/other.ply", make_shape(0, DENSE))
    with pytest.raises(CloudError) as caught:
        list(evaluate(archive, [made / "scans"], dense=[tmp_path / "x"]))
    assert str(caught.value) == (
        "none of 1 dense references has the name of a cloud: they are named like 'other', the clouds like 'a'"
    )
    assert caught.value.hint == "a dense reference has the name of its cloud"
    with pytest.raises(CloudError, match=r"nowhere: no such file or folder$"):
        list(evaluate(archive, [made / "scans"], dense=[tmp_path / "nowhere"]))


def test_a_pair(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    a, b, surface = make_shape(0, 50), make_shape(1, 60), make_shape(1, DENSE)
    paths = [put_cloud(tmp_path / f"{name}.npy", cloud) for name, cloud in (("a", a), ("b", b), ("s", surface))]
    found = evaluate_pair(paths[0], paths[1], dense=paths[2])
    assert {name: getattr(found, name) for name in SURFACE} == pytest.approx(expected(a, surface, 60), rel=1e-6)
    assert found.em_kd is not None
    itself = evaluate_pair(paths[2], paths[1], dense=paths[2], metrics=SURFACE)
    assert [getattr(itself, name) for name in SURFACE] == 7 * [0.0]


def test_too_few_points_are_no_surface(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    few = put_cloud(tmp_path / "few.ply", make_shape(0, 59))
    with pytest.raises(CloudError) as caught:
        read_surface(few, 60)
    assert str(caught.value) == f"{few}: too few points for a dense reference: 59, and the original has 60"
    assert caught.value.hint == "it stands for the surface: a sampling of it with many times the points of the original"
    assert read_surface(few, 59).spacing > 0
    one = put_cloud(tmp_path / "one.ply", make_shape(0, 1))
    with pytest.raises(CloudError, match=r"too few points for a dense reference: 1, and the original has 1$"):
        read_surface(one, 1)


def test_points_that_coincide_have_no_spacing(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> None:
    twice = put_cloud(tmp_path / "twice.ply", np.repeat(make_shape(0, 20), 2, axis=0))
    with pytest.raises(CloudError) as caught:
        read_surface(twice, 10)
    assert str(caught.value) == f"{twice}: each of its first 40 points coincides with another, so it has no spacing"
    assert caught.value.hint == "a dense reference is spread over the surface, every point in a place of its own"


def test_empty_and_unusable_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "empty.npy", np.zeros((0, 3)))
    with pytest.raises(CloudError, match=r"empty\.npy: has no points$"):
        read_surface(tmp_path / "empty.npy", 5)
    np.save(tmp_path / "nan.npy", np.full((9, 3), np.nan))
    with pytest.raises(CloudError, match=r"nan\.npy: less than half of it is left: 0 of 9 points \(9 not finite\)$"):
        read_surface(tmp_path / "nan.npy", 5)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"0 0 0\n1 0 0\n"), encoding="utf-8"))
    with pytest.raises(CloudError, match=r"^stdin: too few points for a dense reference: 2, and the original has 5$"):
        read_surface("-", 5)
