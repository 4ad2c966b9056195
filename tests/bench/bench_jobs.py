"""Trainings side by side, each on a core of its own: at these sizes that gains more than threads do."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue

Arguments = Sequence[str]


def usable_cores() -> list[int]:
    """The numbers of the cores that this process may use; none where a process cannot be kept to one."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments, with those that this needs: `--core`, to which this process is kept, `--device` and `--json`."""
    parser.add_argument("--json", type=Path, help="take results down here, and go on from what is there")
    parser.add_argument("--device", default="cpu")
    help = "keep to this core, and draw nothing; without it, on the CPU and with --json, trainings go side by side"
    parser.add_argument("--core", type=int, help=help)
    arguments = parser.parse_args()
    if arguments.core is not None:
        os.sched_setaffinity(0, {arguments.core})
    return arguments


def side_by_side(arguments: argparse.Namespace, chains: Sequence[Sequence[Arguments]]) -> None:
    """Run this script again, as many at once as there are cores, each with these and other arguments, and `--core`.

    Does nothing in a process that is kept to a core, or where there is one only, or a GPU, or no record in which one
    training tells of another.

    Args:
        chains: of each the first command goes before the others, which may then be side by side.

    Raises:
        SystemExit: one of them failed; the others that were under way have ended by then.
    """
    cores = usable_cores()
    if arguments.core is not None or arguments.device != "cpu" or not arguments.json or len(cores) < 2:
        return
    free: SimpleQueue[int] = SimpleQueue()
    for core in cores:
        free.put(core)

    def run(more: Arguments) -> None:
        core = free.get()
        try:
            subprocess.run(
                [sys.executable, *sys.argv, *more, "--core", str(core)], stdout=subprocess.DEVNULL, check=True
            )
        finally:
            free.put(core)

    with ThreadPoolExecutor(len(cores)) as pool:
        waiting: dict[Future[None], Sequence[Arguments]] = {pool.submit(run, first): later for first, *later in chains}
        try:
            while waiting:
                for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                    done.result()
                    waiting |= {pool.submit(run, more): [] for more in waiting.pop(done)}
        except subprocess.CalledProcessError as error:
            pool.shutdown(cancel_futures=True)
            raise SystemExit(f"{' '.join(error.cmd)} ended with {error.returncode}") from error
