"""Limits of mean errors: which are kept, and what is said of the others."""

from __future__ import annotations

import math

import pytest

from qaadcodec.codec.summarise import summarise
from qaadcodec.codec.thresholds import check_thresholds
from qaadcodec.errors import ThresholdMissed, UsageError
from qaadcodec.metrics.pair import CloudErrors


def errors_of(*values: float) -> list[CloudErrors]:
    return [CloudErrors(i, str(i), 10, em_kd=v, d1_psnr=100 - v) for i, v in enumerate(values)]


def test_thresholds() -> None:
    summary = summarise(errors_of(1.0, 2.0, 4.0, 9.0), None)  # the means are 4 and 96
    check_thresholds(summary, {"em_kd": 4.0, "d1_psnr": 96.0})
    with pytest.raises(ThresholdMissed, match=r"^mean em_kd is 4, above the limit 3\.9$"):
        check_thresholds(summary, {"em_kd": 3.9})
    with pytest.raises(ThresholdMissed, match=r"^mean d1_psnr is 96, below the limit 96\.5$"):
        check_thresholds(summary, {"d1_psnr": 96.5})
    with pytest.raises(ThresholdMissed, match=r"^mean em_kd is 4, above the limit 1; mean d1_psnr is 96, below"):
        check_thresholds(summary, {"em_kd": 1.0, "d1_psnr": 97.0})
    with pytest.raises(ThresholdMissed, match=r"^mean em_kd is 4, above the limit nan$"):
        check_thresholds(summary, {"em_kd": math.nan})
    with pytest.raises(UsageError, match=r"^hausdorff was not measured, so its limit cannot be checked$") as caught:
        check_thresholds(summary, {"hausdorff": 1.0})
    assert caught.value.hint == "add it to --metrics"
    with pytest.raises(UsageError, match=r"^unknown metrics: rmse$"):
        check_thresholds(summary, {"rmse": 1.0})


def test_of_several_limits_of_a_metric_each_counts() -> None:
    summary = summarise(errors_of(1.0, 2.0, 4.0, 9.0), None)  # the means are 4 and 96
    check_thresholds(summary, [("em_kd", 5.0), ("em_kd", 4.0), ("d1_psnr", 95.0), ("d1_psnr", 96.0)])
    for limits in ([("em_kd", 0.1), ("em_kd", 5.0)], [("em_kd", 5.0), ("em_kd", 0.1)], 2 * [("em_kd", 0.1)]):
        with pytest.raises(ThresholdMissed, match=r"^mean em_kd is 4, above the limit 0\.1$"):
            check_thresholds(summary, limits)
    with pytest.raises(ThresholdMissed, match=r"^mean d1_psnr is 96, below the limit 97$"):
        check_thresholds(summary, [("d1_psnr", 97.0), ("d1_psnr", 90.0)])
    with pytest.raises(
        ThresholdMissed, match=r"^mean em_kd is 4, above the limit 1; mean em_kd is 4, above the limit 2$"
    ):
        check_thresholds(summary, [("em_kd", 1.0), ("em_kd", 2.0)])


def test_an_error_without_bound_misses_every_limit() -> None:
    flat = CloudErrors(None, "flat", 3, n_em_kd=math.inf)
    with pytest.raises(ThresholdMissed, match=r"^mean n_em_kd is inf, above the limit 1e\+09$"):
        check_thresholds(summarise([flat], None), {"n_em_kd": 1e9})
