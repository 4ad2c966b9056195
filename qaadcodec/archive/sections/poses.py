"""The poses section: where each cloud lies, as few whole numbers (formats/qaad-1.md, "POSE").

A pose takes a normalised point x of the network to scale · R x + shift, which is still normalised: offset and scale of
the header follow. A set that was not aligned has no such section.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Doubles, Integers, Longs
from qaadcodec.errors import ArchiveError, UsageError

KINDS = ("shift", "rigid", "similarity")  # 1, 2 and 3 in the file
HEAD = struct.Struct("<BBb")  # kind, bytes of a coordinate, exponent of its spacing
CRC = struct.Struct("<I")
GROUP = 64  # clouds whose poses share a checksum
MAX_BYTES = 6  # of a coordinate: whole numbers that float64 holds
MAX_EXPONENT = 64

TURN = 2.0**-13  # radians in a step of a rotation vector
LONGEST_TURN = 25737  # steps: half a turn, and what rounding may add to it
OCTAVE = 2048  # steps of a scale in which it doubles
FINEST = -14  # exponent of the spacing of shifts: a 16384th of half of the set's longest side


class PoseValues(NamedTuple):
    """One pose as real numbers."""

    scale: float
    turn: Doubles
    """rotation vector, (3,), in radians"""
    shift: Doubles
    """(3,), in normalised units"""


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """The poses of some clouds, as the archive stores them.

    Attributes:
        kind: what they change: "shift", "rigid" (shift and turn) or "similarity" (scale, too).
        exponent: shifts are whole numbers times 2 to this power, in normalised units.
        shifts: (n, 3).
        turns: rotation vectors, (n, 3), in steps of 2^-13 radians; zero for shifts.
        scales: (n,), in steps of which 2048 double the size; zero but for similarities.

    Raises:
        UsageError: a number is out of range.
    """

    kind: str
    exponent: int
    shifts: Longs
    turns: Longs
    scales: Longs

    def __post_init__(self) -> None:
        count = len(self.shifts)
        if self.kind not in KINDS or abs(self.exponent) > MAX_EXPONENT:
            raise UsageError(f"poses of the kind {self.kind!r} with the exponent {self.exponent} cannot be stored")
        if self.shifts.shape != (count, 3) or self.turns.shape != (count, 3) or self.scales.shape != (count,):
            raise UsageError(f"{count} shifts, {len(self.turns)} turns and {len(self.scales)} scales")
        check_ranges(self)

    def __len__(self) -> int:
        return len(self.shifts)

    @classmethod
    def of(cls, kind: str, values: Sequence[PoseValues], exponent: int | None = None) -> Poses:
        """The poses nearest to these, as an archive can hold them.

        A scale beyond 2^±16 becomes that. No point in [-1, 1]³ is moved by more than 2^-10 times the scale of its pose,
        plus the spacing 2^exponent.

        Args:
            exponent: of the spacing of shifts; the finest that holds them when None.

        Raises:
            UsageError: a shift is too large for the spacing.
        """
        shifts = np.array([value.shift for value in values], np.float64).reshape(-1, 3)
        turns = np.array([value.turn for value in values], np.float64).reshape(-1, 3)
        scales = np.array([value.scale for value in values], np.float64)
        if exponent is None:
            largest = float(np.abs(shifts).max(initial=0))
            exponent = max(FINEST, int(np.frexp(largest)[1]) - (8 * MAX_BYTES - 1) + 1)
        whole = np.rint(np.ldexp(shifts, -exponent))
        if not (np.abs(whole) < 2.0 ** (8 * MAX_BYTES - 1)).all():
            far = float(np.abs(shifts).max())
            raise UsageError(f"a cloud lies {far:.4g} times half the size of the set away, too far for its poses")
        none = np.zeros(len(values), np.int64)
        return cls(
            kind,
            exponent,
            whole.astype(np.int64),
            np.rint(turns / TURN).astype(np.int64) if kind != "shift" else np.zeros((len(values), 3), np.int64),
            np.rint(OCTAVE * np.log2(scales)).clip(-32768, 32767).astype(np.int64) if kind == "similarity" else none,
        )

    def values(self, i: int) -> PoseValues:
        """The pose of a cloud."""
        scale = 2.0 ** (int(self.scales[i]) / OCTAVE)
        return PoseValues(scale, self.turns[i] * TURN, np.ldexp(self.shifts[i].astype(np.float64), self.exponent))

    def rows(self, indices: Sequence[int] | Integers | slice) -> Poses:
        """The poses of these clouds."""
        return Poses(self.kind, self.exponent, self.shifts[indices], self.turns[indices], self.scales[indices])

    def followed_by(self, more: Poses) -> Poses:
        """These poses and then those; UsageError where kind or spacing differ."""
        if (self.kind, self.exponent) != (more.kind, more.exponent):
            one, other = (f"{poses.kind} with spacing 2^{poses.exponent}" for poses in (self, more))
            raise UsageError(f"poses of the kind {other} cannot follow those of the kind {one}")
        return Poses.joined([self, more])

    @classmethod
    def joined(cls, parts: Sequence[Poses]) -> Poses:
        """Poses of one kind and spacing, one after another; there is at least one part."""
        shifts, turns, scales = ([getattr(part, name) for part in parts] for name in ("shifts", "turns", "scales"))
        head = parts[0]
        return cls(head.kind, head.exponent, np.concatenate(shifts), np.concatenate(turns), np.concatenate(scales))


def check_ranges(poses: Poses) -> None:
    """UsageError for a cloud whose turn is longer than half a turn, or whose numbers do not fit."""
    squares = np.square(poses.turns, dtype=np.float64).sum(1)  # any number of steps has a square there
    if np.any(long := squares > LONGEST_TURN**2):
        angle = math.sqrt(squares[np.argmax(long)]) * TURN
        raise UsageError(f"a cloud is turned by {angle:.4g} radians, more than half a turn")
    if width_of(poses.shifts) > MAX_BYTES or np.any(np.abs(poses.scales + 0.5) > 1 << 15):
        raise UsageError("a shift or a scale of a pose is out of range")


class PoseHead(NamedTuple):
    """What stands before the poses.

    Attributes:
        data: its bytes.
        kind, exponent: as in `Poses`.
        width: bytes of a coordinate of a shift.
    """

    data: bytes
    kind: str
    width: int
    exponent: int

    @property
    def record(self) -> int:
        """Bytes of a pose."""
        return 3 * self.width + (0, 6, 8)[KINDS.index(self.kind)]

    def length(self, clouds: int) -> int:
        """Bytes of the section for so many clouds."""
        return HEAD.size + clouds * self.record + -(-clouds // GROUP) * CRC.size

    def place(self, group: int, clouds: int) -> tuple[int, int]:
        """Where a group starts in the section of N clouds, and its bytes with its CRC-32."""
        members = min(GROUP, clouds - group * GROUP)
        return HEAD.size + group * (GROUP * self.record + CRC.size), members * self.record + CRC.size


def encode_poses(poses: Poses) -> bytes:
    """The section."""
    width = width_of(poses.shifts)
    head = PoseHead(b"", poses.kind, width, poses.exponent)
    data = HEAD.pack(KINDS.index(poses.kind) + 1, width, poses.exponent)
    shifts = poses.shifts.astype("<i8").view(np.uint8).reshape(-1, 3, 8)[:, :, :width].reshape(len(poses), -1)
    others = np.concatenate([poses.turns, poses.scales[:, None]], axis=1).astype("<i2").view(np.uint8)
    rows = np.concatenate([shifts, others], axis=1)[:, : head.record]  # (N, bytes of a pose)
    pieces = [data]
    for start in range(0, len(poses), GROUP):
        group = rows[start : start + GROUP].tobytes()
        pieces += [group, CRC.pack(zlib.crc32(group, zlib.crc32(data)))]
    return b"".join(pieces)


def width_of(shifts: Longs) -> int:
    """Bytes that each of these numbers fits in two's complement, at least 1."""
    largest = max(int(shifts.max(initial=0)), -1 - int(shifts.min(initial=0)))
    return max(1, -(-(largest.bit_length() + 1) // 8))


def parse_head(data: bytes, length: int, clouds: int) -> PoseHead:
    """The head from the section's first bytes.

    Args:
        length: bytes of the section.
        clouds: N.

    Raises:
        ArchiveError: a value is out of range, or the section is not as long as the poses of N clouds are.
    """
    if len(data) < HEAD.size:
        raise ArchiveError(f"{len(data)} bytes, and the head alone takes {HEAD.size}")
    kind, width, exponent = HEAD.unpack_from(data)
    if not 1 <= kind <= len(KINDS):
        raise ArchiveError(f"poses of the kind {kind}, and kinds are 1 to {len(KINDS)}")
    if not 1 <= width <= MAX_BYTES:
        raise ArchiveError(f"coordinates of {width} bytes, and they have 1 to {MAX_BYTES}")
    if abs(exponent) > MAX_EXPONENT:
        raise ArchiveError(f"a spacing of 2^{exponent}, and the exponent is from -{MAX_EXPONENT} to {MAX_EXPONENT}")
    head = PoseHead(data[: HEAD.size], KINDS[kind - 1], width, exponent)
    if length != (expected := head.length(clouds)):
        raise ArchiveError(f"{length} bytes, and the poses of {clouds} clouds take {expected}")
    return head


def decode_group(data: bytes, head: PoseHead) -> Poses:
    """The poses of one group, from its bytes with their CRC-32.

    Raises:
        ArchiveError: the checksum does not fit, or a cloud is turned by more than half a turn.
    """
    (stored,) = CRC.unpack_from(data, len(data) - CRC.size)
    computed = zlib.crc32(data[: -CRC.size], zlib.crc32(head.data))
    if computed != stored:
        raise ArchiveError(f"CRC-32 is {computed:08x}, stored is {stored:08x}")
    rows = np.frombuffer(data[: -CRC.size], np.uint8).reshape(-1, head.record)
    shifts = signed(rows[:, : 3 * head.width].reshape(-1, 3, head.width))
    others = np.zeros((len(rows), 8), np.uint8)
    others[:, : head.record - 3 * head.width] = rows[:, 3 * head.width :]
    numbers = others.view("<i2").astype(np.int64)  # (n, 4)
    try:
        return Poses(head.kind, head.exponent, shifts, numbers[:, :3], numbers[:, 3])
    except UsageError as error:
        raise ArchiveError(str(error)) from error


def signed(data: npt.NDArray[np.uint8]) -> Longs:
    """Integers in two's complement, little-endian, from their bytes (..., width)."""
    wide = np.zeros((*data.shape[:-1], 8), np.uint8)
    wide[..., : data.shape[-1]] = data
    unused = 8 * (8 - data.shape[-1])
    values: Longs = wide.view("<i8")[..., 0] << unused >> unused
    return values
