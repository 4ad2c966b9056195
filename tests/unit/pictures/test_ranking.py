"""Which clouds are the worst, whichever metric was measured."""

from __future__ import annotations

import pytest

from qaadcodec.metrics.names import METRICS
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.pictures.ranking import OTHERWISE, UNITS, label_of, leading, told, value_of, worst_first


def errors(name: str, **values: float) -> CloudErrors:
    return CloudErrors(index=0, name=name, points=5, note=None, **{metric: values.get(metric) for metric in METRICS})


def test_nem_kd_orders_clouds_or_else_the_first_that_was_measured() -> None:
    assert leading([errors("a", chamfer=1.0, n_em_kd=0.1, hausdorff=2.0)]) == "n_em_kd"
    assert leading([errors("a", hausdorff=2.0, d1_psnr=30.0)]) in ("hausdorff", "d1_psnr")
    assert leading([errors("a", stray=0.1)]) == "stray"


@pytest.mark.parametrize(("metric", "order"), [("chamfer", "cab"), ("d1_psnr", "bac")])
def test_the_worst_come_first(metric: str, order: str) -> None:
    clouds = [errors("a", **{metric: 5.0}), errors("b", **{metric: 1.0}), errors("c", **{metric: 9.0})]
    assert "".join(each.name for each in worst_first(metric, clouds)) == order


def test_numbers_and_their_units() -> None:
    cloud = errors("a", n_em_kd=0.0031, hausdorff=2.0, off_rms=0.5)
    assert (value_of("n_em_kd", cloud), value_of("hausdorff", cloud)) == (pytest.approx(0.31), 2.0)
    assert told("n_em_kd", cloud) == "nEM-kD 0.31 %"
    assert [label_of(metric) for metric in ("n_em_kd", "hausdorff", "off_rms")] == [
        "nEM-kD, %",
        "Hausdorff, units of the input",
        f"off RMS, {OTHERWISE}",
    ]
    assert set(UNITS) <= set(METRICS)
