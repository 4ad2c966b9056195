"""Which tables code an array of integers with the fewest bits. The writer chooses, and the file says what it chose.

An array is rows by columns. Value (r, c) has the scale `base + rows[r] + columns[c]`, clipped to 0 .. 63. Rows and
columns get offsets only where these save more than they cost (formats/qaad-1.md, "WGTS").
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from qaadcodec.archive.coding.tables import SCALES, bits, largest, table_of
from qaadcodec.arrays import Floats, Integers, Singles

OFFSET_FAMILY = 11  # of the tables that code offsets: bell-shaped
TRIED_FAMILIES = (14, 12, 11, 10, 9, 6, 4, 3, 2)
REACH = 14  # scales tried on either side of the one that fits the standard deviation
ROUNDS = 3
BEYOND = 1e9  # bits that count for an integer that a table does not hold
WIDEST_KEPT = 1 << 12  # magnitudes whose costs are kept; costs of more take megabytes, and are seldom asked for


class TableChoice(NamedTuple):
    """The tables of an array (R, C).

    Attributes:
        family: of all tables.
        base: the scale to which offsets are added.
        row_scale, column_scale: of the tables that code the offsets; 0 where these are all 0 and are not coded.
        rows, columns: the offsets, (R,) and (C,).
        cost: bits of values and offsets.
    """

    family: int
    base: int
    row_scale: int
    column_scale: int
    rows: Integers
    columns: Integers
    cost: float


def value_tables(family: int, base: int, rows: Integers, columns: Integers) -> Integers:
    """The table of each value of an array with these offsets, row after row: (R · C,) uint16."""
    scales = np.add.outer(rows.astype(np.int32) + base, columns.astype(np.int32))
    return (table_of(family, 0) + np.clip(scales, 0, SCALES - 1)).astype(np.uint16).reshape(-1)


def scale_costs(family: int, top: int) -> Singles:
    """Bits of each magnitude by each scale of a family: (64, top + 1 or more)."""
    width = 1 << max(top, SCALES - 1).bit_length()
    return (kept_costs if width <= WIDEST_KEPT else computed_costs)(family, width)


def computed_costs(family: int, width: int) -> Singles:
    """Bits of each magnitude below `width` by each scale of a family: (64, width)."""
    costs = np.full((SCALES, width), BEYOND, dtype=np.float32)
    for scale in range(SCALES):
        known = bits(table_of(family, scale))[:width]
        costs[scale, : len(known)] = known
    return costs


@lru_cache(maxsize=64)
def kept_costs(family: int, width: int) -> Singles:
    """`computed_costs`, kept, because an archive asks for the same ones a thousand times."""
    costs = computed_costs(family, width)
    costs.flags.writeable = False
    return costs


def choose(values: Integers) -> TableChoice:
    """The cheapest choice for integers (R, C) of magnitudes up to 2^15 - 1.

    Every family is tried without offsets, with offsets of rows and with offsets of columns. If offsets win, the best
    choice is tried with both kinds as well.
    """
    magnitudes = np.abs(values.astype(np.int64))
    no_rows, no_columns = np.zeros(len(values), dtype=np.int64), np.zeros(values.shape[1], dtype=np.int64)
    best = TableChoice(TRIED_FAMILIES[0], 0, 0, 0, no_rows, no_columns, math.inf)
    for family in TRIED_FAMILIES:
        costs, scales = scale_costs(family, int(magnitudes.max(initial=0))), _likely_scales(family, magnitudes)
        by_row, by_column = (np.full((n, SCALES), math.inf) for n in values.shape)
        for scale in scales:
            each = costs[scale][magnitudes]
            by_row[:, scale], by_column[:, scale] = each.sum(axis=1), each.sum(axis=0)
        totals = by_row.sum(axis=0)
        choices = [TableChoice(family, int(totals.argmin()), 0, 0, no_rows, no_columns, float(totals.min()))]
        if min(values.shape) > 1:
            base, offsets, scale, cost = _offsets(by_row)
            choices.append(TableChoice(family, base, scale, 0, offsets, no_columns, cost))
            base, offsets, scale, cost = _offsets(by_column)
            choices.append(TableChoice(family, base, 0, scale, no_rows, offsets, cost))
        best = min(best, *choices, key=lambda choice: choice.cost)
    if best.row_scale or best.column_scale:
        best = min(best, _with_both(best, magnitudes), key=lambda choice: choice.cost)
    return best


def _likely_scales(family: int, magnitudes: Integers) -> range:
    """The scales to try: those around the standard deviation, and up to one that holds the largest magnitude."""
    deviation = math.sqrt(float(np.square(magnitudes, dtype=np.float64).mean())) if magnitudes.size else 0.0
    # The scale that fits the deviation; Laplace-like families, those below 8, need a larger one than Gauss-like ones.
    middle = round(4 * math.log2(max(deviation, 2.0**-5))) + (14 if family < 8 else 10)
    top = int(magnitudes.max(initial=0))
    holding = next(scale for scale in range(SCALES) if largest(table_of(family, scale)) >= top)
    return range(max(middle - REACH, 0), min(max(middle + REACH, holding), SCALES - 1) + 1)


def _offsets(by_line: Floats, base: int | None = None) -> tuple[int, Integers, int, float]:
    """Base, offsets (n,), the scale of the tables that code them, and the bits of everything.

    Args:
        by_line: bits of each line by each sum of base and offset: (n, 64).
        base: if None, the median of the sums that suit the lines best.
    """
    wanted = by_line.argmin(axis=1)
    base = int(np.median(wanted)) if base is None else base
    scale, cost = 0, math.inf
    for _ in range(ROUNDS):
        spread = np.bincount(np.abs(wanted - base), minlength=SCALES)
        scale = 1 + int((scale_costs(OFFSET_FAMILY, SCALES)[1:, :SCALES] @ spread).argmin())
        totals = by_line + bits(table_of(OFFSET_FAMILY, scale))[np.abs(np.arange(SCALES) - base)]
        wanted, cost = totals.argmin(axis=1), float(totals.min(axis=1).sum())
    offsets = wanted - base
    return base, offsets, scale if np.any(offsets) else 0, cost


def _with_both(choice: TableChoice, magnitudes: Integers) -> TableChoice:
    """The choice with offsets of rows and of columns, refined in turns, beginning with those that are missing."""
    costs = scale_costs(choice.family, int(magnitudes.max(initial=0)))
    lines = {"rows": (choice.rows, choice.row_scale), "columns": (choice.columns, choice.column_scale)}
    order = ("columns", "rows") if choice.row_scale else ("rows", "columns")
    cost = math.inf
    for turned in order * ROUNDS:
        fixed, fixed_scale = lines["columns" if turned == "rows" else "rows"]
        across = magnitudes if turned == "rows" else magnitudes.T
        by_line = np.full((len(across), SCALES), math.inf)
        for total in range(max(choice.base - REACH, 0), min(choice.base + REACH, SCALES - 1) + 1):
            by_line[:, total] = costs[np.clip(total + fixed, 0, SCALES - 1), across].sum(axis=1)
        _, offsets, scale, cost = _offsets(by_line, choice.base)
        lines[turned] = offsets, scale
        cost += float(bits(table_of(OFFSET_FAMILY, fixed_scale))[np.abs(fixed)].sum()) if fixed_scale else 0.0
    (rows, row_scale), (columns, column_scale) = lines["rows"], lines["columns"]
    return choice._replace(rows=rows, row_scale=row_scale, columns=columns, column_scale=column_scale, cost=cost)
