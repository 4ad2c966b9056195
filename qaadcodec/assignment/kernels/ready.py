"""The compiled functions, tried out before anyone relies on them.

What numba keeps on disk may be damaged, and there may be no room for more of it. Both show at the first call, as errors
of many kinds; the functions are then compiled in this process alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Longs, Rows
from qaadcodec.assignment.kernels.compiling import do_without_disk, is_kept
from qaadcodec.progress import Run


class Kernels(NamedTuple):
    """What there is in machine code."""

    assign_leaves: Callable[..., None]
    """`exact.assign_leaves`"""
    split: Callable[..., tuple[Rows, Rows, Longs]]
    """`splitting.split`"""


@cache
def kernels() -> Kernels:
    """The compiled functions, ready to be called from any thread.

    The first call in a process imports numba, which takes 0.2 s; the first one of an installation also compiles, which
    takes 5 to 8 s. Hence modules call this where they need a kernel, and not when they are imported.
    """
    from qaadcodec.assignment.kernels.exact import assign_leaves
    from qaadcodec.assignment.kernels.splitting import split

    ready = Kernels(assign_leaves, split)
    try:
        try_out(ready)
    except Exception:  # whatever is wrong with the files, they can be done without
        do_without_disk()
        try_out(ready)
    return ready


def make_ready(run: Run) -> Run:
    """Compile the functions now if they have to be, as a phase "compiling", so that it counts as work of no other.

    Returns:
        The run; its deadline is later by the time that compiling took, since no budget is meant for that.
    """
    if kernels.cache_info().currsize:
        return run
    from qaadcodec.assignment.kernels.exact import assign_leaves
    from qaadcodec.assignment.kernels.splitting import split

    if is_kept(assign_leaves) and is_kept(split):
        kernels()
        return run
    started = time.monotonic()
    with run.waiting("compiling"):
        kernels()
    return run.later(time.monotonic() - started)


def try_out(ready: Kernels) -> None:
    """Call the functions on clouds of two points, in both precisions."""
    rows, bounds, result = np.arange(2), np.array([0, 2]), np.empty(2, np.int64)
    for dtype in (np.float32, np.float64):
        cloud = np.arange(6, dtype=dtype).reshape(2, 3)
        ready.split(cloud, cloud, True, 1)
        ready.assign_leaves(cloud, cloud, rows, rows, bounds, result)
