"""Archives and clouds at URLs: what is read of them, and that the results are those of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.small_sets import tiny_request
from fixtures.web import Web

import qaadcodec
from qaadcodec.archive import Archive, Header, encode
from qaadcodec.clouds import find_clouds, read_cloud, write_cloud
from qaadcodec.config import CodingConfig, NetworkConfig
from qaadcodec.errors import ArchiveError, CloudError, EnvironmentFailure
from qaadcodec.progress import Run
from qaadcodec.remote.ranges import AHEAD

pytest.importorskip("aiohttp")
N, LATENT = 20_000, 32


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of many clouds, whose latents are nearly all of it."""
    rng = np.random.default_rng(0)
    network = NetworkConfig(latent_size=LATENT, patches=4, shared_widths=(8,), head_widths=(), fourier_octaves=1)
    header = Header(
        clouds=N,
        points=500,
        dtype="float32",
        offset=(0.0, 0.0, 0.0),
        scale=1.0,
        bounds=((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0)),
        network=network,
    )
    whole = Archive(
        header=header,
        weights={k: rng.normal(size=s).astype(np.float32) for k, s in network.tensor_shapes().items()},
        input_cloud=rng.uniform(-1, 1, (500, 3)).astype(np.float32),
        latents=rng.normal(size=(N, LATENT)).astype(np.float32),
        names=tuple(map(str, range(N))),
        counts=(500,) * N,
    )
    path = tmp_path_factory.mktemp("large") / "large.qaad"
    with path.open("wb") as stream:
        encode(whole, CodingConfig()).write(stream)
    return path


@pytest.fixture
def memory() -> Iterator[Any]:
    import fsspec

    fs = fsspec.filesystem("memory")
    yield fs
    if fs.exists("/remote"):
        fs.rm("/remote", recursive=True)


def lengths(path: Path) -> dict[str, int]:
    return {section.content: section.bytes for section in qaadcodec.inspect(path).sections}


def test_one_cloud_takes_the_network_the_input_cloud_and_a_block_of_latents(
    web: Web, large: Path, tmp_path: Path
) -> None:
    web.files["/large.qaad"] = large.read_bytes()
    qaadcodec.decode(f"{web.url}/large.qaad", tmp_path / "far.ply", 12_345)
    qaadcodec.decode(large, tmp_path / "near.ply", 12_345)
    assert (tmp_path / "far.ply").read_bytes() == (tmp_path / "near.ply").read_bytes()
    size = lengths(large)
    assert sum(web.sent) <= size["weights"] + size["input cloud"] + 6 * AHEAD
    assert sum(web.sent) < 0.1 * large.stat().st_size
    assert len(web.lines) <= 8


def test_inspect_reads_header_tables_and_names(web: Web, large: Path) -> None:
    web.files["/large.qaad"] = large.read_bytes()
    near, far = qaadcodec.inspect(large), qaadcodec.inspect(f"{web.url}/large.qaad?sig=secret")
    assert far.path == f"{web.url}/large.qaad?…"
    assert near.to_dict() | {"path": far.path} == far.to_dict()
    assert sum(web.sent) <= lengths(large)["names"] + 2 * AHEAD
    assert len(web.lines) <= 4


def test_a_server_without_ranges_is_told(web: Web, archive: Path, large: Path, tmp_path: Path) -> None:
    web.files |= {"/a.qaad": archive.read_bytes(), "/large.qaad": large.read_bytes()}
    web.ranges = False
    told = f"{web.url}/large.qaad: its server gives no parts of files, so all {large.stat().st_size} bytes were read"
    assert qaadcodec.decode(f"{web.url}/large.qaad", tmp_path / "a.ply", 7).remark == told
    assert qaadcodec.inspect(f"{web.url}/large.qaad").remark == told
    assert qaadcodec.decode(archive, tmp_path / "b.ply", 1).remark == ""
    assert qaadcodec.verify(f"{web.url}/a.qaad").bytes == archive.stat().st_size


def test_a_damaged_archive_is_called_by_its_url(web: Web, archive: Path) -> None:
    web.files["/cut.qaad"] = archive.read_bytes()[:-3]
    with pytest.raises(ArchiveError, match=rf"^{web.url}/cut.qaad: \d+ bytes, and by its section table it ends at"):
        qaadcodec.open(f"{web.url}/cut.qaad")
    with pytest.raises(EnvironmentFailure, match=rf"^{web.url}/none.qaad: no such file$"):
        qaadcodec.open(f"{web.url}/none.qaad")


def test_clouds_are_written_to_urls(memory: Any, archive: Path, tmp_path: Path) -> None:
    qaadcodec.decode(archive, f"{tmp_path}/near/")
    summary = qaadcodec.decode(archive, "memory://remote/out/")
    assert summary.paths == tuple(f"memory://remote/out/{name}.ply" for name in ("a", "b", "sub/c", "sub/d"))
    assert memory.cat_file("/remote/out/sub/d.ply") == (tmp_path / "near/sub/d.ply").read_bytes()
    with pytest.raises(EnvironmentFailure, match=r"memory://remote/out/a.ply exists already"):
        qaadcodec.decode(archive, "memory://remote/out/")
    qaadcodec.decode(archive, "memory://remote/all.npy")
    assert memory.size("/remote/all.npy") > 4 * 120 * 12


