"""Adam for whole tensors, by PyTorch's own fused step.

`torch.optim.Adam` takes the same step. But making one imports PyTorch's compiler and a computer algebra system, which
takes longer than importing PyTorch did; the function beneath it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam

from qaadcodec.training.optim.row_adam import BETA_1, BETA_2, EPSILON


class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1).

    Attributes:
        param_groups: dictionaries with "params", tensors that are changed in place, and "lr", the learning rate of the
            next step; a tensor where it changes inside a CUDA graph.
    """

    def __init__(
        self, params: Sequence[Tensor] | Sequence[dict[str, Any]], lr: float = 1e-3, *, capturable: bool = False
    ) -> None:
        """Move tensors, or groups of them that have learning rates of their own.

        Args:
            capturable: steps are captured in a CUDA graph.
        """
        groups = [param for param in params if isinstance(param, dict)] or [{"params": list(params)}]
        self.param_groups: list[dict[str, Any]] = [{"lr": lr, **group} for group in groups]
        self._capturable, self._state = capturable, dict[Tensor, tuple[Tensor, Tensor, Tensor]]()
        for tensor in self.tensors():
            first, second = (torch.zeros_like(tensor, memory_format=torch.preserve_format) for _ in range(2))
            self._state[tensor] = torch.zeros((), dtype=torch.float32, device=tensor.device), first, second

    def tensors(self) -> list[Tensor]:
        """All that is moved."""
        return [tensor for group in self.param_groups for tensor in group["params"]]

    def memory(self) -> dict[str, Tensor]:
        """All that it remembers, live, by name."""
        names = ("step", "exp_avg", "exp_avg_sq")
        return {
            f"{i}.{name}": held
            for i, tensor in enumerate(self.tensors())
            for name, held in zip(names, self._state[tensor], strict=True)
        }

    @torch.no_grad()
    def step(self) -> None:
        """Move every tensor that has a gradient."""
        for group in self.param_groups:
            moved = [tensor for tensor in group["params"] if tensor.grad is not None]
            if not moved:
                continue
            steps, first, second = (list(held) for held in zip(*(self._state[tensor] for tensor in moved), strict=True))
            adam(
                moved,
                [tensor.grad for tensor in moved if tensor.grad is not None],
                first,
                second,
                [],
                steps,
                fused=True,
                capturable=self._capturable,
                amsgrad=False,
                beta1=BETA_1,
                beta2=BETA_2,
                lr=group["lr"],
                weight_decay=0.0,
                eps=EPSILON,
                maximize=False,
            )
