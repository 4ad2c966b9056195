"""What verification says of a whole file."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

from qaadcodec.archive import Archive, encode, verify
from qaadcodec.config import CodingConfig


def test_one_line_per_checksum_and_each_can_be_computed_again(archive: Archive, tmp_path: Path) -> None:
    stream = io.BytesIO()
    encode(archive, CodingConfig()).write(stream)
    data = stream.getvalue()
    (tmp_path / "x.qaad").write_bytes(data)
    checks = verify(tmp_path / "x.qaad")
    assert checks == verify(io.BytesIO(data))
    contents = ["weights", "input cloud", "latents", "latents: directory", "latents: block 0", "names"]
    assert [c.content for c in checks] == ["header", "section table", *contents]
    for check in checks[1:]:
        assert check.crc32 == zlib.crc32(data[check.offset : check.offset + check.bytes]), check
    assert checks[0].crc32 == zlib.crc32(data[:16] + data[20 : checks[0].bytes])
    whole = [c for c in checks if ":" not in c.content]
    assert sum(c.bytes for c in whole) + 4 + 12 == len(data)  # the table's own CRC-32, and the trailer
