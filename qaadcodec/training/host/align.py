"""The first assignment of every cloud: QAAD-Greedy (paper section 3.4, Algorithm 1), a cloud to each core."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from qaadcodec.assignment.greedy import greedy
from qaadcodec.config import AssignmentConfig
from qaadcodec.parallel import cores, in_parallel
from qaadcodec.progress import StopRequest
from qaadcodec.sets.store import TargetStore

Array = npt.NDArray[np.float32]

HASTY = 8  # points in a leaf of Greedy when there is no time: little more than an order along the k-d tree


def align(
    store: TargetStore,
    input_cloud: Array,
    config: AssignmentConfig,
    seed: int,
    *,
    predictions: Callable[[int], Array] | None = None,
    seconds: float | None = None,
    stop: StopRequest | None = None,
) -> Iterator[int]:
    """Bring every cloud into the row order of Q, by QAAD-Greedy or at random; yields how many are done.

    A core takes a cloud at a time. Each cloud draws from a generator of its own, so the result does not depend on the
    order of the work. Where that would take too long, the leaves of Greedy are halved again and again, down to HASTY
    points.

    Args:
        predictions: gives P̂ (M, 3) of a cloud, in the row order of Q, which Greedy then matches instead of Q itself
            (Algorithm 1); called from several threads. Before anything is learnt, Q stands for all predictions.
        seconds: time for all of it; None for as long as it takes.
        stop: the rest is done hastily once it is set.
    """
    leaf, started = config.greedy_leaf, time.monotonic()

    def bring(i: int) -> None:
        cloud, rng = store.points[i], np.random.default_rng([seed, 1, i])
        if config.greedy:
            predicted = input_cloud if predictions is None else predictions(i)
            order = greedy(predicted, cloud, HASTY if stop else leaf, rng)
        else:
            order = rng.permutation(len(cloud))
        cloud[:] = cloud[order]
        store.touched(1)

    for first in range(0, len(store), cores()):
        leaf = fitting_leaf(leaf, first, len(store), time.monotonic() - started, seconds)
        group = range(first, min(first + cores(), len(store)))
        in_parallel(bring, group)
        yield from (i + 1 for i in group)


def fitting_leaf(leaf: int, done: int, total: int, used: float, seconds: float | None) -> int:
    """The leaf of Greedy for the next clouds: half of the last one where at this pace `seconds` do not suffice."""
    late = seconds is not None and done > 0 and used * (total - done) > (seconds - used) * done
    return max(leaf // 2, HASTY) if late else leaf
