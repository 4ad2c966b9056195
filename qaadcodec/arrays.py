"""Kinds of arrays that many modules pass to each other. Shapes stand in the docstrings of those modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Singles = npt.NDArray[np.float32]
"""Real numbers in single precision: clouds, weights and latents as they are learnt and decoded."""

Doubles = npt.NDArray[np.float64]
"""Real numbers in double precision: costs, errors and sums, and coordinates as large as those of maps."""

Floats = npt.NDArray[np.floating]
"""Real numbers in any precision: clouds as a caller has them."""

Ints = npt.NDArray[np.int32]
"""Integers of 32 bits."""

Longs = npt.NDArray[np.int64]
"""Integers of 64 bits that are no row numbers: sizes, offsets, symbols."""

Integers = npt.NDArray[np.integer]
"""Integers of any size."""

Rows = npt.NDArray[np.int64]
"""Row numbers of a cloud, counted from zero; where a function says so, -1 stands for no row."""

Indices = npt.NDArray[np.intp]
"""Places in another array, as `argsort` and `nonzero` return them."""

Mask = npt.NDArray[np.bool_]
"""Which elements of another array are meant."""

Numbers = npt.NDArray[Any]
"""Numbers of any type: what a file holds before it is checked."""
