"""The weights section in coding 4: tables of each tensor, then one stream of integers (formats/qaad-1.md, "WGTS").

In codings 0 to 2 the section is one array per tensor, and codings.py is all that is needed.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from qaadcodec.archive.coding import ans
from qaadcodec.archive.coding.codings import Shapes
from qaadcodec.archive.coding.grids import GRID, pack_grid, to_integers, unpack_grid
from qaadcodec.archive.coding.table_choice import OFFSET_FAMILY, choose, value_tables
from qaadcodec.archive.coding.tables import FAMILIES, MAX_MAGNITUDE, SCALES, table_of
from qaadcodec.arrays import Integers, Singles
from qaadcodec.config.coding import MAX_CODED
from qaadcodec.errors import ArchiveError, UsageError

TABLES = struct.Struct("<4B")  # family, base, scales of the offsets of rows and of columns
ENTRY_BYTES = GRID.size + TABLES.size


class Entry(NamedTuple):
    """What decodes one tensor: its grid, and the family, base scale and scales of the offsets as in `TableChoice`."""

    grid: float
    family: int
    base: int
    row_scale: int
    column_scale: int


def encode_weights(arrays: Sequence[tuple[str, Singles]], grids: Mapping[str, float]) -> bytes:
    """Named tensors, in the order of the file, each rounded to its grid; integers beyond 2^15 - 1 are clipped.

    Raises:
        UsageError: a value is not finite, a tensor has no grid, a grid cannot be stored, or there are more than 2^24
            values.
    """
    if (count := sum(values.size for _, values in arrays)) > MAX_CODED:
        raise UsageError(f"{count} weights, and at most {MAX_CODED} can be entropy-coded")
    if missing := [name for name, _ in arrays if name not in grids]:
        raise UsageError(f"no quantiser step for {', '.join(missing)}")
    entries, offsets, integers = b"", [], []
    for name, values in arrays:
        rows = to_integers(name, values, grids[name], MAX_MAGNITUDE).reshape(_matrix(values.shape))
        choice = choose(rows)
        entries += pack_grid(grids[name]) + TABLES.pack(
            choice.family, choice.base, choice.row_scale, choice.column_scale
        )
        for lines, scale in ((choice.rows, choice.row_scale), (choice.columns, choice.column_scale)):
            offsets.append((lines, _offset_tables(len(lines), scale)) if scale else (lines[:0], lines[:0]))
        integers.append((rows.reshape(-1), value_tables(choice.family, choice.base, choice.rows, choice.columns)))
    return entries + ans.encode([_joined(offsets), _joined(integers)])


def decode_weights(data: bytes, shapes: Shapes) -> dict[str, Singles]:
    """The inverse of `encode_weights`: float32 tensors by name.

    Raises:
        ArchiveError: the section is damaged, or there are more than 2^24 values; that is known before they are
            allocated.
    """
    if (count := sum(math.prod(shape) for _, shape in shapes)) > MAX_CODED:
        raise ArchiveError(f"{count} entropy-coded weights, and there may be {MAX_CODED}")
    if len(data) < len(shapes) * ENTRY_BYTES:
        raise ArchiveError(f"{len(shapes)} tensors take {len(shapes) * ENTRY_BYTES} bytes, and there are {len(data)}")
    entries = [_entry(name, data[i * ENTRY_BYTES : (i + 1) * ENTRY_BYTES]) for i, (name, _) in enumerate(shapes)]
    decoder = ans.Decoder(data[len(shapes) * ENTRY_BYTES :])
    tables = [
        value_tables(entry.family, entry.base, rows, columns)
        for entry, (rows, columns) in zip(entries, _take_offsets(decoder, entries, shapes), strict=True)
    ]
    values = decoder.take(np.concatenate(tables))
    decoder.finish()
    arrays, at = {}, 0
    for (name, shape), entry in zip(shapes, entries, strict=True):
        size = math.prod(shape)
        arrays[name] = (values[at : at + size].astype(np.float32) * np.float32(entry.grid)).reshape(shape)
        at += size
    return arrays


def _matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """A tensor as rows: lines along its last axis. A vector is one row."""
    return math.prod(shape[:-1]), shape[-1]


def _entry(name: str, data: bytes) -> Entry:
    """The entry of the tensor of that name, from its bytes."""
    try:
        grid = unpack_grid(data[: GRID.size])
    except ArchiveError as error:
        raise ArchiveError(f"{name}: {error}") from error
    family, *scales = TABLES.unpack(data[GRID.size :])
    if family >= FAMILIES:
        raise ArchiveError(f"{name}: family {family} of tables, and there are {FAMILIES}")
    if max(scales) >= SCALES:
        raise ArchiveError(f"{name}: scale {max(scales)} of tables, and there are {SCALES}")
    return Entry(grid, family, *scales)


def _take_offsets(decoder: ans.Decoder, entries: Sequence[Entry], shapes: Shapes) -> list[tuple[Integers, Integers]]:
    """The offsets of rows (R,) and of columns (C,) of every tensor; zeros where they are not coded."""
    scales = [scale for entry in entries for scale in (entry.row_scale, entry.column_scale)]
    lengths = [length for _, shape in shapes for length in _matrix(shape)]
    coded = [_offset_tables(length, scale) for length, scale in zip(lengths, scales, strict=True) if scale]
    flat = decoder.take(np.concatenate([np.empty(0, dtype=np.uint16), *coded]))
    at, lines = 0, []
    for length, scale in zip(lengths, scales, strict=True):
        lines.append(flat[at : at + length] if scale else np.zeros(length, dtype=np.int16))
        at += length if scale else 0
    return list(zip(lines[::2], lines[1::2], strict=True))


def _offset_tables(count: int, scale: int) -> Integers:
    return np.full(count, table_of(OFFSET_FAMILY, scale), dtype=np.uint16)


def _joined(parts: Sequence[tuple[Integers, Integers]]) -> tuple[Integers, Integers]:
    return np.concatenate([values for values, _ in parts]), np.concatenate([tables for _, tables in parts])
