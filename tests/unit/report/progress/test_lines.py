"""Words in lines of a width."""

from __future__ import annotations

import pytest

from qaadcodec.report.progress.lines import packed

PARTS = ["training: 108 epochs", "matched error 0.31 %", "60 840 bytes so far", "1.2 M points/s"]


@pytest.mark.parametrize(
    ("width", "most", "lines"),
    [
        (120, 2, ["training: 108 epochs, matched error 0.31 %, 60 840 bytes so far, 1.2 M points/s"]),
        (40, 2, ["training: 108 epochs,", "  matched error 0.31 %"]),
        (42, 2, ["training: 108 epochs, matched error 0.31 %", "  60 840 bytes so far, 1.2 M points/s"]),
        (43, 2, ["training: 108 epochs, matched error 0.31 %,", "  60 840 bytes so far, 1.2 M points/s"]),
        (40, 3, ["training: 108 epochs,", "  matched error 0.31 %,", "  60 840 bytes so far, 1.2 M points/s"]),
        (45, 1, ["training: 108 epochs, matched error 0.31 %"]),
        (5, 3, ["training: 108 epochs"]),
    ],
)
def test_parts_are_packed(width: int, most: int, lines: list[str]) -> None:
    assert packed(PARTS, width, most=most) == lines


def test_a_single_part() -> None:
    assert packed(["reading"], 40, most=2) == ["reading"]
