"""`--processes`: several processes of this machine share a run, under the agent of torchrun."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeGuard, TypeVar

import click

from qaadcodec.cli.interrupts import ASKING, ending_on_signals, handled
from qaadcodec.cli.options import Invocation
from qaadcodec.cli.voice import complain
from qaadcodec.ranks.group import several
from qaadcodec.ranks.leaving import LOST

F = TypeVar("F", bound=Callable[..., Any])

RESTARTS = 3  # of all processes, each time one of them is lost
MOST = 1024
PASSED_ON = frozenset(getattr(signal, name) for name in ASKING if hasattr(signal, name))


def processes_option(more: str = "") -> Callable[[F], F]:
    """`--processes`, with more that is to be said of it."""
    return click.option(
        "--processes",
        type=click.IntRange(1, MOST),
        metavar="P",
        help="Share the work among so many processes of this machine, each with its part of the clouds and of the "
        f"cores, or with a GPU.{more}  [default: 1]",
    )


def check_inputs(inputs: Sequence[str], processes: int | None) -> None:
    """Refuse what several processes cannot share.

    Raises:
        click.UsageError: they should read from stdin, or torchrun has started another number of them.
    """
    if not several() and (processes or 1) == 1:
        return
    if "-" in inputs:
        raise click.UsageError("several processes cannot share stdin; give them a file or a folder")
    started = os.environ.get("LOCAL_WORLD_SIZE")
    if several() and processes is not None and started is not None and int(started) != processes:
        raise click.UsageError(f"--processes {processes}, and torchrun has started {started} on this machine")


def to_be_launched(processes: int | None) -> TypeGuard[int]:
    """Whether several processes are asked for, and this is none of them."""
    return processes is not None and processes > 1 and not several()


def launch(processes: int, restarts: int = 0) -> int:
    """Run this command in so many processes of this machine, and return the exit code of the first one.

    What a person sends to this process, such as Ctrl-C, is passed on to all of them.

    Args:
        restarts: how often all are started again where one is lost.
    """
    arguments = list(click.get_current_context().ensure_object(Invocation).arguments)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(_agent(arguments, processes, restarts)), daemon=True)

    def pass_on(number: int, frame: FrameType | None) -> None:
        import multiprocessing

        if not (children := multiprocessing.active_children()):
            raise KeyboardInterrupt  # they have not been started yet
        for child in children:
            with contextlib.suppress(OSError):
                os.kill(child.pid or 0, number)

    with handled(ASKING, pass_on):
        with _blocked():  # as it is inherited: the processes let signals through once they know what to do with them
            thread.start()
        thread.join()
    return codes[0] if codes else 1


def _agent(arguments: list[str], processes: int, restarts: int) -> int:
    """Start the processes, and start all of them again when one is lost; the exit code of the first one."""
    import logging

    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch").setLevel(logging.CRITICAL)
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("torch.distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # it is told in this program's own words
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=f"qaad-{os.getpid()}",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=restarts,
    )
    try:
        codes: dict[int, int] = elastic_launch(config, worker)(arguments)
    except ChildFailedError as failed:
        if restarts:
            what = f"processes of the run were lost {restarts + 1} times; is there enough memory?"
            complain(what, "the same command with --resume goes on from the last checkpoint")
        elif all(failure.exitcode != LOST for failure in failed.failures.values()):  # none was left to tell
            complain("a process of the run was lost; is there enough memory?")
        return 1
    return codes[0]


def worker(arguments: list[str]) -> int:
    """One of the processes: runs the command, and returns its exit code. A process that lost another one fails."""
    from qaadcodec.cli.main import run

    with ending_on_signals():
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        try:
            code = run(arguments)
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        except KeyboardInterrupt:
            code = 128 + signal.SIGINT
    sys.stdout.flush()
    if code == LOST:
        os._exit(LOST)
    return code


@contextmanager
def _blocked() -> Iterator[None]:
    """Threads and processes that are started within it get none of the signals that are passed on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
