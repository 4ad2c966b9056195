"""`qaad --version -v`: what an answer to a question about qaad depends on."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from qaadcodec.version import __version__

PACKAGES = ("torch", "numpy", "scipy", "numba", "constriction", "h5py", "plyfile", "click", "rich")


def version_lines(*, verbose: bool) -> list[str]:
    """`qaad 0.1.0`; if verbose, Python, packages, platform, cores and devices as well. That imports torch."""
    if not verbose:
        return [f"qaad {__version__}"]
    from qaadcodec.parallel import cores
    from qaadcodec.report.tables import facts

    return facts(
        [
            ("qaad", __version__),
            ("python", f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}"),
            *((name, version_of(name)) for name in PACKAGES),
            ("platform", platform.platform()),
            ("cores", f"{cores()} of {os.cpu_count()}"),
            ("devices", ", ".join(devices())),
        ]
    )


def version_of(package: str) -> str:
    """The installed version."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def devices() -> list[str]:
    """What `--device` can name here: `cpu`, `cuda (NVIDIA H100)`, `mps`."""
    try:
        import torch
    except ImportError:
        return ["cpu"]
    found = ["cpu"]
    if torch.cuda.is_available():
        found += [f"cuda ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count())]
    return [*found, *(["mps"] if torch.backends.mps.is_available() else [])]
