"""Between what a training remembers, in tensors on any device, and the parts of a checkpoint, in arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Numbers
from qaadcodec.training.learner import Learner
from qaadcodec.work.state import State, Table


@dataclass(frozen=True, slots=True)
class Memory:
    """What the steps of a training remember. The tensors are live: they are read for a checkpoint, and written after.

    Attributes:
        shared: tensors that all clouds share, by name.
        rows: tensors with a row for each cloud, by name.
        numbers: the rest, in what JSON knows.
    """

    shared: dict[str, Tensor] = field(default_factory=dict)
    rows: dict[str, Tensor] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)

    def state(self, numbers: Mapping[str, Any], shared: Mapping[str, Numbers], tables: Mapping[str, Table]) -> State:
        """A part of a checkpoint with these tensors, and more besides."""
        return State(
            {**self.numbers, **numbers},
            {name: array_of(tensor) for name, tensor in self.shared.items()} | dict(shared),
            {name: Table.of(array_of(tensor)) for name, tensor in self.rows.items()} | dict(tables),
        )

    def recall(self, state: State) -> None:
        """Give every tensor the values that it has in a checkpoint; EnvironmentFailure where one is not there."""
        with torch.no_grad():
            for name, tensor in self.shared.items():
                like = array_of(tensor)
                tensor.copy_(torch.from_numpy(state.array(name, like)).reshape(tensor.shape))
            for name, tensor in self.rows.items():
                for first, rows in state.rows(name, tuple(tensor.shape), np.float32).blocks(0, len(tensor)):
                    tensor[first : first + len(rows)] = torch.from_numpy(rows).to(tensor.device)


def array_of(tensor: Tensor) -> Numbers:
    """The values of a tensor, where it is on the CPU without a copy; those of a single number as an array of one."""
    found: Numbers = tensor.detach().cpu().numpy()
    return found.reshape(1) if found.ndim == 0 else found


def learnt(learner: Learner) -> Memory:
    """What a learner has learnt: its network, Q and latents."""
    shared = {f"network.{name}": learner.network[name] for name in learner.network.config.tensor_shapes()}
    return Memory({**shared, "input_cloud": learner.input_cloud}, {"latents": learner.latents})


def together(**memories: Memory) -> Memory:
    """Several memories in one, each under a name of its own."""
    return Memory(
        {f"{of}.{name}": tensor for of, memory in memories.items() for name, tensor in memory.shared.items()},
        {f"{of}.{name}": tensor for of, memory in memories.items() for name, tensor in memory.rows.items()},
        {f"{of}.{name}": value for of, memory in memories.items() for name, value in memory.numbers.items()},
    )
