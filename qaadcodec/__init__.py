"""qaad: compress a set of point clouds of one kind of shape into one small file; any cloud comes back by its index.

import qaadcodec

qaadcodec.compress(["scans/"], "scans.qaad")            # learn a set, write one file
with qaadcodec.open("scans.qaad") as archive:           # read it
    cloud = archive[42]                                 # (M, 3) array in the units of the scans
    module = archive.decoder()                          # differentiable torch.nn.Module
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qaadcodec.config import PRESETS, CompressConfig, aimed, preset
from qaadcodec.errors import (
    CloudError,
    ContainerError,
    EnvironmentFailure,
    Interrupted,
    QaadError,
    ThresholdMissed,
    UsageError,
)

if TYPE_CHECKING:
    from qaadcodec.codec import (
        OpenArchive,
        compress,
        decode,
        encode,
        evaluate,
        evaluate_pair,
        inspect,
        open,
        summarise,
        verify,
    )

__version__ = "0.1.0"

__all__ = [
    "PRESETS",
    "CloudError",
    "CompressConfig",
    "ContainerError",
    "EnvironmentFailure",
    "Interrupted",
    "OpenArchive",
    "QaadError",
    "ThresholdMissed",
    "UsageError",
    "__version__",
    "aimed",
    "compress",
    "decode",
    "encode",
    "evaluate",
    "evaluate_pair",
    "inspect",
    "open",
    "preset",
    "summarise",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import the verbs on first use: nobody waits for torch who does not train."""
    if name in __all__:
        return getattr(import_module("qaadcodec.codec"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
