"""Where training runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qaadcodec.errors import EnvironmentFailure, UsageError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def check_device(name: str) -> None:
    """Raise UsageError if there is no device of that name anywhere; the two common ones are not looked for yet."""
    if name not in DEVICES:
        raise UsageError(f"unknown device {name!r}; devices are {', '.join(DEVICES)}")
    if name not in ("auto", "cpu"):
        choose_device(name)


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
