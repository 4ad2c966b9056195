"""How large the steps of the optimisers are in the course of a training."""

from __future__ import annotations

import math

RISE = 0.02  # share of the training over which the learning rate rises


def learning_rate_factor(fraction: float) -> float:
    """Learning rate as a share of the highest one: a short rise, then half a cosine down to zero.

    Args:
        fraction: of the training that is over, 0 to 1.
    """
    return min(1.0, fraction / RISE) * 0.5 * (1.0 + math.cos(math.pi * fraction))
