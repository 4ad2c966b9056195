"""Windows onto a file: they give what an array gives, within their bound, to any thread."""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.sets import windows as windows_module
from qaadcodec.sets.windows import Windows

Array = npt.NDArray[np.float32]
Make = Callable[..., Windows]

PAGE = mmap.ALLOCATIONGRANULARITY
CLOUDS, POINTS = 23, 1000  # 12 000 bytes a cloud: windows begin anywhere within a page
SMALL = {"bound": 4 * (3 * 12_000 + 2 * PAGE), "least": 30_000}  # four windows of three clouds, and eight in all
WHOLE: dict[str, int] = {}


@pytest.fixture
def numbers() -> Array:
    return np.random.default_rng(0).normal(size=(CLOUDS, POINTS, 3)).astype(np.float32)


@pytest.fixture
def make() -> Iterator[Make]:
    """Windows onto the numbers of an array, in a file that is gone at the end of the test."""
    with ExitStack() as files:

        def made(numbers: Array, **bounds: int) -> Windows:
            file = files.enter_context(tempfile.TemporaryFile())
            file.write(numbers.tobytes())
            file.flush()
            return Windows(file.fileno(), numbers.shape, **bounds)

        yield made


SOME = np.array([3, 20, 0, 3])
ROWS = np.array([999, 5, 5, 0, 300])

KEYS: dict[str, Any] = {
    "a cloud": 7,
    "a cloud from the end": -1,
    "a number of numpy": np.int64(22),
    "coordinates": (4, slice(None), slice(None, 2)),
    "a column": (4, slice(None), 2),
    "rows of a cloud": (11, ROWS),
    "a channel of rows": (11, ROWS, slice(None, 2)),
    "all": slice(None),
    "a slice": slice(2, 9),
    "a slice beyond the end": slice(20, 40),
    "a slice with a step": slice(20, 2, -5),
    "nothing": slice(4, 4),
    "a row of all": (slice(None), 0, 1),
    "rows of a slice": (slice(5, 13), ROWS),
    "a list": SOME.tolist(),
    "an empty list": [],
    "numbers": SOME,
    "coordinates of some": (SOME, slice(None), slice(None, 2)),
    "the same rows": (SOME[:, None], ROWS),
    "the same rows in a row": (SOME[:, None], ROWS[None]),
    "a channel of the same rows": (SOME[:, None], ROWS[None], slice(None, 2)),
    "the same rows of none": (SOME[:0, None], ROWS[None]),
    "one row of one": (SOME[:1, None], ROWS[None, :1]),
}


@pytest.mark.parametrize("bounds", [SMALL, WHOLE], ids=["windows", "whole"])
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_what_is_read_is_what_an_array_gives(make: Make, numbers: Array, key: Any, bounds: dict[str, int]) -> None:
    found = make(numbers, **bounds)[key]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, numbers[key], strict=True)


@pytest.mark.parametrize("bounds", [SMALL, WHOLE], ids=["windows", "whole"])
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_what_is_written_is_there_as_in_an_array(make: Make, numbers: Array, key: Any, bounds: dict[str, int]) -> None:
    windows, expected = make(numbers, **bounds), numbers.copy()
    new = np.random.default_rng(1).normal(size=numbers[key].shape).astype(np.float32)
    windows[key] = new
    expected[key] = new
    np.testing.assert_array_equal(windows, expected)


def test_the_whole_is_an_array_of_its_shape(make: Make, numbers: Array) -> None:
    windows = make(numbers, **SMALL)
    assert (windows.shape, windows.dtype, windows.nbytes) == (numbers.shape, numbers.dtype, numbers.nbytes)
    assert len(windows) == len(list(windows)) == CLOUDS
    np.testing.assert_array_equal(np.array(windows, np.float64), numbers.astype(np.float64), strict=True)
    windows[:] = 3
    assert (np.array(windows) == 3).all()
    windows[2:5] = numbers[0]
    np.testing.assert_array_equal(windows[4], numbers[0])


def test_a_cloud_is_a_view_and_several_are_a_copy(make: Make, numbers: Array) -> None:
    for bounds in (SMALL, WHOLE):
        windows = make(numbers, **bounds)
        windows[3][5] = 1.0
        windows[3, :, 2][6] = 2.0
        windows[2:4][:] = 7.0
        windows[[3]][:] = 7.0
        np.testing.assert_array_equal(windows[3, 5], [1.0, 1.0, 1.0])
        assert windows[3, 6, 2] == 2.0
        np.testing.assert_array_equal(windows[2], numbers[2])


