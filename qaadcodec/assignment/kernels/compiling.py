"""The decorator of functions that numba compiles, and a way to do without what numba keeps on disk."""

from __future__ import annotations

from collections.abc import Callable
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
    except RuntimeError:  # no folder can be written
        result = numba.njit(**OPTIONS)(function)
    functions.append(result)
    return result


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
