"""The linear rival: its transform is undone exactly, and its scores are coded as cheaply as they can be predicted."""

from __future__ import annotations

import numpy as np
import pytest
from rate_compare import bytes_at, common_range, common_ratio, fewer_from, lower_end, outdone
from rate_pca import coded_bytes, haar, inverse_haar, sequence_bytes, unit_scores


@pytest.mark.parametrize("count", [1, 2, 3, 64, 101])
def test_the_transform_is_orthonormal_and_undone(count: int) -> None:
    rows = np.random.default_rng(count).standard_normal((count, 3)).astype(np.float32)
    turned = haar(rows)
    assert np.square(turned).sum() == pytest.approx(float(np.square(rows).sum()), rel=1e-5)
    assert inverse_haar(turned) == pytest.approx(rows, abs=1e-5)


def test_a_smooth_sequence_of_scores_is_coded_by_its_differences() -> None:
    time = np.arange(200)
    smooth = np.rint(3000 * np.sin(time / 40)).astype(np.int64)
    plain, predicted = coded_bytes(smooth[:, None]), sequence_bytes(smooth)
    assert predicted < 0.5 * plain
    noise = np.random.default_rng(0).integers(-3000, 3000, 200)
    assert sequence_bytes(noise) == coded_bytes(noise[:, None])


def test_scores_have_unit_spread_and_find_what_there_is() -> None:
    rng = np.random.default_rng(1)
    true = rng.standard_normal(20)
    true -= true.mean()
    table = np.outer(true, rng.standard_normal(50)).astype(np.float32)
    scores = unit_scores(table)
    assert scores.shape == (20, 19)
    assert np.square(scores[:, 0]).mean() == pytest.approx(1.0, rel=1e-5)
    assert abs(np.corrcoef(scores[:, 0], true)[0, 1]) == pytest.approx(1.0, abs=1e-5)


def test_the_errors_that_two_curves_share() -> None:
    mine, other = [(100.0, 0.4), (200.0, 0.1)], [(300.0, 0.2), (600.0, 0.05)]
    assert common_range(mine, other) == (0.1, 0.2)
    assert common_range(mine, []) is None
    assert common_range(mine, [(10.0, 0.05), (20.0, 0.01)]) is None
    same = [(2 * size, error) for size, error in mine]
    assert common_ratio(mine, same) == pytest.approx(0.5)


def test_from_which_error_on_one_takes_fewer_bytes() -> None:
    flat, steep = [(100.0, 0.4), (1000.0, 0.1)], [(200.0, 0.4), (500.0, 0.1)]
    assert fewer_from(flat, steep) == pytest.approx(0.2, rel=0.03)  # where 316 meets 316
    assert np.isnan(fewer_from(steep, flat))
    assert fewer_from([(size / 9, error) for size, error in steep], flat) == pytest.approx(0.1)
    assert np.isnan(fewer_from([], flat))


def test_a_codec_costs_at_every_error_the_least_of_its_curves() -> None:
    def cell(column: str, components: int, size: float, error: float) -> dict[str, object]:
        return {"column": column, "bytes_per_cloud": size, "nem_kd": error, "settings": {"components": components}}

    cheap = [cell("Greedy", 7, 100.0, 0.4), cell("Greedy", 7, 400.0, 0.1)]
    # On the way from one point of Greedy to the next, and dearer there; then alone, farther down.
    other = [cell("k-d order", 7, 300.0, 0.2), cell("k-d order", 7, 1200.0, 0.05)]
    both = lower_end([*cheap, *other], "nem_kd")
    assert bytes_at(both, 0.2) == pytest.approx(200.0)
    assert bytes_at(both, 0.05) == pytest.approx(1200.0)
    assert bytes_at(both, 0.4) == pytest.approx(100.0)
    # A curve of fewer components that begins at a smaller error, with fewer bytes, serves for larger errors as well.
    few = [cell("Greedy", 3, 50.0, 0.3), cell("Greedy", 3, 60.0, 0.25)]
    assert bytes_at(lower_end([*cheap, *few], "nem_kd"), 0.35) == pytest.approx(50.0)
    assert lower_end([], "nem_kd") == []


def test_a_row_order_is_outdone_only_if_no_probe_of_it_is_best_by_either_error() -> None:
    def probe(column: str, size: float, matched: float, chamfer: float) -> dict[str, object]:
        return {"column": column, "bytes_per_cloud": size, "nem_kd": matched, "augmented_chamfer": chamfer}

    best, by_chamfer = probe("best", 100.0, 0.002, 0.03), probe("by Chamfer", 100.0, 0.003, 0.02)
    probes = [best, by_chamfer, probe("worse", 101.0, 0.003, 0.03), probe("not PCA", 1.0, 1e-9, 1e-9)]
    assert outdone(probes, ["best", "by Chamfer", "worse"]) == {"worse"}
    assert outdone([*probes, probe("worse", 90.0, 0.5, 0.5)], ["best", "by Chamfer", "worse"]) == set()
