"""Under a limit of addresses, threads reserve few of them."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

GIBIBYTE = 1 << 30

# Eight threads that live at a time take memory from malloc, each for the first time; what grew is printed, in MiB.
GROWN = """
import resource, sys, threading
limit = int(sys.argv[1])
if limit:
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from qaadcodec.cli.addresses import keep_few_in_reserve
keep_few_in_reserve()
threading.stack_size(1 << 20)

def addresses():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[0]) * resource.getpagesize()

before, here, done = addresses(), threading.Barrier(9), threading.Barrier(9)

def take():
    held = bytearray(100_000)
    here.wait()
    done.wait()

for _ in range(8):
    threading.Thread(target=take).start()
here.wait()
print((addresses() - before) >> 20)
done.wait()
"""


def has_arenas() -> bool:
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")


def grown(limit: int, **environment: str) -> int:
    without = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    command = [sys.executable, "-c", GROWN, str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**without, **environment})
    return int(done.stdout)


@pytest.mark.skipif(not has_arenas(), reason="this system's malloc has no arenas")
def test_threads_share_an_arena_where_addresses_are_limited() -> None:
    assert grown(2 * GIBIBYTE) < 64  # stacks and all; an arena alone has 64
    assert grown(0) >= 2 * 64
    assert grown(2 * GIBIBYTE, MALLOC_ARENA_MAX="4") >= 2 * 64
