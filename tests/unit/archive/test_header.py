"""The header: canonical text, round trips, and each rule it may break."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qaadcodec.archive import Archive, Header
from qaadcodec.errors import ArchiveError, UsageError


def test_text_is_canonical_and_comes_back(archive: Archive) -> None:
    text = archive.header.to_json()
    assert text.startswith(
        b'{"bounds":[[4900000.0,390000.0,-1.0],[5100000.0,410000.0,1.0]],"clouds":3,"dtype":"float64"'
    )
    assert b'"errors":{"em_kd":1.25e-05,"sample":2}' in text
    assert b'"shared_widths":[5,4]' in text
    assert b" " not in text.replace(b"qaad 0.1.0", b"")
    assert Header.from_json(text) == archive.header


def test_values_that_are_not_known_are_left_out(archive: Archive) -> None:
    bare = replace(archive.header, seed=None, epochs=None)
    assert b"seed" not in bare.to_json()
    assert Header.from_json(bare.to_json()) == bare


def test_text_is_utf_8(archive: Archive) -> None:
    header = replace(archive.header, writer="Müller’s qaad")
    assert "Müller’s".encode() in header.to_json()
    assert Header.from_json(header.to_json()) == header


def test_seed_and_epochs_may_be_0(archive: Archive) -> None:
    zero = replace(archive.header, seed=0, epochs=0)
    assert Header.from_json(zero.to_json()) == zero


def test_version_1_holds_positions_only(archive: Archive) -> None:
    wide = replace(archive.header.network, channels=4)
    with pytest.raises(UsageError, match=r"channels is 4, and must be 3: version 1\.0 holds positions only"):
        replace(archive.header, network=wide)


def test_numbers_of_numpy_become_plain_ones(archive: Archive) -> None:
    corners = np.array([[0, 1, 2], [3, 4, 5]], dtype=np.float32)
    header = replace(
        archive.header,
        bounds=(tuple(corners[0]), tuple(corners[1])),
        scale=np.float64(2),
        errors={"x": np.float32(0.5)},
    )
    assert header.bounds == ((0.0, 1.0, 2.0), (3.0, 4.0, 5.0))
    assert b'"errors":{"x":0.5}' in header.to_json()


def test_unknown_keys_are_skipped(archive: Archive) -> None:
    values = json.loads(archive.header.to_json()) | {"colour": {"of": ["the", "sky"]}}
    assert Header.from_json(json.dumps(values).encode()) == archive.header


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("clouds", 0, "clouds is 0, and must be a whole number from 1 to 16777216"),
        ("clouds", 2.0, "clouds is 2.0"),
        ("clouds", True, "clouds is True"),
        ("points", 1 << 25, "points is 33554432"),
        ("points", 1, "patches is 2, and must be at most 1"),
        ("dtype", "int8", "dtype is 'int8', and must be float32 or float64"),
        ("dtype", ["float32"], "dtype is"),
        ("offset", [0, 1], r"offset is \[0, 1\], and must be a point"),
        ("offset", "xyz", "offset is 'xyz'"),
        ("offset", [0, 1, None], "offset is None, and must be a finite number"),
        ("scale", 0, "scale is 0.0, and must be above 0"),
        ("scale", "1", "scale is '1', and must be a finite number"),
        ("bounds", [[0, 0, 0]], "bounds is .*, and must be two points"),
        ("bounds", 5, "bounds is 5"),
        ("bounds", [[0, 0, 1], [1, 1, 0]], "bounds is .*, and must be least corner first"),
        ("network", [], r"network is \[\], and must be an object"),
        ("network", {"film": True}, "network has unknown settings or lacks some: displacement, fourier_octaves"),
        ("writer", "a\x1b[2J", "writer is 'a.x1b"),
        ("writer", None, "writer is None"),
        ("preset", "x" * 257, "and must be text of at most 256 characters"),
        ("seed", -1, "seed is -1"),
        ("epochs", 1.5, "epochs is 1.5"),
        ("errors", [1], "errors is"),
        ("errors", {"em_kd": "low"}, "error em_kd is 'low'"),
        ("errors", {str(i): i for i in range(65)}, "errors is"),
        ("errors", {str(i): i for i in range(65)}, "^number of errors is 65, and must be at most 64$"),
        ("errors", [0] * 500, r"0, 0\], and must be an object$"),
        ("errors", {"a\x1b[2J": 0}, "name of an error is 'a.x1b.2J', and must be text of at most 256 characters"),
        ("errors", {"x" * 257: 0}, "x', and must be text of at most 256 characters, without control characters$"),
        ("seed", None, "seed is None, and must be a whole number from 0 to 9223372036854775807"),
        ("epochs", None, "epochs is None, and must be a whole number from 0"),
    ],
)
def test_each_rule(archive: Archive, key: str, value: Any, message: str) -> None:
    values = json.loads(archive.header.to_json()) | {key: value}
    with pytest.raises(ArchiveError, match=message):
        Header.from_json(json.dumps(values).encode())


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("film", 1, "network's film is 1"),
        ("latent_size", 3.0, "network's latent_size is 3.0"),
        ("patches", True, "network's patches is True"),
        ("shared_widths", 8, "network's shared_widths is 8"),
        ("shared_widths", [8, "9"], "network's shared_widths is"),
        ("head_widths", [9000], "widths from 1 to 8192"),
        ("fourier_octaves", 17, "fourier octaves is 17"),
        ("gates", 1, "network has unknown settings or lacks some: gates"),
    ],
)
def test_each_rule_of_the_network(archive: Archive, key: str, value: Any, message: str) -> None:
    values = json.loads(archive.header.to_json())
    values["network"][key] = value
    with pytest.raises(ArchiveError, match=message):
        Header.from_json(json.dumps(values).encode())


def test_a_long_value_does_not_make_a_long_message(archive: Archive) -> None:
    values = json.loads(archive.header.to_json()) | {"dtype": "x" * 50000}
    with pytest.raises(ArchiveError) as caught:
        Header.from_json(json.dumps(values).encode())
    assert len(str(caught.value)) <= 500
    assert str(caught.value).endswith("xxx', and must be float32 or float64")


def test_a_writer_is_told_of_its_mistake(archive: Archive) -> None:
    with pytest.raises(UsageError, match="scale is nan, and must be a finite number"):
        replace(archive.header, scale=float("nan"))
    with pytest.raises(UsageError, match="error em_kd is inf"):
        replace(archive.header, errors={"em_kd": float("inf")})
