"""Which metrics are measured: those asked for, in their order, and what does not go together."""

from __future__ import annotations

import pytest

from qaadcodec.errors import UsageError
from qaadcodec.metrics.names import HIGHER_IS_BETTER, MATCHED, METRICS, NEAREST, SURFACE, asks_for, chosen_metrics


def test_all_that_can_be_measured() -> None:
    assert chosen_metrics(None, dense=False) == (*MATCHED, *NEAREST)
    assert chosen_metrics(None, dense=True) == (*MATCHED, *NEAREST, *SURFACE) == METRICS
    assert len(set(METRICS)) == len(METRICS) == 15
    assert set(HIGHER_IS_BETTER) == {"d1_psnr", "d2_psnr"}


def test_those_asked_for_come_in_their_order() -> None:
    assert chosen_metrics(["hausdorff", "em_kd"], dense=False) == ("em_kd", "hausdorff")
    assert chosen_metrics(["stray", "em_kd", "off_rms"], dense=True) == ("em_kd", "off_rms", "stray")
    assert chosen_metrics([], dense=False) == chosen_metrics([], dense=True) == ()


def test_the_surface_takes_a_dense_reference() -> None:
    with pytest.raises(UsageError, match=r"^off_rms, stray cannot be measured without a dense reference$") as caught:
        chosen_metrics(["stray", "em_kd", "off_rms"], dense=False)
    assert caught.value.hint == "--dense names it (in Python: dense)"


def test_a_dense_reference_is_not_asked_for_in_vain() -> None:
    with pytest.raises(UsageError) as caught:
        chosen_metrics(["em_kd", "d1_psnr"], dense=True)
    assert str(caught.value) == (
        "the dense reference is for off_rms, off_p99, off_max, cover_rms, cover_p99, cover_max, stray, "
        "and none of them is among the metrics asked for"
    )
    assert caught.value.hint == "ask for one of them, or leave the dense reference out"


def test_unknown_ones_are_named() -> None:
    with pytest.raises(UsageError, match=r"^unknown metrics: emd, psnr$") as caught:
        chosen_metrics(["emd", "em_kd", "psnr"], dense=True)
    assert caught.value.hint == f"metrics are {', '.join(METRICS)}"


def test_groups() -> None:
    assert asks_for(["stray"], SURFACE)
    assert not asks_for(["stray"], NEAREST)
    assert not asks_for([], MATCHED)
