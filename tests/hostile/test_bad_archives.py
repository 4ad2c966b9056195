"""No changed, cut or lengthened archive is taken for a whole one, and none makes a reader fall over."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qaadcodec.archive import ArchiveReader, verify
from qaadcodec.archive.frame import assemble
from qaadcodec.errors import ArchiveError

VECTORS = Path(__file__).parents[2] / "formats" / "vectors"
NAMES = ["extended", "entropy-extended", "poses-extended"]  # two blocks of latents, unequal counts
FILES = {name: (VECTORS / f"{name}.qaad").read_bytes() for name in NAMES}
HEADERS = {name: ArchiveReader(io.BytesIO(data)).frame.header for name, data in FILES.items()}
SECTIONS = {
    name: [(s.tag, s.coding, reader.raw_section(s)) for s in reader.sections]
    for name, reader in ((name, ArchiveReader(io.BytesIO(data))) for name, data in FILES.items())
}
WHOLE = FILES["extended"]


def refused(data: bytes) -> str:
    with pytest.raises(ArchiveError) as caught:
        verify(io.BytesIO(data))
    return str(caught.value)


@pytest.fixture(params=NAMES)
def whole(request: pytest.FixtureRequest) -> bytes:
    return FILES[request.param]


def test_the_whole_file_is_fine(whole: bytes) -> None:
    assert len(verify(io.BytesIO(whole))) in (9, 10)


def test_every_cut_is_noticed_on_opening(whole: bytes) -> None:
    for length in range(len(whole)):
        with pytest.raises(ArchiveError):
            ArchiveReader(io.BytesIO(whole[:length]))


def test_every_appended_byte_is_noticed_on_opening() -> None:
    for byte in range(256):
        with pytest.raises(ArchiveError, match="1 too many"):
            ArchiveReader(io.BytesIO(WHOLE + bytes([byte])))


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF, 0x20])
def test_every_changed_byte_is_noticed(mask: int, whole: bytes) -> None:
    data = bytearray(whole)
    for i in range(len(data)):
        data[i] ^= mask
        assert refused(bytes(data)).startswith("stream: "), f"byte {i}"
        data[i] ^= mask


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_bytes_moved_doubled_or_left_out_are_noticed(data: st.DataObject) -> None:
    a, b, c = sorted(data.draw(st.lists(st.integers(0, len(WHOLE)), min_size=3, max_size=3)))
    for damaged in (WHOLE[:a] + WHOLE[b:c] + WHOLE[a:b] + WHOLE[c:], WHOLE[:b] + WHOLE[a:], WHOLE[:a] + WHOLE[b:]):
        if damaged != WHOLE:
            refused(damaged)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300))
def test_anything_else_is_refused(data: bytes) -> None:
    refused(data)
    refused(WHOLE[:8] + data)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_nonsense_behind_right_checksums_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """A writer's mistake, or an attacker's file: ArchiveError, or an archive of finite numbers; nothing else."""
    header, sections = HEADERS[name], list(SECTIONS[name])
    which = data.draw(st.integers(-1, len(sections) - 1))
    target = header if which < 0 else sections[which][2]
    at, end = sorted(data.draw(st.tuples(st.integers(0, len(target)), st.integers(0, len(target)))))
    changed = target[:at] + data.draw(st.binary(max_size=8)) + target[min(end, at + 8) :]
    if which < 0:
        header = changed
    else:
        tag, coding, _ = sections[which]
        end = 24 + (11 if coding == 4 else 0)  # of the directory, with the prior before it
        if tag == "LATS" and len(changed) > end + 4 and data.draw(st.booleans()):  # right checksum there, too
            changed = changed[:end] + zlib.crc32(changed[:end]).to_bytes(4, "little") + changed[end + 4 :]
        if tag == "POSE" and len(changed) > 7 and data.draw(st.booleans()):  # its one group
            changed = changed[:-4] + zlib.crc32(changed[:-4]).to_bytes(4, "little")
        sections[which] = (tag, data.draw(st.sampled_from([coding, coding, coding, 0, 1, 2, 3, 4, 5, 6])), changed)
    file = io.BytesIO(b"".join(assemble(header, sections)))
    with suppress(ArchiveError), ArchiveReader(file) as reader:
        archive = reader.archive()
        arrays = (*archive.weights.values(), archive.latents, archive.input_cloud)
        assert all(abs(tensor).max() < float("inf") for tensor in arrays)
        assert archive.poses is None or len(archive.poses) == archive.header.clouds


@pytest.mark.parametrize(
    "name",
    [
        "points-many",
        "latents-huge",
        "latents-thin",
        "names-cap",
        "names-bomb",
        "header-deep",
        "header-digits",
        "coded-weights-many",
        "coded-latents-many",
        "caps-clouds",
        "caps-steps",
        "caps-points",
    ],
)
def test_lengths_that_lie_cost_no_memory(name: str) -> None:
    data = (VECTORS / f"{name}.qaad").read_bytes()
    tracemalloc.start()
    refused(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 << 20


def test_latents_that_are_not_there_cost_no_memory() -> None:
    with ArchiveReader(VECTORS / "latents-thin.qaad") as reader:
        tracemalloc.start()
        with pytest.raises(ArchiveError, match="block 0 of 65535 clouds has 0 bytes"):
            reader.latents()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2 << 20


def test_a_network_of_terabytes_is_refused_before_it_is_allocated() -> None:
    widths = b"[" + b",".join([b"8192"] * 16) + b"]"
    headers = {
        name: header.replace(b'"shared_widths":[4]', b'"shared_widths":' + widths) for name, header in HEADERS.items()
    }
    assert headers["extended"] != HEADERS["extended"]
    message = refused(b"".join(assemble(headers["extended"], SECTIONS["extended"])))
    assert "entropy-coded weights, and in " in refused(
        b"".join(assemble(headers["entropy-extended"], SECTIONS["entropy-extended"]))
    )
    assert (
        "shared.0.weight, 0 bytes in: 73728 values of 8 bits in 8192 rows need 81921 bytes, and 165 are left" in message
    )