def test_a_set_at_a_url_gives_the_archive_that_its_files_give(web: Web, memory: Any, made: Path) -> None:
    web.has(made / "scans", "/set/")
    run = Run(device="cpu")
    summary = qaadcodec.compress([f"{web.url}/set/"], "memory://remote/far.qaad", tiny_request(), run=run)
    assert memory.cat_file("/remote/far.qaad") == (made / "scans.qaad").read_bytes()
    assert (summary.path, summary.clouds) == ("memory://remote/far.qaad", 4)
    fetched = [line for line in web.lines if line.endswith(".ply")]
    assert sorted(fetched) == [f"GET /set/{name}.ply" for name in ("a", "b", "sub/c", "sub/d")]  # each of them once

    far = list(qaadcodec.evaluate("memory://remote/far.qaad", [f"{web.url}/set/"], metrics=["n_em_kd"]))
    near = list(qaadcodec.evaluate(made / "scans.qaad", [made / "scans"], metrics=["n_em_kd"]))
    assert [each.to_dict() for each in far] == [each.to_dict() for each in near]
    with pytest.raises(EnvironmentFailure, match=r"memory://remote/far.qaad is the input memory://remote/far.qaad"):
        qaadcodec.encode("memory://remote/far.qaad", [made / "scans"], "memory://remote/far.qaad", overwrite=True)


def test_parts_of_files_at_urls(web: Web, made: Path, tmp_path: Path, make_shape: Callable[..., Any]) -> None:
    import gzip
    import shutil

    pair = np.stack([make_shape(0), make_shape(1)])
    np.savez(tmp_path / "pair.npz", left=pair[0], right=pair[1])
    write_cloud(tmp_path / "pair.h5", pair, "h5")
    (tmp_path / "a.ply.gz").write_bytes(gzip.compress((made / "scans/a.ply").read_bytes()))
    shutil.make_archive(str(tmp_path / "scans"), "zip", made / "scans")
    web.has(tmp_path)
    np.testing.assert_array_equal(read_cloud(f"{web.url}/pair.npz::right").points, pair[1])
    assert [s.name for s in find_clouds([f"{web.url}/pair.h5"])] == ["0", "1"]
    np.testing.assert_array_equal(find_clouds([f"{web.url}/pair.h5"])[1].load().points, pair[1])
    assert len(read_cloud(f"{web.url}/a.ply.gz").points) == 120
    assert [s.name for s in find_clouds([f"{web.url}/scans.zip"])] == ["a", "b", "sub/c", "sub/d"]
    assert read_cloud(f"{web.url}/scans.zip::sub/c.ply").name == "sub/c"
    (alone,) = find_clouds([f"{web.url}/pair.npz::left"])
    assert alone.path == f"{web.url}/pair.npz::left"


def test_names_are_those_of_a_folder_on_the_disk(web: Web, memory: Any, made: Path) -> None:
    web.has(made / "scans", "/set/")
    web.files |= {"/set/read.me": b"", "/set/scan2.ply": b"ply", "/set/scan10.ply": b"ply"}
    for path in (made / "scans").rglob("*.ply"):
        memory.pipe_file(f"/remote/set/{path.relative_to(made / 'scans').as_posix()}", path.read_bytes())
    told: list[str] = []
    found = find_clouds([f"{web.url}/set/"], told.append)
    assert [s.name for s in found] == ["a", "b", "scan2", "scan10", "sub/c", "sub/d"]
    assert told == ["left out: 1 .me"]
    assert [s.name for s in find_clouds(["memory://remote/set"])] == ["a", "b", "sub/c", "sub/d"]
    assert [s.name for s in find_clouds(["memory://remote/set/sub/*.ply"])] == ["c", "d"]
    assert [s.path for s in find_clouds(["memory://remote/set/a.ply"])] == ["memory://remote/set/a.ply"]
    with pytest.raises(CloudError, match=r"^memory://remote/set/\*.stl: no clouds there; it is empty$"):
        find_clouds(["memory://remote/set/*.stl"])
    with pytest.raises(CloudError, match=r"^memory://remote/set: is a folder or a pattern, and 'x' can only be chosen"):
        find_clouds(["memory://remote/set::x"])


def test_a_missing_cloud_is_a_bad_cloud_and_a_broken_server_is_not(web: Web, made: Path, tmp_path: Path) -> None:
    web.has(made / "scans", "/set/")
    inputs = [f"{web.url}/set/a.ply", f"{web.url}/set/none.ply", f"{web.url}/set/b.ply"]
    with pytest.raises(CloudError, match=rf"^{web.url}/set/none.ply: no such file$"):
        qaadcodec.compress(inputs, tmp_path / "x.qaad", tiny_request(), run=Run(device="cpu"))
    summary = qaadcodec.compress(inputs, tmp_path / "x.qaad", tiny_request(), run=Run(device="cpu"), skip_bad=True)
    assert summary.skipped == ((f"{web.url}/set/none.ply", f"{web.url}/set/none.ply: no such file"),)
    web.status["/set/b.ply"] = 500
    with pytest.raises(EnvironmentFailure, match=r"/set/b.ply: cannot be fetched: the server answers 500$"):
        qaadcodec.compress(inputs, tmp_path / "y.qaad", tiny_request(), run=Run(device="cpu"), skip_bad=True)


def test_a_file_url_is_a_file(made: Path, tmp_path: Path) -> None:
    summary = qaadcodec.decode((made / "scans.qaad").as_uri(), (tmp_path / "o.ply").as_uri(), 0)
    assert summary.paths == ((tmp_path / "o.ply").as_uri(),)
    assert len(read_cloud((tmp_path / "o.ply").as_uri()).points) == 120
    assert [s.name for s in find_clouds([(made / "scans").as_uri()])] == ["a", "b", "sub/c", "sub/d"]
