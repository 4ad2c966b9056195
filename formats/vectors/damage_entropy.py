"""Damages an entropy-coded archive in every way that a reader has to notice, with one fault per file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

from damage import joined, parts
from decode_qaad import edges_of, first_row

ENTRY = 6  # bytes of a tensor before the stream of weights
TENSORS = 8


def stream_of(coded: list[tuple[int, list[int]]]) -> bytes:
    """A stream of symbols, each by its row of counts, which ends with them. They are few enough for one state."""
    state = 1
    for symbol, row in reversed(coded):
        left, right = edges_of(row)[symbol : symbol + 2]
        assert state >> 40 < right - left, "a word would have to be put down"
        state = (state // (right - left) << 24) + left + state % (right - left)
    return state.to_bytes(8, "little").rstrip(b"\0")


def damaged_entropy(plain: bytes, lone: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Name, text that qaadcodec's message has to contain, and bytes of each damaged file.

    Args:
        plain: the file that is damaged, of 2 clouds whose latents have 2 numbers.
        lone: a file whose one patch has 6 points.
    """
    header, sections = parts(plain)
    prior = 1 + 5 * 2

    def with_section(tag: str, change: Callable[[bytes], bytes], coding: int | None = None) -> bytes:
        was, payload = sections[tag]
        return joined(header, sections | {tag: (was if coding is None else coding, change(payload))})

    def with_weights(at: int, new: int) -> bytes:
        return with_section("WGTS", lambda p: p[:at] + bytes([new]) + p[at + 1 :])

    def with_stream(change: Callable[[bytes], bytes]) -> bytes:
        return with_section("WGTS", lambda p: p[: ENTRY * TENSORS] + change(p[ENTRY * TENSORS :]))

    def latents(start: bytes, clouds: int, block: bytes) -> bytes:
        directory = start + struct.pack("<IHII", 1, clouds, len(block), zlib.crc32(block))
        return directory + struct.pack("<I", zlib.crc32(directory)) + block

    def with_prior(at: int, new: int) -> bytes:
        return with_section("LATS", lambda p: latents(p[:at] + bytes([new]) + p[at + 1 : prior], 2, p[prior + 18 :]))

    def with_block(change: Callable[[bytes], bytes]) -> bytes:
        return with_section("LATS", lambda p: latents(p[:prior], 2, change(p[prior + 18 :])))

    assert sections["WGTS"][1][5::ENTRY][:TENSORS] == bytes(TENSORS), "offsets would be decoded from damaged streams"
    yield "coded-input", "this reader knows float32, float16, uniform, points", with_section("INPT", bytes, coding=4)
    yield (
        "points-weights",
        "this reader knows float32, float16, uniform, entropy",
        with_section("WGTS", bytes, coding=5),
    )
    yield "coded-weights-short", "8 tensors take 48 bytes, and there are 47", with_section("WGTS", lambda p: p[:47])
    yield "coded-weights-factor", "shared.0.bias: a quantiser step is 127", with_weights(ENTRY, 127)
    yield "coded-weights-exponent", "a quantiser step is 205 · 2^101", with_weights(ENTRY + 1, 101)
    yield "coded-weights-family", "shared.0.weight: family 16 of tables", with_weights(2, 16)
    yield "coded-weights-scale", "shared.0.weight: scale 64 of tables", with_weights(3, 64)
    yield "coded-weights-rows", "shared.0.bias: scale 255 of tables", with_weights(ENTRY + 4, 255)
    yield "coded-weights-columns", "shared.0.bias: scale 64 of tables", with_weights(ENTRY + 5, 64)
    yield "coded-weights-empty", "a coded stream of 0 bytes is empty", with_stream(lambda _: b"")
    yield "coded-weights-zero", "or ends in a zero byte", with_stream(lambda p: p + b"\0")
    yield "coded-weights-cut", "does not end with its", with_stream(lambda p: p[4:])
    yield "coded-weights-long", "bits are left, and 1 bit should be", with_stream(lambda p: b"\x55" * 4 + p)
    yield (
        "coded-weights-many",
        "67313712 entropy-coded weights, and in ",
        joined(header.replace(b'"shared_widths":[4]', b'"shared_widths":[8192,8192]'), sections),
    )
    yield "coded-latents-short", "too short for a directory", with_section("LATS", lambda p: p[: prior + 7])
    yield (
        "coded-latents-crc",
        "CRC-32 of the directory",
        with_section("LATS", lambda p: bytes([p[0] ^ 1]) + p[1:]),
    )
    yield "coded-latents-family", "family 16 of tables", with_prior(0, 16)
    yield "coded-latents-factor", "a quantiser step is 64", with_prior(3, 64)
    yield "coded-latents-exponent", "a quantiser step is 164 · 2^-101", with_prior(2, 256 - 101)
    yield "coded-latents-scale", "scale 64 of tables", with_prior(6, 64)
    yield "coded-latents-empty", "a coded stream of 0 bytes is empty", with_block(lambda _: b"")
    yield "coded-latents-zero", "or ends in a zero byte", with_block(lambda p: p + b"\0")
    yield "coded-latents-cut", "does not end with its 4 values", with_block(lambda p: p[1:])
    yield "coded-latents-long", "does not end with its 4 values", with_block(lambda p: b"\x55" * 8 + p)
    yield (
        "caps-points",
        "16777216 coded points, and in ",
        joined(header.replace(b'"points":6', b'"points":16777216'), sections),
    )
    points = 2 + 3 + 12 + 12
    yield "coded-input-step", "section INPT at byte", with_section("INPT", lambda p: b"\x7f" + p[1:])
    yield "coded-input-short", "and the step alone takes 2", with_section("INPT", lambda p: p[:1])
    yield "coded-input-bits", "21 bits an axis", with_section("INPT", lambda p: p[:2] + b"\x15" + p[3:])
    yield "coded-input-empty", "are cut short", with_section("INPT", lambda p: p[:points])
    yield "coded-input-zero", "end in a zero byte", with_section("INPT", lambda p: p + b"\0")
    yield (
        "coded-input-cut",
        "do not end with the last point",
        with_section("INPT", lambda p: p[:points] + p[points + 4 :]),
    )
    yield (
        "coded-input-long",
        "do not end with the last point",
        with_section("INPT", lambda p: p[:points] + b"\x55" * 8 + p[points:]),
    )
    yield (
        "coded-input-far",
        "steps, and may be 65536",
        with_section("INPT", lambda p: p[:5] + struct.pack("<i", 1 << 16) + p[9:]),
    )
    yield (
        "coded-input-beyond",
        "beyond 32 bits",
        with_section("INPT", lambda p: p[:5] + struct.pack("<i", (1 << 31) - 1) + p[9:]),
    )
    lone_header, lone_sections = parts(lone)
    # The state is in the last quantile of all, so the symbol is 15: more points in half of a cell than the 6 in it.
    cloud = lone_sections["INPT"][1][:points] + b"\xff\xff\xff\xff\1"
    yield (
        "coded-input-more",
        "more points into half a cell than are in the cell",
        joined(lone_header, lone_sections | {"INPT": (5, cloud)}),
    )
    # Along x there are 4 and 2 points. The weight of e_0 gives the 2 a slope of -512, so that they are mirrored. Their
    # symbol says that 3 of them are in the upper half.
    cloud = lone_sections["INPT"][1][:2] + bytes([2, 0, 0]) + bytes(12) + bytes([0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0])
    cloud += stream_of([(4, first_row(6, 0)), (3, first_row(2, 8)[:4]), (2, first_row(4, 0))])
    yield (
        "coded-input-mirrored",
        "more points into half a cell than are in the cell",
        joined(lone_header, lone_sections | {"INPT": (5, cloud)}),
    )
    many = b'"clouds":65536', b'"latent_size":16'
    blocks = [(65535, 0, 0), (1, 0, 0)]
    start = bytes([14]) + bytes([128, 0]) * 16 + bytes(16 + 32) + struct.pack("<I", len(blocks))
    directory = start + b"".join(struct.pack("<HII", *block) for block in blocks)
    yield (
        "coded-latents-many",
        "1048576 entropy-coded numbers of latents, and in ",
        joined(
            header.replace(b'"clouds":2', many[0]).replace(b'"latent_size":2', many[1]),
            sections | {"LATS": (4, directory + struct.pack("<I", zlib.crc32(directory)))},
        ),
    )
