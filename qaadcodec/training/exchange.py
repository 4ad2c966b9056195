"""The gradients of a step, added up over all ranks in one flat buffer: one exchange a step, whatever has to be known.

Each rank shows some of its own clouds. A step of all of them is the same as that of one process that shows them all:
gradients of means are weighted by the clouds that they are means of, and divided by those of all ranks. So ranks may
show different numbers of clouds, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from qaadcodec.ranks.part import Part
from qaadcodec.training.pulse import Pulse

ALIKE_EVERY = 100  # exchanges after which what is replicated is made equal again: processors round differently


@dataclass(frozen=True, slots=True)
class Summed:
    """What all ranks found in a step.

    Attributes:
        clouds: that they showed; on a device it may still have to be computed.
        total: clouds of the set.
        loss: the mean over the clouds shown, a scalar.
        more: sums of whatever else was given.
        heard: sums of what was said.
    """

    clouds: int | Tensor
    total: int
    loss: Tensor
    more: Tensor
    heard: Tensor

    @property
    def told(self) -> Tensor:
        """The clouds, and what was said, on the device, (1 + m,): for `Exchange.heard`."""
        clouds = self.clouds
        shown = clouds if isinstance(clouds, Tensor) else torch.full((1,), float(clouds), device=self.loss.device)
        return torch.cat([shown, self.heard])


class Exchange:
    """Adds up what the ranks that share a set find in a step. With one rank, what it finds is returned.

    No value is looked at on the host, so a CUDA graph can hold it.
    """

    def __init__(self, part: Part) -> None:
        self._part, self._ranks, self._count = part, part.ranks, 0

    @property
    def alone(self) -> bool:
        """Whether there is nobody to exchange anything with."""
        return self._ranks.size == 1

    def add(self, gradients: Sequence[Tensor], clouds: int, loss: Tensor, more: Tensor, said: Tensor) -> Summed:
        """Add up a step; all ranks take part in it.

        Args:
            gradients: of the mean over the clouds that this rank shows, of whatever is replicated; those of the mean
                over the clouds of all ranks take their place. Zeros where it shows none.
            clouds: how many it shows.
            loss: the mean over them, a scalar.
            more: numbers to be added up, (n,).
            said: what the ranks tell each other, (m,); see `Pulse`.
        """
        if self.alone:
            return Summed(clouds, self._part.total, loss, more, said)
        shown = torch.full((1,), float(clouds), device=loss.device)
        parts = [*(gradient.reshape(-1) * clouds for gradient in (*gradients, loss)), more, said, shown]
        flat = torch.cat(parts)
        self._ranks.add(flat)
        *sums, loss_sum, more_sum, heard, shown = torch.split(flat, [len(part) for part in parts])
        for gradient, total in zip(gradients, sums, strict=True):
            gradient.copy_((total / shown).view_as(gradient))
        return Summed(shown, self._part.total, (loss_sum / shown)[0], more_sum, heard)

    def heard(self, told: Tensor, clouds: int, pulse: Pulse | None) -> int:
        """How many clouds all ranks showed; the pulse hears what they said. Where there are several, the host waits.

        Args:
            told: `Summed.told` of the step.
            clouds: how many this rank showed.
            pulse: beats with the step.
        """
        if self.alone:
            return clouds
        found: list[float] = told.tolist()
        if pulse:
            pulse.hear(found[1:])
        return round(found[0])

    def keep_alike(self, replicated: Callable[[], Sequence[Tensor]]) -> None:
        """Give all ranks what the first one has of replicated tensors, at every ALIKE_EVERY-th call."""
        self._count += 1
        if self.alone or self._count % ALIKE_EVERY:
            return
        tensors = replicated()
        flat = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
        self._ranks.copy_of_first(flat)
        with torch.no_grad():
            for tensor, values in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(values.view_as(tensor))
