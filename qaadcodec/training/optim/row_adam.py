"""Adam for tables of which each step sees only a few rows: a row moves when it is seen, and counts its own steps."""

from __future__ import annotations

import torch
from torch import Tensor

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class RowAdam:
    """Adam (Kingma and Ba 2015, algorithm 1) row by row.

    Plain Adam would go on moving a latent by its momentum while other clouds are shown, and in larger sets for longer.
    Here the latent of a cloud depends only on the steps that showed the cloud.

    Attributes:
        table: (n, c), changed in place.
    """

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self._first = torch.zeros_like(table)
        self._second = torch.zeros_like(table)
        self._steps = torch.zeros(len(table), 1, device=table.device)

    def tensors(self) -> dict[str, Tensor]:
        """All that it remembers of the rows, live, by name."""
        return {"first": self._first, "second": self._second, "steps": self._steps}

    @torch.no_grad()
    def step(self, rows: Tensor, gradient: Tensor, rate: float | Tensor) -> None:
        """Move some rows.

        Args:
            rows: (b,) int64, all different.
            gradient: (b, c).
            rate: the learning rate; a tensor where it changes inside a CUDA graph.
        """
        count = self._steps[rows] + 1.0
        first = torch.lerp(gradient, self._first[rows], BETA_1)
        second = torch.lerp(gradient.square(), self._second[rows], BETA_2)
        self._steps[rows], self._first[rows], self._second[rows] = count, first, second
        mean = first / (1.0 - BETA_1**count)
        spread = (second / (1.0 - BETA_2**count)).sqrt_().add_(EPSILON)
        self.table[rows] -= rate * mean / spread
