"""EM-kD on the vectors of formats/vectors/em_kd: ours, and a second one that is written from their README alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from qaadcodec.metrics.em_kd import VERSION, em_kd, emd

FOLDER = Path(__file__).parents[2] / "formats" / "vectors" / "em_kd"
RECORD: dict[str, Any] = json.loads((FOLDER / "em_kd.json").read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = RECORD["vectors"]
CLOSE = 1e-9  # relative


def plain_sum(a: list[list[float]], b: list[list[float]], leaf: int) -> float:
    """The sum over subspaces of the least sum of squared distances, by sorting lists."""
    if len(a) <= leaf:
        costs = np.square(np.array(a)[:, None] - np.array(b)).sum(2)
        return float(costs[linear_sum_assignment(costs)].sum())
    extents = []
    for axis in range(3):
        of_a, of_b = [p[axis] for p in a], [p[axis] for p in b]
        extents.append((max(of_a) - min(of_a)) + (max(of_b) - min(of_b)))
    widest, half = extents.index(max(extents)), len(a) // 2

    def split(cloud: list[list[float]]) -> tuple[list[list[float]], list[list[float]]]:
        limit = sorted(p[widest] for p in cloud)[half - 1]
        low = [p for p in cloud if p[widest] < limit]
        high = [p for p in cloud if p[widest] > limit]
        tied = sorted(p for p in cloud if p[widest] == limit)  # by x, y, z; one of them is the same in all
        wanted = half - len(low)
        for rank, p in enumerate(tied):
            goes = (rank + 1) * wanted // len(tied) > rank * wanted // len(tied)
            (low if goes else high).append(p)
        return low, high

    (low_a, high_a), (low_b, high_b) = split(a), split(b)
    return plain_sum(low_a, low_b, leaf) + plain_sum(high_a, high_b, leaf)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    a, b = (np.loadtxt(FOLDER / vector[side]) for side in ("a", "b"))
    values = {int(leaf): value for leaf, value in vector["em_kd"].items()}
    for leaf, value in values.items():
        assert em_kd(a, b, leaf) == pytest.approx(value, rel=CLOSE)
        assert plain_sum(a.tolist(), b.tolist(), leaf) / len(a) == pytest.approx(value, rel=CLOSE)
        c, d = (np.random.default_rng(leaf).permutation(cloud) for cloud in (a, b))
        assert em_kd(c, d, leaf) == pytest.approx(value, rel=CLOSE)
    assert emd(a, b) == pytest.approx(vector["emd"], rel=CLOSE)
    assert vector["emd"] <= values[1024] * (1 + CLOSE)
    assert values[1024] <= values[256] <= values[64]


def test_the_vectors_are_of_the_version_that_is_measured() -> None:
    assert RECORD["em_kd_version"] == VERSION


def test_every_cloud_belongs_to_a_vector() -> None:
    named = {vector[side] for vector in VECTORS for side in ("a", "b")}
    assert named == {path.name for path in FOLDER.glob("*.xyz")}
