"""Loops over numpy arrays as machine code, by numba: kept on disk where that works, made anew where it does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
made: list[Any] = []


def compiled(function: F) -> F:
    """Compile for this machine on first use; other threads run beside it."""
    import numba

    try:
        result: F = numba.njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # nowhere to keep it
        result = numba.njit(**OPTIONS)(function)
    made.append(result)
    return result


class Compiled(NamedTuple):
    """What there is in machine code."""

    assign_leaves: Callable[..., None]
    """`exact.assign_leaves`"""
    split: Callable[..., tuple[Any, Any, Any]]
    """`splitting.split`"""


@cache
def machine_code() -> Compiled | None:
    """The compiled functions, ready; None on Pythons that numba has not come to yet."""
    try:
        from qaadcodec.assignment.kernels.exact import assign_leaves
        from qaadcodec.assignment.kernels.splitting import split
    except ImportError:
        return None
    functions = Compiled(assign_leaves, split)
    try:
        try_out(functions)
    except Exception:  # a full disk, or a damaged file among those kept: whatever it is, it can be done without
        from numba.core.caching import NullCache

        for function in made:
            function._cache = NullCache()
        try_out(functions)
    return functions


def try_out(functions: Compiled) -> None:
    """Call them on clouds of two points, in both precisions."""
    rows, bounds, result = np.arange(2), np.array([0, 2]), np.empty(2, np.int64)
    for dtype in (np.float32, np.float64):
        cloud = np.arange(6, dtype=dtype).reshape(2, 3)
        functions.split(cloud, cloud, True, 1)
        functions.assign_leaves(cloud, cloud, rows, rows, bounds, result)
