"""The first assignment of every cloud: QAAD-Greedy (paper section 3.4, Algorithm 1), one cloud to each core."""

from __future__ import annotations

import time

import numpy as np

from qaadcodec.assignment.greedy import greedy
from qaadcodec.config import AssignmentConfig
from qaadcodec.config.network import POSITION
from qaadcodec.parallel import cores, in_parallel
from qaadcodec.progress import Phase, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.assigned import Progress
from qaadcodec.training.predict import Prediction

STAGE = "assigning"  # of a checkpoint
HASTY = 8  # points in a leaf of Greedy when there is no time: little more than an order along the k-d tree


def assign(store: TargetStore, prediction: Prediction, config: AssignmentConfig, run: Run, phase: Phase) -> None:
    """Bring every cloud into the row order of Q, by QAAD-Greedy or at random.

    Each cloud draws from a generator of its own, so the result does not depend on the order of the work. Where the
    time up to the run's deadline does not suffice, the leaves of Greedy are halved again and again, down to HASTY
    points; once the run is stopped, the rest is done with those at once.

    Args:
        prediction: P̂ that Greedy matches. Before anything is learnt, Q stands for all predictions.
        phase: hears of every cloud.
    """
    leaf, started, seconds = config.greedy_leaf, time.monotonic(), run.seconds_left
    progress = Progress.of(STAGE, store, run, phase)

    def bring(i: int) -> None:
        cloud, rng = store.points[i], np.random.default_rng([run.seed, 1, store.part.first + i])
        if config.greedy:
            order = greedy(prediction(i)[:, :POSITION], store.positions(i), HASTY if run.stop else leaf, rng)
        else:
            order = rng.permutation(len(cloud))
        cloud[:] = cloud[order]

    for group in progress.groups(cores()):
        leaf = fitting_leaf(leaf, *progress.so_far, time.monotonic() - started, seconds)
        in_parallel(bring, group)


def fitting_leaf(leaf: int, done: int, total: int, used: float, seconds: float | None) -> int:
    """The leaf of Greedy for the next clouds: half of the last one where `seconds` do not suffice at this pace.

    Args:
        done, total: clouds that are assigned, and all.
        used: seconds that they took.
    """
    late = seconds is not None and done > 0 and used * (total - done) > (seconds - used) * done
    return max(leaf // 2, HASTY) if late else leaf
