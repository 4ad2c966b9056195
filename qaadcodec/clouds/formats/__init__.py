"""The cloud formats. A file of this package describes one of them, in the record `FORMAT`; this is their table."""

from __future__ import annotations

from importlib import import_module

from qaadcodec.clouds.formats.record import CloudFormat

# A new format is a file that defines FORMAT, and a line here. Help and messages list the formats in this order.
_FILES = (
    "ply",
    "npy",
    "npz",
    "hdf5",
    "xyz",
    "off",
    "obj",
    "stl",
    "gltf",
    "threemf",
    "vtk",
    "vtp",
    "pcd",
    "las",
    "e57",
)


def _record(file: str) -> CloudFormat:
    record: CloudFormat = import_module(f"{__name__}.{file}").FORMAT
    return record


TABLE = {record.name: record for record in map(_record, _FILES)}

FORMATS = tuple(TABLE)
"""The formats that are read"""
