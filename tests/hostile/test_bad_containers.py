"""No changed, cut or lengthened container is taken for a whole one, and none makes a reader fall over."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qaadcodec.container import ArchiveReader, verify
from qaadcodec.container.layout import assemble
from qaadcodec.errors import ContainerError

VECTORS = Path(__file__).parents[2] / "formats" / "vectors"
WHOLE = (VECTORS / "extended.qaad").read_bytes()  # two blocks of latents, unequal counts
HEADER, SECTIONS = (
    (reader := ArchiveReader(io.BytesIO(WHOLE))).frame.header,
    [(s.tag, s.coding, reader.raw_section(s)) for s in reader.sections],
)


def refused(data: bytes) -> str:
    with pytest.raises(ContainerError) as caught:
        verify(io.BytesIO(data))
    return str(caught.value)


def test_the_whole_file_is_fine() -> None:
    assert len(verify(io.BytesIO(WHOLE))) == 9


def test_every_cut_is_noticed_on_opening() -> None:
    for length in range(len(WHOLE)):
        with pytest.raises(ContainerError):
            ArchiveReader(io.BytesIO(WHOLE[:length]))


def test_every_appended_byte_is_noticed_on_opening() -> None:
    for byte in range(256):
        with pytest.raises(ContainerError, match="1 too many"):
            ArchiveReader(io.BytesIO(WHOLE + bytes([byte])))


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF, 0x20])
def test_every_changed_byte_is_noticed(mask: int) -> None:
    data = bytearray(WHOLE)
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


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_nonsense_behind_right_checksums_is_read_or_refused(data: st.DataObject) -> None:
    """A writer's mistake, or an attacker's file: ContainerError, or an archive of finite numbers; nothing else."""
    which = data.draw(st.integers(-1, len(SECTIONS) - 1))
    header, sections = HEADER, list(SECTIONS)
    target = header if which < 0 else sections[which][2]
    at, end = sorted(data.draw(st.tuples(st.integers(0, len(target)), st.integers(0, len(target)))))
    changed = target[:at] + data.draw(st.binary(max_size=8)) + target[min(end, at + 8) :]
    if which < 0:
        header = changed
    else:
        tag, coding, _ = sections[which]
        if tag == "LATS" and len(changed) > 28 and data.draw(st.booleans()):  # right checksum of the directory, too
            changed = changed[:24] + zlib.crc32(changed[:24]).to_bytes(4, "little") + changed[28:]
        sections[which] = (tag, data.draw(st.sampled_from([coding, 0, 1, 2, 3])), changed)
    file = io.BytesIO(b"".join(assemble(header, sections)))
    with suppress(ContainerError), ArchiveReader(file) as reader:
        archive = reader.archive()
        assert all(abs(tensor).max() < float("inf") for tensor in (*archive.weights.values(), archive.latents))


@pytest.mark.parametrize(
    "name", ["points-many", "latents-huge", "names-cap", "names-bomb", "header-deep", "header-digits"]
)
def test_lengths_that_lie_cost_no_memory(name: str) -> None:
    data = (VECTORS / f"{name}.qaad").read_bytes()
    tracemalloc.start()
    refused(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 << 20


def test_a_network_of_terabytes_is_refused_before_it_is_allocated() -> None:
    widths = b"[" + b",".join([b"8192"] * 16) + b"]"
    header = HEADER.replace(b'"shared_widths":[4]', b'"shared_widths":' + widths)
    assert header != HEADER
    message = refused(b"".join(assemble(header, SECTIONS)))
    assert (
        "shared.0.weight, 0 bytes in: 73728 values of 8 bits in 8192 rows need 81921 bytes, and 165 are left" in message
    )
