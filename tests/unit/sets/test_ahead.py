"""Clouds are read ahead by several threads: in order, within bounds, and never the clouds of one file at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import CloudSource, find_clouds
from qaadcodec.errors import CloudError
from qaadcodec.sets import ahead
from qaadcodec.sets.ahead import read_ahead

WAIT = 20.0  # seconds: far more than ever passes where reading works


def files(folder: Path, count: int) -> list[CloudSource]:
    for i in range(count):
        np.save(folder / f"{i}.npy", np.random.default_rng(i).normal(size=(8 + i, 3)))
    return find_clouds(folder)


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadPoolExecutor(4) as threads:
        monkeypatch.setattr(ahead, "cores", lambda: 4)
        monkeypatch.setattr(ahead, "workers", lambda: threads)
        yield


def test_what_is_read_comes_in_order_however_long_each_takes(tmp_path: Path) -> None:
    sources, second = files(tmp_path, 9), threading.Event()

    def work(place: int) -> int:
        if place == 0:  # ends only when the second has been read, which takes another thread
            assert second.wait(WAIT)
        if place == 1:
            second.set()
        return len(sources[place].load().points)

    assert list(read_ahead(sources, work)) == [8 + i for i in range(9)]


def test_no_more_is_read_ahead_than_cores_take(tmp_path: Path) -> None:
    sources, begun = files(tmp_path, 12), list[int]()
    with closing(read_ahead(sources, begun.append)) as reading:
        next(reading)
        assert len(begun) <= 6
    assert len(begun) <= 6


def test_large_clouds_are_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources, begun = files(tmp_path, 6), list[int]()
    monkeypatch.setattr(ahead, "MOST_BYTES", 300)  # each has over 150 bytes
    for place, _ in enumerate(read_ahead(sources, begun.append)):
        assert begun == list(range(place + 1))


def test_clouds_of_one_file_are_read_one_after_the_other(tmp_path: Path) -> None:
    np.save(tmp_path / "set.npy", np.random.default_rng(0).normal(size=(40, 9, 3)))
    order, reading = list[int](), threading.Lock()

    def work(place: int) -> None:
        assert reading.acquire(blocking=False)
        order.append(place)
        time.sleep(0.001)
        reading.release()

    assert len(list(read_ahead(find_clouds(tmp_path / "set.npy"), work))) == 40
    assert order == list(range(40))


def test_an_error_comes_in_its_turn(tmp_path: Path) -> None:
    sources = files(tmp_path, 7)

    def work(place: int) -> int:
        if place in (3, 4):
            raise CloudError(f"cloud {place}")
        return place

    reading = read_ahead(sources, work)
    assert [next(reading) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(CloudError, match="cloud 3"):
        next(reading)
