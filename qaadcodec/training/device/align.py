"""QAAD-Greedy on the device, for the first assignment of every cloud (paper section 3.4, Algorithm 1)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from qaadcodec.assignment.device.greedy import greedy
from qaadcodec.assignment.device.leaves import rows_of
from qaadcodec.config import AssignmentConfig
from qaadcodec.progress import StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device.targets import clouds_together
from qaadcodec.training.host.align import HASTY, align, fitting_leaf
from qaadcodec.training.start import Array


def align_on_device(
    store: TargetStore,
    input_cloud: Array,
    config: AssignmentConfig,
    seed: int,
    *,
    device: torch.device,
    seconds: float | None = None,
    stop: StopRequest | None = None,
) -> Iterator[int]:
    """Bring every cloud into the row order of Q, as `start.align` does, a group of clouds at a time on a device.

    The random assignment that stands in for Greedy in ablations is that of `start.align`.

    Args:
        seconds: time for all of it; None for as long as it takes.
        stop: the rest is done hastily once it is set.

    Yields:
        How many clouds are done, after every group.
    """
    if not config.greedy:
        yield from align(store, input_cloud, config, seed)
        return
    count, points, _ = store.points.shape
    leaf, together, started = config.greedy_leaf, clouds_together(points), time.monotonic()
    q = torch.from_numpy(input_cloud).to(device)
    for first in range(0, count, together):
        leaf = fitting_leaf(leaf, first, count, time.monotonic() - started, seconds)
        here = slice(first, min(first + together, count))
        clouds = torch.from_numpy(store.points[here]).to(device)  # (G, M, 3)
        order = greedy(q.expand_as(clouds), clouds, HASTY if stop else leaf)
        store.points[here] = rows_of(clouds, order).cpu().numpy()
        store.touched(here.stop - first)
        yield here.stop
