"""An archive as bytes: its length, its file, and the headers that it may get."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from qaadcodec.archive import Archive, Grids, encode
from qaadcodec.archive import encoded as module
from qaadcodec.config import CodingConfig
from qaadcodec.errors import UsageError


def test_the_length_is_that_of_the_file_and_changes_with_the_header(archive: Archive, grids: Grids) -> None:
    for coding in (CodingConfig(), grids):
        encoded, stream = encode(archive, coding), io.BytesIO()
        assert encoded.write(stream) == len(encoded) == len(stream.getvalue())
        longer = encoded.with_header(replace(archive.header, preset="fast network.film=false"))
        assert len(longer) == len(encoded) + len(" network.film=false")
        assert longer.sections is encoded.sections


@pytest.mark.parametrize(("key", "value"), [("clouds", 4), ("points", 10), ("scale", 2.0), ("dtype", "float32")])
def test_a_header_that_the_sections_do_not_fit_is_refused(archive: Archive, key: str, value: object) -> None:
    old = getattr(archive.header, key)
    with pytest.raises(UsageError, match=rf"^{key} is {old}, and cannot become {value}$"):
        encode(archive, CodingConfig()).with_header(replace(archive.header, **{key: value}))


@pytest.mark.parametrize("missing", [0, 1, 2, 500])
def test_an_archive_is_filled_up_to_the_bytes_that_it_must_have(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    """As many as a reader asks for who is told so many points; see `caps`."""
    found = len(encode(archive, CodingConfig()))
    monkeypatch.setattr(module, "least_bytes", lambda header, codings: found + missing)
    filled = len(encode(archive, CodingConfig()))
    assert filled == found if missing == 0 else filled >= found + missing
