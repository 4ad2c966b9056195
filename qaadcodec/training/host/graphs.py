"""A function of tensors that is called as often as it is wanted: there are no graphs here."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class Replayed:
    """Calls a function, as `device.graphs.Replayed` does with less for the host to do; arguments are brought to it."""

    def __init__(self, function: Callable[..., Tensor], device: torch.device) -> None:
        self._function, self._device = function, device

    def __call__(self, *arguments: Tensor) -> Tensor:
        """What the function returns."""
        return self._function(*(argument.to(self._device) for argument in arguments))

    def close(self) -> None:
        """There is nothing to give back."""
