"""Latents for the clouds that `encode` adds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from qaadcodec.codec.open import OpenArchive
from qaadcodec.config import AssignmentConfig
from qaadcodec.errors import Interrupted
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Clock, Listener, PhaseEnded, PhaseStarted, Progress, StopRequest
from qaadcodec.sets.gather import Gathered
from qaadcodec.training.backend import choose_device
from qaadcodec.training.fitting import fit_latents


def fit(
    source: OpenArchive,
    gathered: Gathered,
    device: str,
    seed: int,
    on_event: Listener,
    stop: StopRequest | None,
) -> npt.NDArray[np.float32]:
    """Latents of the gathered clouds, or of the first of them where it was stopped; (n, l) float32."""
    network = FoldingNetwork(source.header.network)
    network.load_arrays(source.weights)
    place = choose_device(device)
    network.requires_grad_(False).to(place)
    clock = Clock(len(gathered.store), None)
    on_event(PhaseStarted("fitting", len(gathered.store), "clouds"))
    found = []
    for clock.done, latents in fit_latents(
        network,
        torch.from_numpy(source.input_cloud).to(place),
        torch.from_numpy(source.latents()).to(place),
        gathered.store,
        AssignmentConfig(),
        seed=seed,
        stop=stop,
    ):
        found.append(latents)
        on_event(Progress("fitting", clock.done, clock.fraction, eta_seconds=clock.eta_seconds))
    on_event(PhaseEnded("fitting", clock.seconds))
    if not found:
        raise Interrupted("stopped before a cloud was fitted; nothing was written")
    return np.concatenate(found)