def test_a_view_of_a_window_that_gave_way_shows_what_is_written_later(make: Make, numbers: Array) -> None:
    windows = make(numbers, **SMALL)
    early = windows[0]
    for _ in windows:  # so its window has given way
        pass
    windows[0, 9] = [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(early[9], [1.0, 2.0, 3.0])
    early[8] = 4.0
    np.testing.assert_array_equal(windows[0, 8], [4.0, 4.0, 4.0])


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (CLOUDS, "cloud 23 of 23"),
        (-CLOUDS - 1, "cloud -24 of 23"),
        ([0, CLOUDS], "cloud 23 of 23"),
        ((SOME, ROWS), "several clouds are asked for by"),
        ((SOME[:, None], ROWS[:, None]), "several clouds are asked for by"),
        (np.ones(CLOUDS, bool), "several clouds are asked for by"),
        ((SOME[:, None], np.ones(POINTS, bool)), "several clouds are asked for by"),
        ((3, POINTS), "out of bounds"),
        ((SOME[:, None], np.array([POINTS])), "out of bounds"),
    ],
)
def test_what_is_not_there_or_means_something_else_is_refused(make: Make, numbers: Array, key: Any, says: str) -> None:
    with pytest.raises(IndexError, match=says):
        make(numbers, **SMALL)[key]


def test_what_does_not_fit_is_not_written(make: Make, numbers: Array) -> None:
    windows = make(numbers, **SMALL)
    with pytest.raises(ValueError, match="broadcast"):
        windows[0:3] = numbers[:2]
    np.testing.assert_array_equal(windows, numbers)


def mapped(descriptor: int) -> list[int]:
    """Bytes of each place where a file is mapped into this process."""
    number = str(os.fstat(descriptor).st_ino)
    lines = (line.split() for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines())
    spans = [line[0].split("-") for line in lines if line[4] == number]
    return [int(end, 16) - int(begin, 16) for begin, end in spans]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc to read from what is mapped")
def test_no_more_is_mapped_than_the_bound(make: Make, numbers: Array) -> None:
    windows, most = make(numbers, **SMALL), 0
    rng = np.random.default_rng(2)
    for cloud in rng.integers(CLOUDS, size=200).tolist():
        assert windows[cloud, 3, 1] == numbers[cloud, 3, 1]
        most = max(most, sum(mapped(windows._descriptor)))
    assert SMALL["bound"] // 2 < most <= SMALL["bound"]
    windows.close()
    assert mapped(windows._descriptor) == []


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc to read from what is mapped")
def test_what_fits_into_the_bound_is_mapped_once(make: Make, numbers: Array) -> None:
    windows = make(numbers, bound=numbers.nbytes)
    before = mapped(windows._descriptor)
    assert numbers.nbytes <= sum(before) < numbers.nbytes + PAGE
    np.testing.assert_array_equal(windows, numbers)
    assert mapped(windows._descriptor) == before


def test_a_cloud_larger_than_the_bound_is_mapped_by_itself(make: Make, numbers: Array) -> None:
    windows = make(numbers, bound=1)
    np.testing.assert_array_equal(windows, numbers)
    assert (len(windows._held), windows._each) == (1, 350)  # 4 MiB, whatever the bound


def test_threads_may_read_and_write_at_once(make: Make, numbers: Array) -> None:
    """Eight threads reorder clouds of their own, and read all, while windows of one cloud come and go."""
    windows = make(numbers, bound=3 * (12_000 + 2 * PAGE), least=1)

    def work(thread: int) -> int:
        rng, wrong = np.random.default_rng(thread), 0
        for _ in range(150):
            own = int(rng.integers(CLOUDS // 8)) * 8 + thread
            cloud = windows[own]
            cloud[:] = cloud[::-1]
            other = int(rng.integers(16, CLOUDS))  # nobody writes to these
            wrong += not np.array_equal(windows[other, ROWS], numbers[other, ROWS])
            wrong += not np.array_equal(windows[[other, 22]], numbers[[other, 22]])
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 0
    for cloud in range(16):
        turned = windows[cloud] if np.array_equal(windows[cloud], numbers[cloud]) else windows[cloud][::-1]
        np.testing.assert_array_equal(turned, numbers[cloud])


def test_want_of_address_space_is_want_of_memory(make: Make, numbers: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = make(numbers, **SMALL)

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(windows_module.mmap, "mmap", refuse)
    with pytest.raises(MemoryError, match="no address space for 36000 bytes of working data"):
        windows[0]


def test_nothing_is_left_of_what_is_closed(make: Make, numbers: Array) -> None:
    for bounds in (SMALL, WHOLE):
        windows = make(numbers, **bounds)
        held = windows[1]
        windows.close()
        assert (len(windows), windows.shape) == (0, (0, 0, 3))
        np.testing.assert_array_equal(held, numbers[1])  # who still looks at it may
        with pytest.raises(IndexError, match="cloud 1 of 0"):
            windows[1]
