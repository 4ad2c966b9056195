"""Files and arrays to point clouds and back: arrays, text, scans and meshes; resampling; normalisation; poses.

formats/clouds.md says what is read, kept and dropped of each format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qaadcodec.lazy import index

if TYPE_CHECKING:
    from qaadcodec.clouds.cloud import LeftOut, PointCloud
    from qaadcodec.clouds.find import files_of, find_clouds, one_cloud, read_cloud
    from qaadcodec.clouds.formats import FORMATS
    from qaadcodec.clouds.memory import Array, Inputs
    from qaadcodec.clouds.names import safe_relative_path, safe_relative_paths
    from qaadcodec.clouds.normalise import Normalisation
    from qaadcodec.clouds.pose import PoseNumbers, Similarity
    from qaadcodec.clouds.resample import resample
    from qaadcodec.clouds.source import CloudSource
    from qaadcodec.clouds.surface import Mesh
    from qaadcodec.clouds.write import write_cloud, write_clouds
    from qaadcodec.clouds.written import WRITTEN, format_of

__all__ = [
    "FORMATS",
    "WRITTEN",
    "Array",
    "CloudSource",
    "Inputs",
    "LeftOut",
    "Mesh",
    "Normalisation",
    "PointCloud",
    "PoseNumbers",
    "Similarity",
    "files_of",
    "find_clouds",
    "format_of",
    "one_cloud",
    "read_cloud",
    "resample",
    "safe_relative_path",
    "safe_relative_paths",
    "write_cloud",
    "write_clouds",
]

index(
    __name__,
    {
        "FORMATS": "formats",
        "WRITTEN": "written",
        "Array": "memory",
        "CloudSource": "source",
        "Inputs": "memory",
        "LeftOut": "cloud",
        "Mesh": "surface",
        "Normalisation": "normalise",
        "PointCloud": "cloud",
        "PoseNumbers": "pose",
        "Similarity": "pose",
        "files_of": "find",
        "find_clouds": "find",
        "format_of": "written",
        "one_cloud": "find",
        "read_cloud": "find",
        "resample": "resample",
        "safe_relative_path": "names",
        "safe_relative_paths": "names",
        "write_cloud": "write",
        "write_clouds": "write",
    },
)
