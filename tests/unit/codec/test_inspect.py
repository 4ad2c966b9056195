"""`inspect`: the numbers of an archive, recomputed here from its bytes and its definition."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from qaadcodec.archive import ArchiveReader
from qaadcodec.codec.inspect import inspect, plan_of
from qaadcodec.config import Request, plan
from qaadcodec.errors import ArchiveError, EnvironmentFailure
from qaadcodec.version import __version__

# l = 3, K = 4, shared 9-12-8, heads (8 + 3)-6-3: weights, biases, FiLM scales and shifts.
PARAMETERS = (12 * 9 + 12 + 2 * 12 * 3) + (8 * 12 + 8 + 2 * 8 * 3) + 4 * (6 * 11 + 6 + 3 * 6 + 3)


def test_every_number(archive: Path, tiny: Request) -> None:
    found = inspect(archive)
    size = archive.stat().st_size
    assert (found.path, found.bytes, found.raw_bytes) == (str(archive), size, 4 * 120 * 12)
    assert (found.version, found.writer) == ("1.0", f"qaad {__version__}")
    assert (found.clouds, found.points, found.patches, found.latent_size) == (4, 120, 4, 3)
    assert (found.shared_widths, found.head_widths) == ((12, 8), (6,))
    assert (found.fourier_octaves, found.film, found.displacement, found.channels) == (1, True, True, 3)
    assert found.parameters == PARAMETERS
    assert found.ratio == pytest.approx(5760 / size)
    biases, inputs = 12 + 8 + 4 * (6 + 3), 3 * 12 + 3 * 4 * 6
    assert found.ratio_paper == pytest.approx(4 * 120 * 3 / (PARAMETERS - biases - inputs + 4 * 3))
    assert found.bits_per_point == pytest.approx(8 * size / 480)
    assert (found.preset, found.seed, found.epochs) == (str(tiny), 0, 3)
    assert found.names == ("a", "b", "sub/c", "sub/d")
    assert found.counts == (120, 120, 120, 120)
    assert found.dtype == "float32"
    assert found.scale == pytest.approx(1.05, abs=0.15)
    assert all(abs(x) < 0.1 for x in found.offset)
    low, high = found.bounds
    assert max(h - x for x, h in zip(low, high, strict=True)) == pytest.approx(2 * found.scale)
    assert [(x + h) / 2 for x, h in zip(low, high, strict=True)] == pytest.approx(found.offset)
    assert set(found.errors) == {"em_kd", "n_em_kd", "sample"}
    assert found.errors["sample"] == 4
    assert math.isclose(found.errors["em_kd"] / found.errors["n_em_kd"], 0.55, rel_tol=0.5)  # the variance of a cloud


def test_sections_and_bits(archive: Path) -> None:
    found = inspect(archive)
    with ArchiveReader(archive) as reader:
        lengths = {section.tag: section.length for section in reader.sections}
    assert [(s.tag, s.content, s.coding, s.bytes) for s in found.sections] == [
        ("WGTS", "weights", "entropy", lengths["WGTS"]),
        ("INPT", "input cloud", "points", lengths["INPT"]),
        ("LATS", "latents", "entropy", lengths["LATS"]),
        ("NAME", "names", "deflate", lengths["NAME"]),
    ]
    assert sum(s.bytes for s in found.sections) < found.bytes
    assert found.bits_per_weight == pytest.approx(8 * lengths["WGTS"] / PARAMETERS)
    assert 1 < found.bits_per_weight < 8
    assert found.bits_per_latent == pytest.approx(8 * lengths["LATS"] / 12)
    assert found.bits_per_input_point == pytest.approx(8 * lengths["INPT"] / 120)
    assert 5 < found.bits_per_input_point < 30


REQUESTS = [Request(), Request(target_bytes=5000), Request(quality=30, latent_size=5), Request(preset="paper")]


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_the_plan_is_made_again_from_the_header(archive: Path, request_: Request) -> None:
    made = plan(request_, 4, 120)
    with ArchiveReader(archive) as reader:
        header = replace(reader.header, network=made.network, preset=made.request)
    again = plan_of(header)
    assert again is not None
    assert again.to_dict() == made.to_dict()


def test_a_plan_that_cannot_be_made_again_is_not_known(archive: Path) -> None:
    with ArchiveReader(archive) as reader:
        made = plan(Request(), 4, 120)
        header = replace(reader.header, network=made.network, preset=made.request)
    assert plan_of(header) == made
    assert plan_of(replace(header, writer="qaad 0.0.1")) is None
    assert plan_of(replace(header, errors={**header.errors, "added_em_kd": 1.0})) is None
    assert plan_of(replace(header, network=replace(header.network, film=False))) is None
    assert plan_of(replace(header, preset=header.preset + " training.batch=")) is None
    assert plan_of(replace(header, preset="")) is None


def test_it_is_json(archive: Path) -> None:
    values = inspect(archive).to_dict()
    again = json.loads(json.dumps(values, allow_nan=False))
    assert again["names"] == ["a", "b", "sub/c", "sub/d"]
    assert again["sections"][0].keys() == {"tag", "content", "coding", "bytes"}
    assert again["shared_widths"] == [12, 8]
    assert again["bytes"] == archive.stat().st_size


def test_weights_that_are_damaged_are_not_looked_at(archive: Path, tmp_path: Path) -> None:
    with ArchiveReader(archive) as reader:
        at = reader.section("WGTS").offset
    damaged = tmp_path / "damaged.qaad"
    data = bytearray(archive.read_bytes())
    data[at + 5] ^= 1
    damaged.write_bytes(data)
    assert inspect(damaged).names == inspect(archive).names


def test_what_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"missing\.qaad: no such file"):
        inspect(tmp_path / "missing.qaad")
    (tmp_path / "text.qaad").write_text("hello, I am no archive, whatever I am called\n" * 5)
    with pytest.raises(ArchiveError, match=r"text\.qaad"):
        inspect(tmp_path / "text.qaad")
