"""Archives that earlier versions wrote: each is read for ever, and decodes to what its own version decoded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.second_decoder import second_decoder

from qaadcodec.archive import ArchiveReader, verify
from qaadcodec.codec.open import open as open_archive

FORMATS = Path(__file__).parents[2] / "formats"
GOLDEN = FORMATS / "golden"
ENTRIES: list[dict[str, Any]] = json.loads((GOLDEN / "golden.json").read_text(encoding="utf-8"))
TOLERANCE = 2.0**-11  # of the scale, between two decoders: qaad-1.md, "Tolerance"

every = pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["file"]) for entry in ENTRIES])


def decoded(entry: dict[str, Any]) -> np.ndarray:
    """The first and the last cloud as the version that wrote the archive decoded them, (2, M, 3)."""
    points: np.ndarray = np.load((GOLDEN / entry["file"]).with_suffix(".npy"))
    return points


def test_every_archive_has_its_line() -> None:
    assert {entry["file"] for entry in ENTRIES} == {path.name for path in GOLDEN.glob("*.qaad")}
    assert "0.1.0.qaad" in {entry["file"] for entry in ENTRIES}


@every
def test_it_is_the_file_that_was_written(entry: dict[str, Any]) -> None:
    assert hashlib.sha256((GOLDEN / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


@every
def test_it_is_whole_and_tells_what_it_holds(entry: dict[str, Any]) -> None:
    verify(GOLDEN / entry["file"])
    with ArchiveReader(GOLDEN / entry["file"]) as reader:
        assert reader.names == tuple(f"cloud_{i:02d}" for i in range(12))
        assert reader.counts == (256,) * 12
        assert (reader.header.points, reader.header.seed, reader.header.dtype) == (256, 1, "float32")


@every
def test_it_decodes_to_what_it_always_did(entry: dict[str, Any]) -> None:
    with open_archive(GOLDEN / entry["file"]) as archive:
        points, scale = np.stack([archive[0], archive[-1]]), archive.header.scale
    assert points.dtype == np.float32
    assert np.abs(points.astype(float) - decoded(entry)).max() <= TOLERANCE * scale


@every
def test_the_second_decoder_agrees(entry: dict[str, Any]) -> None:
    data, second = (GOLDEN / entry["file"]).read_bytes(), second_decoder()
    scale = second.read_file(data)[0]["scale"]
    for points, index in zip(decoded(entry), (0, 11), strict=True):
        assert np.abs(second.decode(data, index) - points.astype(float)).max() <= TOLERANCE * scale
