"""What the names of arrays say."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.formats.meanings import is_something_else, letters_have_meaning, points_word

FLOATS = Shape((9, 3), np.dtype("f4"))
WHOLE = Shape((9, 3), np.dtype("u4"))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("points", "points"),
        ("/train/Point_3", "points"),
        ("verts", "vertices"),
        ("v_template", "vertices"),
        ("smoothVertices", "vertices"),
        ("XYZ", "xyz"),
        ("data", "data"),
        ("point_colors", ""),
        ("vertexNormals", ""),
        ("scan_17", ""),
        ("viewpoint", ""),
    ],
)
def test_the_word_for_points(name: str, word: str) -> None:
    assert points_word(name, letters=True) == word


@pytest.mark.parametrize("name", ["normals", "a/Normal", "vn", "rgb", "trans", "J", "J_regressor", "shapedirs"])
def test_what_is_no_cloud_of_any_type(name: str) -> None:
    assert is_something_else(name, FLOATS, letters=True)
    assert is_something_else(name, WHOLE, letters=True)


@pytest.mark.parametrize("name", ["faces", "f", "faceId", "triangles", "face_001"])
def test_faces_are_indices_only_if_they_are_whole_numbers(name: str) -> None:
    assert is_something_else(name, WHOLE, letters=True)
    assert not is_something_else(name, FLOATS, letters=True)


def test_letters_mean_something_unless_arrays_are_called_by_the_alphabet() -> None:
    assert letters_have_meaning(["v", "f", "n", "shapes"])
    assert not letters_have_meaning(["g/a", "g/b", "g/v"])
    assert points_word("v", letters=True) == "vertices"
    assert points_word("v", letters=False) == ""
    assert not is_something_else("n", FLOATS, letters=False)
