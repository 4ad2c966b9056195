"""Names and counts: round trips, size, and names that may not be stored."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qaadcodec.archive.sections.names import MAX_NAME_BYTES, decode_names, encode_names, storable_names
from qaadcodec.errors import ArchiveError, UsageError


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(1, 2**32 - 1)), min_size=1, max_size=20))
def test_what_is_made_storable_comes_back(clouds: list[tuple[str, int]]) -> None:
    names = storable_names([name for name, _ in clouds])
    counts = tuple(count for _, count in clouds)
    assert decode_names(encode_names(names, counts, 10), len(names), 10) == (names, counts)


def test_counts_that_all_are_m_take_no_room() -> None:
    names = ("a", "b")
    data = encode_names(names, (10, 10), 10)
    assert zlib.decompress(data[4:], -15) == b"a\nb\n"
    assert decode_names(data, 2, 10) == (names, (10, 10))
    assert zlib.decompress(encode_names(names, (10, 2570), 10)[4:], -15) == b"a\nb\n\n\n\0\n\0\0\0\0"
    assert decode_names(encode_names(names, (10, 2570), 10), 2, 10) == (names, (10, 2570))


def test_thousands_of_names_stay_small() -> None:
    names = tuple(f"subject_{i // 137:03d}/frame_{i % 137:05d}" for i in range(13744))
    counts = [131072] * 13744
    assert len(encode_names(names, counts, 131072)) < 4 * 13744  # 25 bytes each in plain
    counts[77] = 131071
    assert len(encode_names(names, counts, 131072)) < 4 * 13744


def test_names_are_made_storable() -> None:
    assert storable_names(["a", "a", "a~2", "", "x\ny\x7f", "\udcff"]) == ("a", "a~2", "a~2~2", "cloud", "x�y�", "�")
    long, again = storable_names(["ü" * 3000, "ü" * 3000])
    assert long == "ü" * 512
    assert again.endswith("ü~2")
    assert len(again.encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize(
    ("names", "counts", "message"),
    [
        (("a", "a"), (1, 1), "clouds 0 and 1 have the same name 'a'"),
        (("a", ""), (1, 1), "name 1 is ''"),
        (("a", "b\n"), (1, 1), r"name 1 is 'b\\n': 1 to 1024 bytes of text, no control characters"),
        (("a", "\ud800"), (1, 1), r"name 1 is '\\ud800'"),
        (("a", "x" * 1025), (1, 1), "name 1 is 'xxx"),
        (("a", "b"), (1, 0), "cloud 1 has 0 points, and may have 1 to 4294967295"),
        (("a", "b"), (1, 1 << 32), "cloud 1 has 4294967296 points"),
        (("a", "b"), (1,), "2 names and 1 counts"),
    ],
)
def test_a_writer_is_told_of_its_mistake(names: tuple[str, ...], counts: tuple[int, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        encode_names(names, counts, 5)


def test_names_take_64_mib_at_most() -> None:
    long = struct.pack("<I", (1 << 26) + 1) + bytes(300_000)  # 2^22 and 256 for each of these bytes would be more
    with pytest.raises(ArchiveError, match=r"^would inflate to 67108865 bytes, and may to 67108864$"):
        decode_names(long, 10, 10)
    short = struct.pack("<I", 1 << 25) + bytes(96)
    with pytest.raises(ArchiveError, match=rf"^would inflate to {1 << 25} bytes, and may to {(1 << 22) + 256 * 100}$"):
        decode_names(short, 10, 10)


def test_a_bomb_is_not_inflated() -> None:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflater.compress(bytes(200 << 20)) + deflater.flush()
    tracemalloc.start()
    with pytest.raises(ArchiveError, match="does not inflate to just the 1000 bytes that it says"):
        decode_names(struct.pack("<I", 1000) + bomb, 10, 10)
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


def test_damage_is_named() -> None:
    data = encode_names(("a", "b"), (1, 1), 5)
    for cut in range(4):
        with pytest.raises(ArchiveError, match=f"{cut} bytes, and the length alone takes 4"):
            decode_names(data[:cut], 2, 5)
    for cut in range(4, len(data)):
        with pytest.raises(ArchiveError, match="does not inflate to just the 12 bytes that it says"):
            decode_names(data[:cut], 2, 5)
    with pytest.raises(ArchiveError, match="does not inflate to just"):
        decode_names(data + b"\0", 2, 5)
    with pytest.raises(ArchiveError, match="10 bytes behind 1 names, and there may be none or 4"):
        decode_names(data, 1, 5)
