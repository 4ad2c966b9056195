"""How like each cloud is to what was learnt of it, and whether its latent makes it so: on some rows of all clouds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from qaadcodec.arrays import Doubles
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.learner import Learner, of_all
from qaadcodec.training.sampling import sample_rows

ROWS = 512  # of each cloud
STOPPED = 64  # clouds that are looked at where the run was stopped


def nothing() -> Doubles:
    """No numbers."""
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Mean squared distances of matches over the variance of each cloud, of the first n clouds: all, if there was time.

    They are above nEM-kD, since the matches are those of the training.

    Attributes:
        own: of each cloud to what its latent gives, (n,).
        mean: of each cloud to what the mean of all latents gives, which is one cloud for all, (n,).
    """

    own: Doubles = field(default_factory=nothing)
    mean: Doubles = field(default_factory=nothing)

    @property
    def gained(self) -> float | None:
        """Error with the latents over error without them, in the median: 1 where these tell nothing."""
        known = self.mean > 0
        return float(np.median(self.own[known] / self.mean[known])) if known.any() else None


@torch.no_grad()
def likeness(learner: Learner, targets: TargetStore, run: Run) -> Likeness:
    """Measure it on ROWS of the rows of Q, the same of each cloud; it ends early at the deadline, or after a stop.

    Args:
        targets: the clouds in the row order of Q.
    """
    rng = np.random.default_rng([run.seed, 29])
    rows = sample_rows(patch_offsets(len(learner.input_cloud), learner.network.config.patches), ROWS, rng)  # (K, s)
    q = learner.input_cloud[torch.from_numpy(rows).to(learner.input_cloud.device)]
    middle = learner.network(q, of_all(learner, run.ranks).latents.mean(0, keepdim=True))[0].cpu().numpy()  # (K·s, C)
    own: list[float] = []
    mean: list[float] = []
    for i in range(len(targets)):
        if run.is_late or (run.stop and i >= STOPPED):
            break
        truth = targets.learnt(i)[rows.ravel()]
        spread = float(np.square(truth - truth.mean(0)).sum(1).mean())
        for found, errors in ((learner.network(q, learner.latents[[i]])[0].cpu().numpy(), own), (middle, mean)):
            errors.append(float(np.square(found - truth).sum(1).mean()) / spread if spread > 0 else 0.0)
    # Where a rank was late, nothing is said of the clouds behind: the numbers are those of the first ones.
    found, complete = run.ranks.gathered((own, mean, len(own) == len(targets))), list[tuple[list[float], list[float]]]()
    for of_rank in found:
        complete.append(of_rank[:2])
        if not of_rank[2]:
            break
    return Likeness(*(np.array([error for both in complete for error in both[k]]) for k in (0, 1)))
