"""Numbers as people read them."""

from __future__ import annotations

import pytest

from qaadcodec.report.text import count_of, duration, grouped, numbers, percent, printable, short, throughput


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (598, "9 min 58 s"), (3900, "1 h 05 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("speed", "text"),
    [(3.0, "3 points/s"), (1234.0, "1.23 k points/s"), (1.2e6, "1.2 M points/s"), (4.56e9, "4.56 G points/s")],
)
def test_throughputs(speed: float, text: str) -> None:
    assert throughput(speed) == text


def test_counts() -> None:
    assert grouped(12582912) == "12 582 912"
    assert count_of(1, "cloud") == "1 cloud"
    assert count_of(0, "cloud") == "0 clouds"
    assert count_of(16384, "point") == "16 384 points"


def test_measures() -> None:
    assert percent(0.00149) == "0.149 %"
    assert short(0.000123456) == "0.0001235"
    assert percent(None) == short(None) == "-"
    assert numbers((5e6, 5403210.1234, -1)) == "5000000 5403210.123 -1"
    assert numbers(0.1) == "0.1"


def test_control_characters_are_written_out() -> None:
    assert printable("plain é ×") == "plain é ×"
    assert printable("a\x1b]0;title\x07b\udc80") == "a\\x1b]0;title\\x07b\\udc80"
