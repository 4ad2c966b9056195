"""`summarise`: statistics of errors, and the cost of an archive."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.codec.evaluate import evaluate
from qaadcodec.codec.open import open as open_archive
from qaadcodec.codec.summarise import summarise
from qaadcodec.metrics.names import MATCHED, METRICS, NEAREST
from qaadcodec.metrics.pair import CloudErrors


def errors_of(*values: float) -> list[CloudErrors]:
    return [CloudErrors(i, str(i), 10, em_kd=v, d1_psnr=100 - v) for i, v in enumerate(values)]


def test_the_summary() -> None:
    summary = summarise(errors_of(1.0, 2.0, 4.0, 9.0), None)
    assert summary == {
        "summary": True,
        "clouds": 4,
        "em_kd": {"mean": 4.0, "median": 3.0, "p95": pytest.approx(8.25), "max": 9.0},
        "d1_psnr": {"mean": 96.0, "median": 97.0, "p95": pytest.approx(98.85), "max": 99.0},
        "em_kd_version": 2,
        "peak": "box",
    }
    assert summarise(errors_of(1.0), None, 1023.0)["peak"] == 1023.0
    assert set(summarise([CloudErrors(0, "a", 10, chamfer=1.0)], None)) == {"summary", "clouds", "chamfer"}


def test_the_summary_of_an_archive(archive: Path, made: Path) -> None:
    errors = list(evaluate(archive, [made / "scans"]))
    summary = summarise(errors, archive)
    size = archive.stat().st_size
    assert summary["bytes"] == size
    assert summary["raw_bytes"] == 5760
    assert summary["ratio"] == pytest.approx(5760 / size)
    assert summary["bits_per_point"] == pytest.approx(8 * size / 480)
    assert summary["ratio_paper"] == pytest.approx(1440 / 564)
    assert set(METRICS) & set(summary) == {*MATCHED, *NEAREST}
    for name in (*MATCHED, *NEAREST):
        values = [getattr(e, name) for e in errors]
        assert summary[name] == {
            "mean": pytest.approx(np.mean(values)),
            "median": pytest.approx(np.median(values)),
            "p95": pytest.approx(np.percentile(values, 95)),
            "max": max(values),
        }
    json.dumps(summary, allow_nan=False)


def test_an_open_archive_is_read_once_and_stays_open(archive: Path, made: Path) -> None:
    """Its path may lead to another file by then, or to nothing, as that of a pipe does."""
    with archive.open("rb") as stream, open_archive(Piped(stream.read())) as source:
        errors = list(evaluate(source, [made / "scans"], metrics=["chamfer"]))
        summary = summarise(errors, source)
        assert len(source[3]) == 120
    assert errors == list(evaluate(archive, [made / "scans"], metrics=["chamfer"]))
    assert summary == summarise(errors, archive)


class Piped(io.BytesIO):
    """What a pipe gives."""

    def seekable(self) -> bool:
        return False
