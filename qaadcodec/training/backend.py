"""Where a training computes: chosen once, by the name of the device.

Two packages implement the same things under the same file names: `host` for the CPU, and for mps, which computes
gradients only; `device` for CUDA, where all of a step stays on the device. What is common to both asks the backend.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from qaadcodec.arrays import Longs
from qaadcodec.config import AssignmentConfig
from qaadcodec.config.run import DEVICES
from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.progress import Phase, Run
from qaadcodec.sets.store import TargetStore

if TYPE_CHECKING:  # the name of a device is checked before anybody waits for torch
    import torch
    from torch import Tensor

    from qaadcodec.training.predict import Prediction
    from qaadcodec.training.pulse import Pulse
    from qaadcodec.training.quantise.rounding import Rounding
    from qaadcodec.training.remembered import Memory
    from qaadcodec.work.state import State, Table


class Steps(Protocol):
    """Takes the steps of one training; a context manager, at whose end the targets are in the store again."""

    def step(self, batch: Longs, factor: float, pulse: Pulse | None = None) -> tuple[float | Tensor, int]:
        """One step on these clouds (B,), at this factor of the learning rate; the error before it, the points shown.

        The error, a mean of |p̂ - p|², may be a scalar on the device that is still being computed. Where several ranks
        share the set, all take the step, each on clouds of its own, and error and points are those of all; the pulse
        beats with it.
        """

    def round_to(self, rounding: Rounding) -> None:
        """From now on what is learnt is rounded for every gradient."""

    def drop_waiting(self) -> None:
        """Leave out the assignments that have not begun: nothing is learnt from them any more."""

    def memory(self) -> Memory:
        """What the steps remember besides the learner; waits until nothing that is under way changes it any more."""

    def targets(self) -> Table:
        """The targets as they are now, row by row of the set; `memory` has to be called before."""

    def go_on(self, state: State) -> None:
        """Go on from the memory that a checkpoint has, as its part "steps"; the targets are in the store already."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Backend:
    """The implementation that suits a device.

    Attributes:
        device: where the learner's tensors are.
        assign: brings every cloud of a store into the row order of Q, nearest to its prediction.
        steps: makes the `Steps` of a training.
        matched_error: the loss of a batch and its predictions; see `host.loss`.
        nearest_both_ways: the nearest neighbours between clouds, in both directions.
    """

    device: torch.device
    assign: Callable[[TargetStore, Prediction, AssignmentConfig, Run, Phase], None]
    steps: Callable[..., Steps]
    matched_error: Callable[..., tuple[Tensor, Tensor]]
    nearest_both_ways: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def choose_backend(name: str) -> Backend:
    """The backend of the device of that name; see `choose_device`."""
    device = choose_device(name)
    return device_backend(device) if device.type == "cuda" else host_backend(device)


def host_backend(device: torch.device) -> Backend:
    """The implementation in `host`."""
    from qaadcodec.training.host.assign import assign
    from qaadcodec.training.host.loss import matched_error
    from qaadcodec.training.host.nearest import nearest_both_ways
    from qaadcodec.training.host.steps import Steps

    return Backend(device, assign, Steps, matched_error, nearest_both_ways)


def device_backend(device: torch.device) -> Backend:
    """The implementation in `device`. It runs on the CPU too, which is how it is tested where there is no GPU."""
    from qaadcodec.training.device.assign import assign
    from qaadcodec.training.device.loss import matched_error
    from qaadcodec.training.device.nearest import nearest_both_ways
    from qaadcodec.training.device.steps import Steps

    return Backend(device, partial(assign, device=device), Steps, matched_error, nearest_both_ways)


def check_device(name: str) -> None:
    """Raise UsageError if there is no device of that name anywhere; the two common ones are not looked for yet."""
    if name not in DEVICES:
        raise UsageError(f"unknown device {name!r}; devices are {', '.join(DEVICES)}")
    if name not in ("auto", "cpu"):
        choose_device(name)


def load_torch(run: Run) -> None:
    """Import torch, which takes seconds, as a phase of its own; and tell where "auto" has taken CUDA."""
    if "torch" not in sys.modules:
        with run.waiting("loading PyTorch"):
            import torch  # noqa: F401
    if run.device == "auto" and choose_device("auto").type == "cuda":
        run.note("training on CUDA, which qaad has never been run on so far; --device cpu is tested")


def choose_device(name: str) -> torch.device:
    """The torch device of that name; "auto" takes CUDA where there is one, else the CPU.

    Raises:
        KeyError: unknown name; `check_device` tells people.
        EnvironmentFailure: this machine has no such device.
    """
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available[name]:
        raise EnvironmentFailure(f"no {name} device on this machine", hint="--device cpu works everywhere")
    return torch.device(name)
