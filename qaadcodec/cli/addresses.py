"""Where the addresses of a process are limited (`ulimit -v`), its threads keep fewer of them in reserve."""

from __future__ import annotations

import os
from contextlib import suppress

ARENA_MAX = -8  # what mallopt calls the most arenas there may be


def keep_few_in_reserve() -> None:
    """Let all threads share one arena of glibc's malloc, if there is a limit; call it before there are threads.

    Otherwise each thread has an arena of its own, for which 64 MiB are reserved however little is used of them. Who has
    set MALLOC_ARENA_MAX is heeded. Where there is another malloc, or no limit, nothing is changed.
    """
    try:
        import resource
    except ImportError:  # no such limits on this platform
        return
    if "MALLOC_ARENA_MAX" in os.environ or resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
        return
    import ctypes

    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, 1)
