"""Training from an archive: its network and Q go on, and every cloud begins as what the archive knows of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from qaadcodec.arrays import Longs, Singles
from qaadcodec.config import Plan
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import Backend
from qaadcodec.training.fitting import Learnt, fit
from qaadcodec.training.learner import Learner, new_learner

FITTING_SHARE = 0.3  # of the time left when it begins


@dataclass(frozen=True, slots=True)
class WarmStart:
    """What a training goes on from.

    Attributes:
        learnt: what the archive has.
        rows: of the latent table of the archive, the row of each cloud of the set, (N,); -1 of a cloud that the archive
            does not have.
    """

    learnt: Learnt
    rows: Longs

    def learner(self, store: TargetStore, plan: Plan, run: Run, backend: Backend) -> Learner:
        """The network and Q of the archive; the latents of its clouds, and of others as `encode` fits them.

        Args:
            store: N clouds, normalised as those of the archive were, in any row order; only read.
        """
        latents = self.latents(store, run)
        learner = new_learner(plan, self.learnt.input_cloud.copy(), torch.from_numpy(latents), run.seed, backend)
        learner.network.load_arrays(self.learnt.weights)
        return learner

    def latents(self, store: TargetStore, run: Run) -> Singles:
        """A latent for each cloud, (n, l). Where the run is stopped, clouds that are new begin in the middle."""
        known, rows = self.learnt.latents, store.part.rows(self.rows)
        latents = np.where(rows[:, None] >= 0, known[rows], known.mean(0))
        if (self.rows < 0).any():  # on any rank: all of them fit, or none
            new = np.flatnonzero(rows < 0)
            found = fit(self.learnt, store, run.within(run.share(FITTING_SHARE)), clouds=new.tolist()).latents
            latents[new[: len(found)]] = found
        return np.asarray(latents, np.float32)
