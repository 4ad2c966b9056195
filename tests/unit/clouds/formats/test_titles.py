"""Columns by their names: as programs write them, in any order, and what must not be taken for names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import read_cloud
from qaadcodec.clouds.formats.xyz import sniff

EXPECTED = [[1.5, -2, 3e-3], [4, 5, 6.5]]
COLMAP = """# 3D point list with one line of data per point:
#   POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[] as (IMAGE_ID, POINT2D_IDX)
# Number of points: 2, mean track length: 1.5
101 1.5 -2 3e-3 112 107 88 0.6 135 9 202 7
7 4 5 6.5 173 171 172 1.8 136 10
"""
SLICER = """# Markups fiducial file version = 4.11
# CoordinateSystem = LPS
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
1,1.5,-2,3e-3,0,0,0,1,1,1,0,F-1,,
2,4,5,6.5,0,0,0,1,1,1,0,"F, 2",,
"""
PARAVIEW = '"Normals:0","Normals:1","Normals:2","Points:0","Points:1","Points:2"\n0,0,1,1.5,-2,3e-3\n0,1,0,4,5,6.5\n'


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        (COLMAP, ("point3d_id", "r", "g", "b", "error", "track")),
        (SLICER, ("id", "ow", "ox", "oy", "oz", "vis", "sel", "lock", "label", "desc", "associatednodeid")),
        (PARAVIEW, ("normals:0", "normals:1", "normals:2")),
        (PARAVIEW.replace(":", "_"), ("normals_0", "normals_1", "normals_2")),
        ("id,x,y,z\n0,1.5,-2,3e-3\n1,4,5,6.5\n", ("id",)),
        (",z,y,x\n0,3e-3,-2,1.5\n1,6.5,5,4\n", ()),  # pandas, with its index
        ('"X";"Intensity";"Y";"Z"\n1.5;7;-2;3e-3\n4;8;5;6.5\n', ("intensity",)),
        ("X Y Z,\n1.5 -2 3e-3\n4 5 6.5\n".replace(",", ""), ()),
        ("x [mm],y [mm],z [mm]\n1.5,-2,3e-3\n4,5,6.5\n", ()),
        ("Point ID\tZ\tX\tY\n0\t3e-3\t1.5\t-2\n1\t6.5\t4\t5\n", ("point id",)),
        ("pos_x,pos_y,pos_z,x_err\n1.5,-2,3e-3,0\n4,5,6.5,0\n", ("x_err",)),
        ("Points:0,x,y,z,Points:1,Points:2\n9,1.5,-2,3e-3,9,9\n9,4,5,6.5,9,9\n", ("points:0", "points:1", "points:2")),
        ("x,y,z\n1.5,-2,3e-3,\n4,5,6.5,\n", ()),  # a delimiter at the end of each line
        ("//X Y Z R\n2\n1.5 -2 3e-3 7\n4 5 6.5 7\n", ("r",)),
        ("% X Y Z R\n1.5 -2 3e-3 7\n4 5 6.5 7\n", ("r",)),
        ("2\n1.5 -2 3e-3 7\n4 5 6.5 7\n", ("column 4",)),
        ("\ufeff2\r\n1.5 -2 3e-3\r\n4 5 6.5\r\n", ()),
        ("# the order is z y x\n1.5 -2 3e-3\n4 5 6.5\n", ()),
        ("# made from x, y and z of scan 7; see x\n1.5 -2 3e-3\n4 5 6.5\n", ()),
        ("# x y z\n1.5 -2 3e-3 9\n4 5 6.5 9\n", ("column 4",)),
        ("# id x y z\n# y x z\n-2 1.5 3e-3\n5 4 6.5\n", ()),  # the last one counts
        ("1.5 -2 3e-3\n# id x y\n4 5 6.5\n", ()),
    ],
)
def test_the_same_points_under_many_names(tmp_path: Path, text: str, dropped: tuple[str, ...]) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    cloud = read_cloud(path, strict=True)
    np.testing.assert_array_equal(cloud.points, EXPECTED)
    assert cloud.dropped == dropped
    assert sniff(text.encode())


def test_rows_of_named_columns_may_be_cut_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(COLMAP[:-1])
    assert read_cloud(tmp_path / "a.txt").doubts == ("ends without a newline, so its last line may be cut",)


@pytest.mark.parametrize("start", [b"", b"lat,lon,height\n", b"x y\n1 2\n", b"x y z x\n", b"hello\n", b"# x y z\n\n"])
def test_what_names_no_coordinates_is_no_xyz(start: bytes) -> None:
    assert not sniff(start)
