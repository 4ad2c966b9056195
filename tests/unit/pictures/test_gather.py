"""What is shown: which clouds, their originals, and how many of their points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.shapes import sphere

from qaadcodec.clouds import find_clouds, write_cloud
from qaadcodec.errors import CloudError
from qaadcodec.pictures import gather
from qaadcodec.progress import Run


def test_a_cloud_far_away_keeps_its_shape() -> None:
    """UTM coordinates, in metres."""
    far = sphere(400, at=(512_345.5, 5_403_210.25, 300.0))
    cloud = gather.shown("scan", far + np.array([0, 0, 0.125]), far)
    assert cloud.original is not None
    assert cloud.distances is not None
    assert np.abs(cloud.original).max() == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(cloud.points - cloud.original, [[0, 0, 0.125]] * 400, atol=1e-9)
    assert 0.1 < cloud.distances.max() < 0.13


def test_a_large_cloud_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MOST_POINTS", 100)
    cloud = gather.shown("large", sphere(1000), sphere(80))
    assert (len(cloud.points), cloud.thinned) == (100, True)
    np.testing.assert_array_equal(cloud.points, gather.shown("large", sphere(1000), sphere(80)).points)
    assert not gather.shown("small", sphere(100)).thinned


@pytest.mark.parametrize(
    ("count", "chosen"), [(1, [0]), (6, [0, 1, 2, 3, 4, 5]), (7, [0, 1, 2, 4, 5, 6]), (64, [0, 13, 25, 38, 50, 63])]
)
def test_some_of_many(count: int, chosen: list[int]) -> None:
    assert gather.spread(count) == chosen


def test_originals_are_found_by_name_or_are_the_only_ones(tmp_path: Path) -> None:
    for folder, names in (("now", "ab"), ("before", "bc"), ("alone", "z")):
        (tmp_path / folder).mkdir()
        for name in names:
            write_cloud(tmp_path / folder / f"{name}.ply", sphere(50, radius=ord(name)).astype(np.float32), "ply")
    now = find_clouds([tmp_path / "now"])
    with pytest.raises(CloudError, match="no original for a among the references"):
        gather.of_files(now, [tmp_path / "before"], Run())
    (b,) = gather.of_files(now[1:], [tmp_path / "before"], Run())
    assert b.distances is not None
    assert b.distances.max() == 0
    (a,) = gather.of_files(now[:1], [tmp_path / "alone"], Run())
    assert a.distances is not None
    assert a.distances.min() > 20
    assert gather.of_files(now, None, Run())[0].original is None
