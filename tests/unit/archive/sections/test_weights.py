"""The weights section in coding 4."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive import storable
from qaadcodec.archive.sections.weights import ENTRY_BYTES, decode_weights, encode_weights
from qaadcodec.errors import ArchiveError, UsageError

GRIDS = {"a": storable(0.01), "b": 0.5, "c": storable(1e-3)}


@pytest.fixture
def tensors() -> list[tuple[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    rows = 2.0 ** rng.integers(-3, 4, (4, 6, 1)) * 2.0 ** rng.integers(-2, 3, 50)  # offsets of both kinds pay
    return [
        ("a", (rng.normal(size=(4, 6, 50)) * rows).astype(np.float32)),
        ("b", rng.normal(size=7).astype(np.float32)),
        ("c", rng.laplace(size=(3, 5)).astype(np.float32)),
    ]


def test_values_come_back_rounded_to_their_grid(tensors: list[tuple[str, np.ndarray]]) -> None:
    data = encode_weights(tensors, GRIDS)
    assert data[4] > 0
    assert data[5] > 0
    shapes = [(name, values.shape) for name, values in tensors]
    decoded = decode_weights(data, shapes)
    assert list(decoded) == ["a", "b", "c"]
    for name, values in tensors:
        assert decoded[name].dtype == np.float32
        np.testing.assert_array_equal(decoded[name], np.rint(values.astype(float) / GRIDS[name]) * GRIDS[name])
    assert encode_weights(list(decoded.items()), GRIDS) == data


def test_offsets_behind_a_tensor_that_has_none(tensors: list[tuple[str, np.ndarray]]) -> None:
    behind = tensors[::-1]
    decoded = decode_weights(encode_weights(behind, GRIDS), [(name, values.shape) for name, values in behind])
    for name, values in behind:
        np.testing.assert_array_equal(decoded[name], np.rint(values.astype(float) / GRIDS[name]) * GRIDS[name])


def test_values_beyond_the_tables_are_clipped() -> None:
    decoded = decode_weights(encode_weights([("b", np.array([1e9, -1e9], np.float32))], GRIDS), [("b", (2,))])
    assert decoded["b"].tolist() == [32767 * 0.5, -32767 * 0.5]


def test_what_cannot_be_stored_is_refused() -> None:
    values = np.zeros(3, np.float32)
    with pytest.raises(UsageError, match="no quantiser step for x, y"):
        encode_weights([("x", values), ("b", values), ("y", values)], GRIDS)
    with pytest.raises(UsageError, match="b holds values that are not finite"):
        encode_weights([("b", values + np.nan)], GRIDS)
    with pytest.raises(UsageError, match=r"a quantiser step of 0\.3 cannot be stored as it is"):
        encode_weights([("b", values)], {"b": 0.3})


def test_too_many_weights_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(ArchiveError, match="16777217 entropy-coded weights, and there may be 16777216"):
        decode_weights(b"", [("a", (1 << 24,)), ("b", (1,))])
    with pytest.raises(ArchiveError, match=f"2 tensors take {2 * ENTRY_BYTES} bytes, and there are 3"):
        decode_weights(b"abc", [("a", (4,)), ("b", (1,))])


def test_damage_names_the_tensor(tensors: list[tuple[str, np.ndarray]]) -> None:
    data = encode_weights(tensors, GRIDS)
    shapes = [(name, values.shape) for name, values in tensors]
    for at, value, message in [
        (6, 1, "b: a quantiser step is 1 · 2"),
        (8, 16, "b: family 16 of tables, and there are 16"),
        (15, 64, "c: scale 64 of tables, and there are 64"),
    ]:
        with pytest.raises(ArchiveError, match=message):
            decode_weights(data[:at] + bytes([value]) + data[at + 1 :], shapes)
    with pytest.raises(ArchiveError, match=r"a coded stream of .* bytes does not end with its 1296 values"):
        decode_weights(data[:18] + data[22:], shapes)
