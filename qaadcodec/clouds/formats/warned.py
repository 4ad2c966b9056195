"""What the warnings of libraries become while they read a file: nothing, or errors."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Literal

_lock = threading.RLock()  # Python's filters of warnings are those of all threads


@contextlib.contextmanager
def warnings_as(what: Literal["ignore", "error"]) -> Iterator[None]:
    """Ignore warnings in the block, or raise them. One thread at a time is in such a block."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter(what)
        yield
