"""Trainings side by side, each on a core of its own.

Two on one core each take two thirds of the time that one after the other on both would.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue

Arguments = Sequence[str]


def usable_cores() -> list[int]:
    """The numbers of the cores that this process may use; none where a process cannot be kept to one."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []


def keep_to(core: int) -> None:
    """Let this process use that core only; to be called before anything counts cores."""
    os.sched_setaffinity(0, {core})


def side_by_side(chains: Sequence[Sequence[Arguments]]) -> None:
    """Run this script again, as many at once as there are cores, each with `--core` and other arguments.

    Args:
        chains: of each the first command goes before the others, which may then be side by side.

    Raises:
        SystemExit: one of them failed; the others that were under way have ended by then.
    """
    free: SimpleQueue[int] = SimpleQueue()
    for core in (cores := usable_cores()):
        free.put(core)

    def run(arguments: Arguments) -> None:
        core = free.get()
        try:
            subprocess.run(
                [sys.executable, sys.argv[0], *arguments, "--core", str(core)], stdout=subprocess.DEVNULL, check=True
            )
        finally:
            free.put(core)

    with ThreadPoolExecutor(len(cores)) as pool:
        waiting: dict[Future[None], Sequence[Arguments]] = {pool.submit(run, first): later for first, *later in chains}
        try:
            while waiting:
                for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                    done.result()
                    waiting |= {pool.submit(run, arguments): [] for arguments in waiting.pop(done)}
        except subprocess.CalledProcessError as error:
            pool.shutdown(cancel_futures=True)
            raise SystemExit(f"{' '.join(error.cmd)} ended with {error.returncode}") from error
