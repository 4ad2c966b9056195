"""Arrays and tensors in memory as clouds: what is taken, how it is named, what it costs."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from qaadcodec.clouds import Inputs, files_of, find_clouds, read_cloud
from qaadcodec.errors import CloudError, EnvironmentFailure, UsageError

SET = np.random.default_rng(0).normal(size=(12, 20, 3)).astype(np.float32)


def names(inputs: Inputs) -> list[str]:
    return [source.name for source in find_clouds(inputs)]


def points(inputs: Inputs) -> list[np.ndarray]:
    return [source.load().points for source in find_clouds(inputs)]


@pytest.mark.parametrize(
    "inputs",
    [
        SET,
        list(SET),
        [torch.from_numpy(cloud).requires_grad_() for cloud in SET],
        torch.from_numpy(SET),
        {f"{i:02d}": cloud for i, cloud in enumerate(SET)},
        [(f"{i:02d}", cloud) for i, cloud in enumerate(SET)],
        SET.tolist(),
    ],
    ids=["set", "list", "tensors", "tensor", "dict", "pairs", "numbers"],
)
def test_sets_in_memory(inputs: Inputs) -> None:
    found = find_clouds(inputs)
    assert [source.name for source in found] == [f"{i:02d}" for i in range(12)]
    assert [source.count() for source in found] == [20] * 12
    np.testing.assert_array_equal([source.load().points for source in found], SET)
    assert files_of(found) == []


def test_an_iterator_is_gone_through_once_and_memory_does_not_grow() -> None:
    def shapes() -> Iterator[tuple[str, np.ndarray]]:
        for i in range(50):
            yield f"scan{i}", np.full((20_000 + i, 3), i, np.float32)  # 12 MB in all

    tracemalloc.start()
    found = find_clouds(shapes())
    for _ in range(2):
        for i, source in enumerate(found):
            cloud = source.load()
            assert (cloud.name, len(cloud), cloud.points[-1, -1]) == (f"scan{i}", 20_000 + i, i)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_500_000


def test_an_iterator_of_sets_of_records_and_of_files(tmp_path: Path) -> None:
    np.save(tmp_path / "file.npy", SET[0])
    records = np.zeros(20, [("x", "f4"), ("y", "f4"), ("z", "f4"), ("time", "f8")])
    records["z"] = SET[3, :, 2]
    found = find_clouds(iter([tmp_path / "file.npy", SET[:2], ("r", records), torch.from_numpy(SET[4])]))
    assert [source.name for source in found] == ["file", "1/0", "1/1", "r", "3"]
    np.testing.assert_array_equal(found[2].load().points, SET[1])
    assert found[3].load().dropped == ("time",)
    np.testing.assert_array_equal(found[3].load().points[:, 2], SET[3, :, 2])
    assert files_of(found) == [tmp_path / "file.npy"]


def test_types() -> None:
    for given, kept in [
        (SET[0].astype(np.float16), np.float32),
        (SET[0].astype(np.float64), np.float64),
        (SET[0].astype(">f4"), np.float32),
        (np.arange(60).reshape(20, 3), np.float64),
        (torch.from_numpy(SET[0]).double(), np.float64),
        (torch.from_numpy(SET[0]).bfloat16(), np.float32),
        (torch.arange(60).reshape(20, 3), np.float64),
        (np.asfortranarray(SET[0]), np.float32),
    ]:
        cloud = read_cloud(given).points
        assert (cloud.dtype, cloud.flags.c_contiguous) == (np.dtype(kept), True)
        np.testing.assert_array_equal(cloud, np.asarray(given.float() if torch.is_tensor(given) else given))


def test_names() -> None:
    assert names(SET[0]) == ["0"]
    assert names([SET[0], ("a", SET[:2]), SET[:1]]) == ["0", "a/0", "a/1", "2/0"]
    assert names([("a", SET[0]), ("a", SET[1])]) == ["a", "a~2"]
    assert names({3: SET[0], "x": SET[:1]}) == ["3", "x/0"]  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (SET[0].T, "array 0: has the shape (3, 20), and a cloud is (points, 3)"),
        (SET.swapaxes(1, 2), "array 0: has the shape (12, 3, 20), and a cloud is (points, 3)"),
        (SET[0] > 0, "array 0: holds values of type bool, and a cloud is of real numbers"),
        (SET[0, :0], "array 0: has no points"),
        (SET[:0], "array 0: has no clouds"),
        (
            np.where(SET[0] == SET[0, 7, 1], 2e100, SET[0].astype(float)),
            "array 0: point 7 has a coordinate of 2e+100, beyond 1e+100",
        ),
        (np.array([[None] * 3]), "array 0: holds Python objects, not numbers"),
    ],
)
def test_what_is_no_cloud(given: np.ndarray, message: str) -> None:
    with pytest.raises(CloudError) as caught:
        read_cloud(given)
    assert str(caught.value) == message


def test_bad_ones_are_named_and_spare_the_others() -> None:
    good, bad = find_clouds(iter([("good", SET[0]), ("bad", np.full((4, 3), np.inf))]))
    assert len(good.load()) == 20
    with pytest.raises(CloudError, match=r"^array 'bad': less than half of it is left: 0 of 4 points"):
        bad.load()
    with pytest.raises(CloudError, match=r"^array 1: is no array of numbers: "):
        find_clouds([SET[0], [[1, 2, 3], [4, 5]]])  # type: ignore[list-item]
    with pytest.raises(CloudError, match=r"^the array: holds 12 clouds$"):
        read_cloud(SET)
    for none in ([], {}, iter([])):
        with pytest.raises(UsageError, match=r"^no inputs$"):
            find_clouds(none)


def test_a_path_by_itself(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", SET)
    np.testing.assert_array_equal(points(tmp_path / "a.npy"), SET)
    np.testing.assert_array_equal(points(str(tmp_path)), SET)


def test_no_room_for_an_iterator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(EnvironmentFailure, match=r"gone: no room for the clouds that come one by one: no such file"):
        find_clouds(iter([SET[0]]))


def test_torch_is_not_imported_for_it() -> None:
    program = (
        "import sys, numpy; from qaadcodec.clouds import find_clouds\n"
        "find_clouds([numpy.ones((4, 3))])[0].load(); find_clouds(iter([numpy.ones((4, 3))]))[0].load()\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
