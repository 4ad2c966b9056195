"""How fast each cloud format is read, in MB of its file a second, beside the reading of the format's own library.

    bin/bench reading                 # a mesh of 163 842 vertices in every format; a table
    bin/bench reading --json FILE     # and the numbers

What qaad does is the whole of `read_cloud`: it checks the file against its header, finds points that are not finite,
and gives (M, 3). The library does what its shortest call does, up to an array of points. Each is the median of several
runs on a file that the system has in its cache, on one core.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import seconds, write_record

sys.path.insert(0, str(Path(__file__).parents[1]))  # what the tests have the libraries write

from fixtures.foreign import WRITERS, by_trimesh, by_vtk

from qaadcodec.clouds import read_cloud, write_cloud


def by_plyfile(path: Path) -> Any:
    from plyfile import PlyData

    vertex = PlyData.read(path)["vertex"]
    return np.stack([vertex[axis] for axis in "xyz"], axis=1)


def by_h5py(path: Path) -> Any:
    import h5py

    with h5py.File(path) as file:
        return file["points"][()]


def trimesh_reads(path: Path) -> Any:
    import trimesh

    return trimesh.load_mesh(path, process=False).vertices


def vtk_reads(path: Path) -> Any:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOLegacy import vtkPolyDataReader
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    reader = vtkPolyDataReader() if path.suffix == ".vtk" else vtkXMLPolyDataReader()
    reader.SetFileName(str(path))
    reader.Update()
    return vtk_to_numpy(reader.GetOutput().GetPoints().GetData())


def pypcd4_reads(path: Path) -> Any:
    from pypcd4 import PointCloud

    return PointCloud.from_path(path).numpy(("x", "y", "z"))


def laspy_reads(path: Path) -> Any:
    import laspy

    return laspy.read(path).xyz


def pye57_reads(path: Path) -> Any:
    import pye57

    with pye57.E57(str(path)) as file:
        scans = [file.read_scan(i, ignore_missing_fields=True) for i in range(file.scan_count)]
    return np.concatenate([np.stack([scan[f"cartesian{axis}"] for axis in "XYZ"], axis=1) for scan in scans])


READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    ".ply": ("plyfile", by_plyfile),
    ".npy": ("numpy", np.load),
    ".npz": ("numpy", lambda path: np.load(path)["points"]),
    ".h5": ("h5py", by_h5py),
    ".xyz": ("numpy.loadtxt", np.loadtxt),
    ".off": ("trimesh", trimesh_reads),
    ".obj": ("trimesh", trimesh_reads),
    ".stl": ("trimesh", trimesh_reads),
    ".glb": ("trimesh", trimesh_reads),
    ".3mf": ("trimesh", trimesh_reads),
    ".vtk": ("vtk", vtk_reads),
    ".vtp": ("vtk", vtk_reads),
    ".pcd": ("pypcd4", pypcd4_reads),
    ".las": ("laspy", laspy_reads),
    ".laz": ("laspy, lazrs", laspy_reads),
    ".e57": ("pye57", pye57_reads),
}
"""The library of each format, and how it reads a file"""


def write(path: Path, points: np.ndarray, triangles: np.ndarray) -> None:
    """The mesh as a file, by the format's own library where the tests have one, and by qaad elsewhere."""
    if path.suffix in (".vtk", ".vtp"):
        binary = "SetFileTypeToBinary" if path.suffix == ".vtk" else "SetDataModeToAppended"
        by_vtk(path, points, triangles, **{binary: ()})
    elif path.suffix in (".ply", ".off"):
        by_trimesh(path, points, triangles)
    elif path.suffix in WRITERS:
        WRITERS[path.suffix](path, points, triangles)
    else:
        write_cloud(path, points.astype(np.float32), path.suffix[1:])


def measured(path: Path, runs: int) -> dict[str, object]:
    """MB a second of one file, read by qaad and by the library."""
    library, reads = READERS[path.suffix]
    size = path.stat().st_size / 1e6
    ours, theirs = seconds(lambda: read_cloud(path), runs), seconds(lambda: reads(path), runs)
    row: dict[str, object] = {"format": path.suffix[1:], "megabytes": size, "library": library}
    return row | {"qaad_mb_s": size / ours, "library_mb_s": size / theirs, "qaad_over_library": theirs / ours}


def main() -> None:
    """Measure, print a table, and write the numbers if asked to."""
    import trimesh

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    parser.add_argument("--subdivisions", type=int, default=7, help="of an icosahedron: 10 · 4^N + 2 vertices")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    mesh = trimesh.creation.icosphere(subdivisions=arguments.subdivisions)
    points, triangles = np.asarray(mesh.vertices), np.asarray(mesh.faces)
    print(f"{len(points)} points; MB of the file a second")
    print(f"{'format':8}{'MB':>8}{'qaad':>10}{'library':>10}  qaad over library")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for suffix in READERS:
            path = Path(folder, f"a{suffix}")
            write(path, points, triangles)
            row = measured(path, arguments.runs)
            rows.append(row)
            print(
                f"{row['format']:8}{row['megabytes']:8.2f}{row['qaad_mb_s']:10.0f}{row['library_mb_s']:10.0f}"
                f"  {row['qaad_over_library']:.2f} ({row['library']})",
                flush=True,
            )
    if arguments.json:
        write_record(arguments.json, points=len(points), rows=rows)


if __name__ == "__main__":
    main()
