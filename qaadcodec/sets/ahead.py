"""Clouds are read ahead by several threads, and handed over one by one in the order in which they were asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, wait
from typing import TypeVar

from qaadcodec.clouds import CloudSource
from qaadcodec.clouds.shared import SharedFile
from qaadcodec.parallel import cores, workers

T = TypeVar("T")

MOST_BYTES = 2**26  # of files that are read at a time, beside the one that is wanted next


def read_ahead(sources: Sequence[CloudSource], work: Callable[[int], T]) -> Generator[T, None, None]:
    """What `work` makes of each cloud, in their order.

    Each core reads a cloud of its own, within a bound on their bytes, so that memory does not grow with the number of
    clouds. Clouds that share a file are read one after the other, since it is passed over once in its order.

    Args:
        sources: the clouds.
        work: reads one, given its place among them; from any thread. What it raises is raised in its turn, and ends
            the reading; close the iterator where it is not read to its end.
    """
    waiting: deque[tuple[Future[T], int]] = deque()
    last: tuple[SharedFile, Future[T]] | None = None

    def work_after(before: Future[T] | None, place: int) -> T:
        if before:
            wait([before])  # it was begun earlier, so threads cannot all wait
        return work(place)

    try:
        for place, source in enumerate(sources):
            size = source.size()
            while waiting and (len(waiting) > cores() or size + sum(bytes for _, bytes in waiting) > MOST_BYTES):
                yield waiting.popleft()[0].result()
            before = last[1] if last and last[0] is source.shared else None
            future = workers().submit(work_after, before, place)
            waiting.append((future, size))
            last = (source.shared, future) if source.shared else None
        while waiting:
            yield waiting.popleft()[0].result()
    finally:
        for future, _ in waiting:
            future.cancel()
