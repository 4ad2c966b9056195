"""The golden files: both decoders read the valid ones alike, and refuse the damaged ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from fixtures.second_decoder import second_decoder

from qaadcodec.archive import ArchiveReader, Header, verify
from qaadcodec.clouds import PoseNumbers, Similarity
from qaadcodec.errors import ArchiveError
from qaadcodec.model.numpy_decoder import decode_points

FORMATS = Path(__file__).parents[2] / "formats"
VECTORS: list[dict[str, Any]] = json.loads((FORMATS / "vectors" / "vectors.json").read_text(encoding="utf-8"))
TOLERANCE = 2.0**-12  # of the scale: qaad-1.md, "Tolerance"


def vectors(valid: bool) -> list[Any]:
    return [pytest.param(v, id=v["file"]) for v in VECTORS if v["valid"] == valid]


@pytest.fixture(scope="module")
def second() -> ModuleType:
    """formats/decode_qaad.py as a module."""
    return second_decoder()


def test_no_vector_is_missing() -> None:
    assert {v["file"] for v in VECTORS} == {path.name for path in (FORMATS / "vectors").glob("*.qaad")}


@pytest.mark.parametrize("vector", vectors(valid=True))
def test_valid_files_decode_to_their_points(vector: dict[str, Any]) -> None:
    with ArchiveReader(FORMATS / "vectors" / vector["file"]) as reader:
        assert list(reader.names) == vector["names"]
        assert list(reader.counts) == vector["counts"]
        header, weights, q = reader.header, reader.weights(), reader.input_cloud()
        for index, expected in vector["clouds"].items():
            points = decode_points(header.network, weights, q, reader.latents([int(index)])[0])
            size = 1.0
            if (poses := reader.poses([int(index)])) is not None:
                pose = Similarity.of_numbers(PoseNumbers(*poses.values(0)))
                points, size = pose.apply(points), pose.scale
            restored = points * np.float64(header.scale) + np.array(header.offset)
            rounding = np.spacing(np.array(expected, dtype=header.dtype)).astype(float)
            assert (np.abs(restored - expected) <= TOLERANCE * header.scale * size + rounding).all()
    assert verify(FORMATS / "vectors" / vector["file"])[0].content == "header"


@pytest.mark.parametrize("vector", vectors(valid=True))
def test_the_second_decoder_agrees(vector: dict[str, Any], second: ModuleType) -> None:
    data = (FORMATS / "vectors" / vector["file"]).read_bytes()
    header, sections = second.read_file(data)
    assert [list(x) for x in second.read_names(sections[b"NAME"], header["clouds"], header["points"])] == [
        vector["names"],
        vector["counts"],
    ]
    for index, expected in vector["clouds"].items():
        points = second.decode(data, int(index))
        assert points.dtype == header["dtype"]
        np.testing.assert_allclose(points, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("vector", vectors(valid=False))
def test_damaged_files_are_refused(vector: dict[str, Any], second: ModuleType) -> None:
    path = FORMATS / "vectors" / vector["file"]
    with pytest.raises(ArchiveError) as caught:
        verify(path)
    message, hint = str(caught.value), caught.value.hint
    assert message.startswith(f"{path}: ")
    assert vector["message"] in f"{message} {hint}"
    assert hint
    with pytest.raises(second.BadFile):
        second.decode(path.read_bytes(), 0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("clouds", 2.0),
        ("clouds", True),
        ("clouds", (1 << 24) + 1),
        ("points", None),
        ("dtype", "int8"),
        ("dtype", ["float32"]),
        ("offset", [0, 1]),
        ("offset", [0, 1, False]),
        ("offset", "xyz"),
        ("scale", "1"),
        ("scale", -1),
        ("bounds", [[0, 0, 0]]),
        ("bounds", [[0, 0, 1], [1, 1, 0]]),
        ("bounds", [[0, 0], [1, 1]]),
        ("network", []),
        ("network", {"film": True}),
        ("latent_size", 0),
        ("latent_size", 4097),
        ("patches", "1"),
        ("patches", 65537),
        ("shared_widths", []),
        ("shared_widths", [4] * 17),
        ("shared_widths", [8193]),
        ("shared_widths", [4.0]),
        ("head_widths", None),
        ("head_widths", [0]),
        ("fourier_octaves", "a"),
        ("fourier_octaves", 17),
        ("film", 1),
        ("displacement", None),
        ("gates", 1),
    ],
)
def test_both_decoders_refuse_a_header_that_breaks_a_rule(key: str, value: Any, second: ModuleType) -> None:
    with ArchiveReader(FORMATS / "vectors" / "minimal.qaad") as reader:
        values = json.loads(reader.frame.header)
    values["points"] = 1 << 24  # no fewer than any number of patches
    whole = json.dumps(values).encode()
    assert Header.from_json(whole).points == second.read_header(whole)["points"]
    (values if key in values else values["network"])[key] = value
    text = json.dumps(values).encode()
    with pytest.raises(ArchiveError):
        Header.from_json(text)
    with pytest.raises(second.BadFile, match=r"^header: "):
        second.read_header(text)


def test_the_second_decoder_from_a_shell(second: ModuleType) -> None:
    command = [sys.executable, str(FORMATS / "decode_qaad.py")]
    shown = subprocess.run(
        [*command, str(FORMATS / "vectors" / "minimal.qaad"), "1"], capture_output=True, text=True, check=True
    )
    expected = next(v for v in VECTORS if v["file"] == "minimal.qaad")["clouds"]["1"]
    np.testing.assert_allclose([[float(x) for x in line.split()] for line in shown.stdout.splitlines()], expected, 1e-6)
    refused = subprocess.run(
        [*command, str(FORMATS / "vectors" / "cut.qaad"), "0"], capture_output=True, text=True, check=False
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "decode_qaad: file: ends too early\n"
