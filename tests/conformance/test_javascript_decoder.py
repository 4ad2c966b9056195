"""formats/js, the decoder in JavaScript: its own tests; and what it makes of files that are made here.

It needs Node 20 or later, and is skipped where there is none.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from fixtures.second_decoder import second_decoder

from qaadcodec.archive import Archive, ArchiveReader, Grids, Header, encode, storable
from qaadcodec.archive.frame import assemble
from qaadcodec.config import NetworkConfig

FORMATS = Path(__file__).parents[2] / "formats"
LEAST_NODE = 20
MUTANTS = 150
BASES = ["extended", "entropy-extended", "entropy-offsets", "poses-extended"]

Sections = list[tuple[str, int, bytes]]


def node() -> str:
    """The program; skips the test where there is none, or one that is too old."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(re.findall(r"\d+", version)[0]) < LEAST_NODE:
        pytest.skip(f"node is {version}, and the decoder needs {LEAST_NODE} or later")
    return found


def verdicts(folder: Path) -> dict[str, Any]:
    """What the decoder in JavaScript makes of each file of a folder."""
    command = [node(), str(FORMATS / "js" / "test" / "verdicts.js"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def second() -> ModuleType:
    """formats/decode_qaad.py as a module."""
    return second_decoder()


def test_its_own_tests_pass() -> None:
    tests = sorted(str(path) for path in (FORMATS / "js" / "test").glob("*.test.js"))
    assert tests
    done = subprocess.run(
        [node(), "--test", "--test-reporter=tap", *tests], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def parts(name: str) -> tuple[bytes, Sections]:
    """Header and sections of a golden file, without the keys that a reader may skip."""
    with ArchiveReader(FORMATS / "vectors" / f"{name}.qaad") as reader:
        header = json.loads(reader.frame.header)
        del header["writer"]
        text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
        return text, [(s.tag, s.coding, reader.raw_section(s)) for s in reader.sections]


def mutant(seed: int) -> bytes:
    """A golden file with up to 8 bytes of its header or of one section replaced, and checksums that fit."""
    rng = np.random.default_rng(seed)
    header, sections = parts(BASES[seed % len(BASES)])
    which = int(rng.integers(-1, len(sections)))
    target = header if which < 0 else sections[which][2]
    start = int(rng.integers(len(target)))
    new = rng.integers(0, 256, int(rng.integers(9)), dtype=np.uint8).tobytes()
    if which < 0:  # characters that a header has
        new = bytes(rng.choice(np.frombuffer(header, np.uint8), len(new)))
    taken = int(rng.choice([len(new), len(new), rng.integers(9)]))
    changed = target[:start] + new + target[start + taken :]
    if which < 0:
        return b"".join(assemble(changed, sections))
    tag, coding, _ = sections[which]
    end = 24 + (11 if coding == 4 else 0)  # of the directory of two blocks, with the prior before it
    if tag == "LATS" and len(changed) > end + 4:
        changed = fitting_blocks(changed[:end], changed[end + 4 :], changed[end:][:4], rng)
    if tag == "POSE" and len(changed) > 7 and rng.integers(4):
        changed = changed[:-4] + zlib.crc32(changed[:-4]).to_bytes(4, "little")
    sections[which] = (tag, int(rng.choice([coding] * 9 + [0, 1, 2, 4])), changed)
    return b"".join(assemble(header, sections))


def fitting_blocks(directory: bytes, blocks: bytes, crc: bytes, rng: np.random.Generator) -> bytes:
    """The latents, mostly with checksums that fit: those of both blocks, and that of the directory."""
    if rng.integers(4):
        entries, at = bytearray(directory), 0
        for entry in (len(directory) - 20, len(directory) - 10):
            length = int.from_bytes(entries[entry + 2 : entry + 6], "little")
            entries[entry + 6 : entry + 10] = zlib.crc32(blocks[at : at + length]).to_bytes(4, "little")
            at += length
        directory, crc = bytes(entries), zlib.crc32(entries).to_bytes(4, "little")
    return directory + crc + blocks


def decoded(data: bytes, second: ModuleType) -> list[np.ndarray[Any, Any]] | None:
    """All clouds of a file, by the second decoder; None if it refuses the file."""
    try:
        header, _ = second.read_file(data)
        with np.errstate(all="ignore"):  # numbers that are refused, or that grow beyond all bounds
            return [second.decode(data, index) for index in range(header["clouds"])]
    except second.BadFile:
        return None


def test_it_accepts_and_refuses_what_the_second_decoder_does(tmp_path: Path, second: ModuleType) -> None:
    for seed in range(MUTANTS):
        (tmp_path / f"{seed:03}.qaad").write_bytes(mutant(seed))
    told = verdicts(tmp_path)
    accepted = 0
    for seed in range(MUTANTS):
        path = tmp_path / f"{seed:03}.qaad"
        verdict, expected = told[path.name], decoded(path.read_bytes(), second)
        assert ("fault" in verdict) == (expected is None), f"mutant {seed}: {verdict}"
        for points, positions in zip(expected or [], verdict.get("clouds", []), strict=True):
            near = abs(points) < 1000  # far away, nothing is promised
            np.testing.assert_allclose(np.reshape(positions, points.shape)[near], points[near], rtol=1e-3, atol=1e-3)
        accepted += expected is not None
    assert MUTANTS // 10 < accepted < MUTANTS * 9 // 10


def still(points: np.ndarray[Any, Any], patches: int, spacing: float) -> bytes:
    """An archive whose one cloud is its input cloud, coded as points on a grid."""
    network = NetworkConfig(latent_size=1, patches=patches, shared_widths=(1,), head_widths=(), fourier_octaves=0)
    corners = tuple(tuple(float(x) for x in corner) for corner in (points.min(0), points.max(0)))
    header = Header(
        clouds=1,
        points=len(points),
        dtype="float32",
        offset=(0.0, 0.0, 0.0),
        scale=1.0,
        bounds=corners,  # type: ignore[arg-type]
        network=network,
    )
    weights = {name: np.zeros(shape, np.float32) for name, shape in network.tensor_shapes().items()}
    latents = np.zeros((1, 1), np.float32)
    archive = Archive(header, weights, points.astype(np.float32), latents, ("cloud",), (len(points),))
    grids = Grids(dict.fromkeys(weights, storable(1.0)), np.array([storable(1.0)], np.float32), storable(spacing))
    stream = io.BytesIO()
    encode(archive, grids).write(stream)
    return stream.getvalue()


def surface(rng: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    """Points on a bent sheet, on a line, in a clump and in one place, in the order of x."""
    u, v = rng.uniform(-1, 1, (2, count))
    points = np.stack([u, v, np.sin(3 * u) * np.cos(2 * v) / 2], axis=1)
    points[: count // 8, 1:] = 0.25
    points[count // 8 : count // 4] = rng.normal(0.5, 0.001, (count // 4 - count // 8, 3))
    points[count // 4 : count // 4 + 30] = 0.125
    return points[np.argsort(points[:, 0])]


@pytest.mark.parametrize(
    ("count", "patches", "spacing"), [(3000, 7, 2.0**-15), (2000, 1, 2.0**-9), (500, 500, 2.0**-12)]
)
def test_input_clouds_are_read_to_the_last_bit(count: int, patches: int, spacing: float, tmp_path: Path) -> None:
    data = still(surface(np.random.default_rng(count), count), patches, spacing)
    (tmp_path / "still.qaad").write_bytes(data)
    with ArchiveReader(io.BytesIO(data)) as reader:
        expected = reader.input_cloud()
    positions = np.array(verdicts(tmp_path)["still.qaad"]["clouds"][0]).reshape(-1, 3)
    np.testing.assert_array_equal(positions.astype(np.float32), expected)
