"""Libraries that only some formats need, of the extra qaadcodec[formats]: imported when such a file is met."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator
from typing import Any

from qaadcodec.clouds.formats.warned import warnings_as
from qaadcodec.errors import CloudError

INSTALL = "pip install 'qaadcodec[formats]'"


def library(name: str, label: str, otherwise: str = "") -> Any:
    """A module of the extra; CloudError with the file and with how it is installed, where it is not.

    Args:
        otherwise: what to do where it cannot be installed.
    """
    try:
        with warnings_as("ignore"):
            module = importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise CloudError(
            f"{label}: {package}, which reads such files, is not installed", hint=INSTALL + otherwise
        ) from error
    logger = logging.getLogger(name.partition(".")[0])
    if not logger.handlers:  # Python would print the warnings of a library to stderr
        logger.addHandler(logging.NullHandler())
    return module


@contextlib.contextmanager
def faults(label: str, what: str) -> Iterator[None]:
    """What a library raises or warns of in the block as a CloudError: "a.glb: is not a whole GLB file: …"

    A warning of a library about a file that it reads tells of numbers that it took for something else.
    """
    try:
        with warnings_as("error"):
            yield
    except (CloudError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of Rust is no Exception
        lines = str(error).strip().splitlines()
        why = lines[0].strip()[:200] if lines else type(error).__name__
        raise CloudError(f"{label}: is not a whole {what} file: {why}") from error
