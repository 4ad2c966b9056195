"""Files that are packed with gzip: read as what they unpack to, within bounds."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import WRITTEN, find_clouds, read_cloud, write_cloud
from qaadcodec.clouds import packed as packing
from qaadcodec.clouds.formats import TABLE
from qaadcodec.clouds.packed import plain_name, whole_suffix
from qaadcodec.errors import CloudError

CLOUD = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def packed(path: str, points: np.ndarray = CLOUD) -> Path:
    """A cloud in the format of the suffix in front of .gz."""
    stream = io.BytesIO()
    write_cloud(stream, points, TABLE_OF[plain_name(Path(path)).suffix.lower()])
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(gzip.compress(stream.getvalue()))
    return Path(path)


TABLE_OF = {suffix: name for name, f in TABLE.items() for suffix in (*f.suffixes, *f.named_suffixes)}


@pytest.mark.parametrize("suffix", [suffix for suffix, name in TABLE_OF.items() if name in WRITTEN and name != "las"])
def test_every_format_may_be_packed(suffix: str) -> None:
    (source,) = find_clouds([packed(f"a{suffix}.gz")])
    assert (source.name, source.count()) == ("a", 40)
    cloud = source.load(strict=True)
    np.testing.assert_array_equal(cloud.points.astype(np.float32), CLOUD)


def test_a_folder_has_packed_files_under_their_names() -> None:
    for name in ("set/b10.ply.gz", "set/b2.PLY.GZ", "set/sub/c.xyz.gz", "set/a.ply.gz", "set/notes.txt.gz"):
        packed(name)
    write_cloud(Path("set/a.ply"), CLOUD, "ply")
    found = find_clouds(["set"])
    assert [s.name for s in found] == ["a.ply", "a.ply.gz", "b2", "b10", "sub/c"]
    assert all(len(s.load()) == 40 for s in found)


def test_the_content_tells_whatever_the_name_is(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed("a.ply.gz").read_bytes()
    for name in ("a.ply", "a.gz", "a.bin"):
        Path(name).write_bytes(data)
        np.testing.assert_array_equal(read_cloud(name).points, CLOUD)
    write_cloud(Path("plain.ply.gz"), CLOUD, "ply")
    np.testing.assert_array_equal(read_cloud("plain.ply.gz").points, CLOUD)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    np.testing.assert_array_equal(read_cloud("-").points, CLOUD)


def test_arrays_of_a_packed_set_are_chosen_as_ever() -> None:
    sets = np.random.default_rng(1).normal(size=(3, 40, 3)).astype(np.float32)
    for name in ("npy", "npz", "h5"):
        packed(f"a.{name}.gz", sets)
        np.testing.assert_array_equal([s.load().points for s in find_clouds([f"a.{name}.gz"])], sets)
    np.testing.assert_array_equal(read_cloud("a.npz.gz::2").points, sets[2])
    np.testing.assert_array_equal(read_cloud("a.npy.gz::[-1]").points, sets[2])


def test_a_file_is_unpacked_once_for_all_its_clouds_and_again_where_it_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed("a.npy.gz", np.zeros((3, 40, 3)) + 1)
    times, unpack = [], packing._unpack
    monkeypatch.setattr(packing, "_unpack", lambda place: times.append(place) or unpack(place))
    for source in find_clouds(["a.npy.gz"]):
        assert source.load().points[0, 0] == 1
    assert len(times) == 1
    packed("a.npy.gz", np.zeros((3, 50, 3)) + 2)
    assert read_cloud("a.npy.gz::[0]").points[0, 0] == 2


def test_several_members_and_zeros_behind_them_are_one_file() -> None:
    data = b"1 2 3\n4 5 6\n"
    Path("a.xyz.gz").write_bytes(gzip.compress(data[:7]) + gzip.compress(data[7:]) + bytes(512))
    np.testing.assert_array_equal(read_cloud("a.xyz.gz", strict=True).points, [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("suffix", WRITTEN)
def test_every_cut_and_every_flipped_byte_is_noticed(suffix: str) -> None:
    whole = packed(f"a.{suffix}.gz").read_bytes()
    for place in range(10, len(whole), 97):
        for data in (whole[:place], whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]):
            Path("b.gz").write_bytes(data)
            with pytest.raises(CloudError, match=r"^b\.gz: is (truncated: its gzip data ends early|damaged: )"):
                read_cloud("b.gz")
    Path("b.gz").write_bytes(whole + b"more")
    with pytest.raises(CloudError, match=r"^b\.gz: is damaged: not a gzipped file"):
        read_cloud("b.gz")


def test_a_bomb_is_refused_in_bounded_memory() -> None:
    bomb = gzip.compress(b"0 0 0\n" * 50_000_000, 1)  # 300 MB
    Path("bomb.xyz.gz").write_bytes(bomb)
    tracemalloc.start()
    with pytest.raises(CloudError) as caught:
        read_cloud("bomb.xyz.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    most = max(16 << 20, 32 * len(bomb))
    assert str(caught.value) == f"bomb.xyz.gz: its {len(bomb)} bytes of gzip unpack to more than {most}"
    assert peak < most + (4 << 20)


def test_names() -> None:
    names = {"a.ply.gz": ".ply.gz", "a.PLY.GZ": ".PLY.GZ", "a.ply": ".ply", "a.gz": ".gz", "a": "", ".gz": ""}
    assert {name: whole_suffix(Path(name)) for name in names} == names
    assert [plain_name(Path(name)).name for name in names] == ["a.ply", "a.PLY", "a.ply", "a", "a", ".gz"]
