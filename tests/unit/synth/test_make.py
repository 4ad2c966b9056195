"""The promise of `make_cloud`: a cloud depends on its arguments alone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from qaadcodec.errors import UsageError
from qaadcodec.synth import KINDS
from qaadcodec.synth.make import make_cloud


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_give_the_same_cloud_in_any_order_and_others_another(kind: str) -> None:
    first = [make_cloud(kind, i, 500, 4) for i in range(4)]
    again = [make_cloud(kind, i, 500, 4) for i in (3, 1)]
    assert (again[0] == first[3]).all()
    assert (again[1] == first[1]).all()
    assert np.abs(first[0] - first[1]).mean() > 0.01
    assert np.abs(make_cloud(kind, 0, 500, 5) - first[0]).mean() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_more_points_sample_the_same_shape(kind: str) -> None:
    few, many = make_cloud(kind, 6, 4_000, 0), make_cloud(kind, 6, 40_000, 0)
    nearest = np.sqrt([((many - p) ** 2).sum(1).min() for p in few[:300]])
    assert few.dtype == many.dtype == np.float32
    assert nearest.max() < (0.005 if kind == "skulls" else 0.03)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("skulls", (0.11, 0.17, 0.16), (0.18, 0.27, 0.24)), ("bodies", (0.3, 0.9, 0.2), (2, 2.6, 2))],
)
def test_sizes_are_in_metres(kind: str, low: tuple[float, ...], high: tuple[float, ...]) -> None:
    for index in range(0, 160, 20):
        extent = np.ptp(make_cloud(kind, index, 3_000, 1), axis=0)
        assert (extent > low).all()
        assert (extent < high).all()


def test_bad_arguments_are_named() -> None:
    with pytest.raises(UsageError, match=r"^there is no set called 'cats'$") as caught:
        make_cloud("cats", 0, 10, 0)
    assert caught.value.hint == "the sets are skulls and bodies"
    for index, points, seed in ((-1, 10, 0), (0, 0, 0), (0, 10, -2)):
        with pytest.raises(
            UsageError, match=rf"^index {index}, seed {seed}, {points} points: index and seed start at 0"
        ):
            make_cloud("skulls", index, points, seed)


def test_making_clouds_needs_numpy_only() -> None:
    code = (
        "import sys\nfrom qaadcodec.synth.make import make_cloud\nmake_cloud('skulls', 0, 10, 0)\n"
        "make_cloud('bodies', 0, 10, 0)\n"
        "print(sorted({'torch', 'scipy', 'h5py', 'plyfile'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
