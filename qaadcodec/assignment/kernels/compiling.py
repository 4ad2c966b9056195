"""The decorator of functions that numba compiles, and a way to do without what numba keeps on disk."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
functions: list[Any] = []  # all that were compiled in this process


def compiled(function: F) -> F:
    """Compile a function to machine code at its first call, and keep the code on disk where that is possible.

    The function releases the GIL, so that other threads run beside it.
    """
    import numba

    try:
        result: F = numba.njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # neither the folder of this file nor the home of the user can be written
        result = _kept_elsewhere(function)
    functions.append(result)
    return result


def _kept_elsewhere(function: F) -> F:
    """Compile a function, and keep its code in the folder for temporary files if that can be done safely."""
    import numba
    from numba.core import config

    folder = private_folder()
    if folder is not None:
        config.CACHE_DIR = config.CACHE_DIR or str(folder)  # type: ignore[attr-defined]
        with contextlib.suppress(RuntimeError):
            kept: F = numba.njit(cache=True, **OPTIONS)(function)
            return kept
    compiled_now: F = numba.njit(**OPTIONS)(function)
    return compiled_now


def private_folder() -> Path | None:
    """A folder for temporary files that this user alone can write, made if need be; None where there is none.

    What is kept there is run as code. So a folder that anybody else made, or may write, is left alone.
    """
    if not hasattr(os, "getuid"):
        return None
    folder = Path(tempfile.gettempdir()) / f"qaad-compiled-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
    except OSError:
        return None
    safe = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() and not state.st_mode & 0o077
    return folder if safe else None


def is_kept(function: Callable[..., Any]) -> bool:
    """Whether machine code of a compiled function is on disk, so that its first call will not take seconds."""
    try:
        return bool(function._cache._cache_file._load_index())  # type: ignore[attr-defined]
    except Exception:  # no cache, a damaged one, or another numba
        return False


def do_without_disk() -> None:
    """From now on compile every function in this process; nothing is read from the disk or written to it."""
    from numba.core.caching import NullCache

    for function in functions:
        function._cache = NullCache()
