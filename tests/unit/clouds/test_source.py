"""Clouds as they are loaded, wherever they are: points that mean no place are left out of all of them alike."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import Inputs, LeftOut, find_clouds, read_cloud
from qaadcodec.errors import CloudError

SET = np.random.default_rng(0).normal(size=(5, 20, 3)).astype(np.float32)
SPOILT = SET.copy()
SPOILT[1, 7, 1], SPOILT[1, 9] = np.nan, np.inf  # not finite
SPOILT[3, [2, 4, 6]] = 0  # nothing seen
LOST = [LeftOut(), LeftOut(not_finite=2), LeftOut(), LeftOut(at_origin=3), LeftOut()]
KEPT = [SET[0], np.delete(SET[1], [7, 9], 0), SET[2], np.delete(SET[3], [2, 4, 6], 0), SET[4]]
PLACES = ("npy", "fortran", "frames", "npz", "h5", "gz", "memory", "mapping", "iterator")


def spoilt(where: str, folder: Path) -> Inputs:
    """The spoilt set at a kind of place."""
    if where == "memory":
        return SPOILT
    if where == "mapping":
        return {str(i): cloud for i, cloud in enumerate(SPOILT)}
    if where == "iterator":
        return iter(SPOILT)
    path = folder / f"set.{'npz' if where == 'npz' else 'h5' if where in ('h5', 'frames') else 'npy'}"
    if where == "npy":
        np.save(path, SPOILT)
    elif where in ("fortran", "gz"):
        np.save(path, np.asfortranarray(SPOILT))
    elif where == "npz":
        np.savez_compressed(path, points=SPOILT, labels=np.arange(5))
    else:
        import h5py

        with h5py.File(path, "w") as h5:
            h5["points"] = SPOILT.transpose(1, 2, 0) if where == "frames" else SPOILT
    if where == "gz":
        (packed := folder / "set.npy.gz").write_bytes(gzip.compress(path.read_bytes()))
        return packed
    return path


@pytest.mark.parametrize("where", PLACES)
def test_points_that_mean_no_place_are_left_out(where: str, tmp_path: Path) -> None:
    found = find_clouds(spoilt(where, tmp_path))
    assert [source.count() for source in found] == [20] * 5
    for source, kept, lost in zip(found, KEPT, LOST, strict=True):
        for _ in range(2):  # read again, it loses the same points
            cloud = source.load()
            assert cloud.left_out == lost
            np.testing.assert_array_equal(cloud.points, kept)


@pytest.mark.parametrize("where", PLACES)
def test_strict_refuses_them_and_says_where(where: str, tmp_path: Path) -> None:
    found = find_clouds(spoilt(where, tmp_path))
    assert len(found[0].load(strict=True)) == 20
    with pytest.raises(CloudError) as caught:
        found[1].load(strict=True)
    assert str(caught.value) == f"{found[1].path}: point 7 has a NaN coordinate"
    with pytest.raises(CloudError) as caught:
        found[3].load(strict=True)
    assert str(caught.value) == f"{found[3].path}: point 2 is one of 3 points at exactly (0, 0, 0)"


def test_packed_arrays_are_clouds_as_unpacked_ones_are(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", points=SET, normals=SET)
    packed = tmp_path / "set.npz.gz"
    packed.write_bytes(gzip.compress((tmp_path / "set.npz").read_bytes()))
    for inputs in ([packed], [tmp_path]):
        found = [source for source in find_clouds(inputs) if source.file == packed]
        assert [source.beside for source in found] == [("normals",)] * 5
        np.testing.assert_array_equal([source.load().points for source in found], SET)
    np.testing.assert_array_equal(read_cloud(f"{packed}::points[-1]").points, SET[4])


def test_the_span_is_that_of_the_points_that_are_left() -> None:
    tiny = 1e-120 * SET[0].astype(np.float64)
    tiny[3] = np.inf
    with pytest.raises(CloudError, match=r"^array 0: its points span .*e-120, and cannot span less than 1e-100$"):
        read_cloud(tiny)
