"""The threads that share work out over the processor's cores."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


def cores() -> int:
    """Processors that this process may use: its share where torchrun has started several on this machine."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, count // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


@cache
def workers() -> ThreadPoolExecutor:
    """The threads that read clouds and solve assignments, one per core, started once.

    The first of them is started by another thread. Ctrl-C meets the main one alone; met while it starts a thread, the
    pool would not know of that thread, and where it knew of none, nothing would end it, nor the process. (Those that
    know of the end pass it on to the others.)
    """
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(cores(), thread_name_prefix="qaad")

    def start() -> None:
        with contextlib.suppress(RuntimeError):  # no memory for a thread: told when there is something to do
            pool.submit(int)

    starter = threading.Thread(target=start)
    starter.start()
    starter.join()
    return pool


def side_by_side(work: Callable[[T], None], items: Sequence[T]) -> None:
    """Run `work` on every item in this thread and others, one per core, and raise the first error there was.

    The threads are started for this alone, so that `work` may itself wait for `workers`. Where the system gives no more
    threads, there are fewer.
    """
    end: Any = object()
    turns, one_at_a_time = iter(items), threading.Lock()
    errors: list[BaseException] = []

    def take_turns() -> None:
        try:
            while not errors:
                with one_at_a_time:
                    item = next(turns, end)
                if item is end:
                    break
                work(item)
        except BaseException as error:
            errors.append(error)

    others: list[threading.Thread] = []
    try:
        with contextlib.suppress(RuntimeError):
            for _ in range(min(cores(), len(items)) - 1):
                thread = threading.Thread(target=take_turns)
                thread.start()
                others.append(thread)
        take_turns()
    except BaseException as error:  # Ctrl-C, which ends the others after what they are at
        errors.append(error)
    for thread in others:
        thread.join()
    if errors:
        raise errors[0]


if hasattr(os, "register_at_fork"):  # a forked process has none of the threads
    os.register_at_fork(after_in_child=workers.cache_clear)


def in_parallel(work: Callable[[T], None], items: Iterable[T]) -> None:
    """Run `work` on every item in the threads of `workers`, and raise the first error there was."""
    for _ in workers().map(work, items):
        pass
