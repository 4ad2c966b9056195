"""qaad: compress a set of point clouds of one kind of shape into one small file; any cloud comes back by its index.

import qaadcodec

qaadcodec.compress(["scans/"], "scans.qaad")            # learn a set, write one file
with qaadcodec.open("scans.qaad") as archive:           # read it
    cloud = archive[42]                                 # (M, 3) array in the units of the scans
    module = archive.decoder()                          # differentiable torch.nn.Module
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qaadcodec.errors import (
    ArchiveError,
    CloudError,
    EnvironmentFailure,
    Interrupted,
    QaadError,
    ThresholdMissed,
    UsageError,
)
from qaadcodec.version import __version__

if TYPE_CHECKING:
    from qaadcodec.clouds.cloud import PointCloud
    from qaadcodec.codec.compress import compress
    from qaadcodec.codec.decode import decode
    from qaadcodec.codec.encode import encode
    from qaadcodec.codec.evaluate import evaluate, evaluate_pair
    from qaadcodec.codec.inspect import inspect
    from qaadcodec.codec.open import OpenArchive, open
    from qaadcodec.codec.summarise import summarise
    from qaadcodec.codec.verify import verify
    from qaadcodec.config import PRESETS, Plan, Request, plan
    from qaadcodec.progress import Run, StopRequest
    from qaadcodec.showing import as_html

__all__ = [
    "PRESETS",
    "ArchiveError",
    "CloudError",
    "EnvironmentFailure",
    "Interrupted",
    "OpenArchive",
    "Plan",
    "PointCloud",
    "QaadError",
    "Request",
    "Run",
    "StopRequest",
    "ThresholdMissed",
    "UsageError",
    "__version__",
    "as_html",
    "compress",
    "decode",
    "encode",
    "evaluate",
    "evaluate_pair",
    "inspect",
    "open",
    "plan",
    "summarise",
    "verify",
]


# Names that are imported on first use, and their modules: a program waits only for what it calls.
_HOME = {
    "PRESETS": "config",
    "Plan": "config",
    "Request": "config",
    "plan": "config",
    "OpenArchive": "codec.open",
    "PointCloud": "clouds.cloud",
    "Run": "progress",
    "StopRequest": "progress",
    "as_html": "showing",
    "compress": "codec.compress",
    "decode": "codec.decode",
    "encode": "codec.encode",
    "evaluate": "codec.evaluate",
    "evaluate_pair": "codec.evaluate",
    "inspect": "codec.inspect",
    "open": "codec.open",
    "summarise": "codec.summarise",
    "verify": "codec.verify",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"qaadcodec.{_HOME[name]}"), name)
    if name == "ContainerError":  # its name in 0.1
        warnings.warn("qaadcodec.ContainerError is now called ArchiveError", DeprecationWarning, stacklevel=2)
        return ArchiveError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
