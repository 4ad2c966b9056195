"""The cloud formats. A file of this package describes one of them, in the record `FORMAT`; this is their table."""

from __future__ import annotations

from importlib import import_module

from qaadcodec.clouds.formats.record import CloudFormat, Records

# A new format is a file that defines FORMAT, and a line here. Help and messages list the formats in this order.
_FILES = {
    "ply": "ply",
    "npy": "npy",
    "npz": "npz",
    "h5": "hdf5",
    "xyz": "xyz",
    "off": "off",
    "obj": "obj",
    "stl": "stl",
    "glb": "gltf",
    "3mf": "threemf",
    "vtk": "vtk",
    "vtp": "vtp",
    "pcd": "pcd",
    "las": "las",
    "e57": "e57",
}


def _record(name: str) -> CloudFormat:
    record: CloudFormat = import_module(f"{__name__}.{_FILES[name]}").FORMAT
    return record


TABLE = Records(tuple(_FILES), _record)

FORMATS = tuple(TABLE)
"""The formats that are read"""
