"""The first assignment of every cloud: QAAD-Greedy (paper section 3.4, Algorithm 1), a group of clouds at a time."""

from __future__ import annotations

import time

import numpy as np
import torch

from qaadcodec.assignment.device.greedy import greedy
from qaadcodec.assignment.device.leaves import rows_of
from qaadcodec.config import AssignmentConfig
from qaadcodec.config.network import POSITION
from qaadcodec.progress import Phase, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.assigned import Progress
from qaadcodec.training.device.targets import clouds_together
from qaadcodec.training.host.assign import HASTY, STAGE, fitting_leaf
from qaadcodec.training.host.assign import assign as assign_on_host
from qaadcodec.training.predict import Prediction


def assign(
    store: TargetStore,
    prediction: Prediction,
    config: AssignmentConfig,
    run: Run,
    phase: Phase,
    *,
    device: torch.device,
) -> None:
    """Bring every cloud into the row order of Q, as `host.assign` does, a group of clouds at a time on the device.

    The random assignment that stands in for Greedy in ablations is that of the host.
    """
    if not config.greedy:
        assign_on_host(store, prediction, config, run, phase)
        return
    leaf, started, seconds = config.greedy_leaf, time.monotonic(), run.seconds_left
    progress = Progress.of(STAGE, store, run, phase)
    for here in progress.groups(clouds_together(store.points.shape[1])):
        if not here:  # other ranks have more clouds
            continue
        leaf = fitting_leaf(leaf, *progress.so_far, time.monotonic() - started, seconds)
        predicted = np.stack([prediction(i)[:, :POSITION] for i in here])  # (G, M, 3)
        clouds = torch.from_numpy(store.points[here]).to(device)  # (G, M, C)
        positions = clouds[..., :POSITION]
        order = greedy(torch.from_numpy(predicted).to(device), positions, HASTY if run.stop else leaf)  # (G, M)
        store.points[here] = rows_of(clouds, order).cpu().numpy()
