"""E57 files of laser scanners (ASTM E2807): the points of all scans, in the coordinates that the file has in common.

pye57 reads them, which wraps libE57Format.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.clouds.formats.extra import faults, library
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.scene import moved
from qaadcodec.clouds.opening import Place, remaining
from qaadcodec.clouds.packed import check_claim
from qaadcodec.errors import CloudError, EnvironmentFailure
from qaadcodec.files import private_file, reason

MAGIC = b"ASTM-E57"
_CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
_SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
_INVALID = ("cartesianInvalidState", "sphericalInvalidState")
_NAMES = {"intensity": "intensity", "colorRed": "colours", "nor:normalX": "normals", "timeStamp": "times"}
_CONVERT = "CloudCompare -SILENT -O FILE -C_EXPORT_FMT PLY -MERGE_CLOUDS -SAVE_CLOUDS"
_BYTES = 24  # of a point that is read


def read(place: Place) -> Contents:
    """The points of all scans, (M, 3) float64, each scan where its pose puts it; those marked as invalid are NaN.

    Raises:
        CloudError: pye57 is not installed; the file is no E57, is truncated or damaged, or has no points.
    """
    label = place.label
    with _opened(place) as (file, size):
        parts: list[Doubles] = []
        dropped: list[str] = []
        total = 0
        for i in range(file.scan_count):
            with faults(label, "E57"):
                header = file.get_header(i)
                total += int(header.point_count)
                fields = list(header.point_fields)
            check_claim(total * _BYTES, size, label)
            parts.append(_scan(file, header, f"{label}: scan {i}"))
            dropped += [_NAMES[field] for field in fields if field in _NAMES]
        if file.root.isDefined("images2D") and len(file.root["images2D"]):
            dropped.append("images")
    if not total:
        raise CloudError(f"{label}: has no points")
    return Contents(np.concatenate(parts), tuple(dict.fromkeys(dropped)))


def _scan(file: Any, header: Any, where: str) -> Doubles:
    """The points of one scan, (M, 3)."""
    fields = list(header.point_fields)
    axes = next((names for names in (_CARTESIAN, _SPHERICAL) if set(names) <= set(fields)), None)
    if axes is None:
        raise CloudError(f"{where} has no coordinates (fields: {', '.join(fields)[:200]})")
    wanted = [*axes, *(name for name in _INVALID if name in fields and name[:4] == axes[0][:4])]
    count = int(header.point_count)
    with faults(where, "E57"):
        if not count:
            return np.empty((0, 3))
        data, buffers = file.make_buffers(wanted, count)
        got = header.points.reader(buffers).read()
    if got != count:
        raise CloudError(f"{where} is truncated: it ends after {got} of {count} points")
    points: Doubles = np.stack([data[name] for name in axes], axis=1)
    if axes is _SPHERICAL:
        points = cartesian(points)
    for name in wanted[3:]:
        points[data[name] != 0] = np.nan
    with faults(where, "E57"):
        pose = _pose(header.node)
    return points if pose is None else moved(points, pose)


def cartesian(spherical: Doubles) -> Doubles:
    """Range, azimuth and elevation in radians, (M, 3), as x, y and z (E57 standard, 8.3.6)."""
    far, azimuth, elevation = spherical.T
    flat = far * np.cos(elevation)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), far * np.sin(elevation)], axis=1)


def _pose(scan: Any) -> Doubles | None:
    """The map (4, 4) from the scan to the file, of a unit quaternion and a translation; None where it has none."""
    if not scan.isDefined("pose"):
        return None
    pose, matrix = scan["pose"], np.eye(4)
    if pose.isDefined("rotation"):
        w, x, y, z = (float(pose["rotation"][name].value()) for name in "wxyz")
        matrix[:3, :3] = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    if pose.isDefined("translation"):
        matrix[:3, 3] = [float(pose["translation"][name].value()) for name in "xyz"]
    return matrix


@contextlib.contextmanager
def _opened(place: Place) -> Iterator[tuple[Any, int]]:
    """The open file, and its size. libE57Format takes paths alone."""
    label = place.label
    with place.opened() as stream:
        start, size = stream.read(len(MAGIC)), len(MAGIC) + remaining(stream)
    if not start:
        raise CloudError(f"{label}: is empty (0 bytes)")
    if start != MAGIC:
        raise CloudError(f"{label}: is not an E57 file; it does not begin with {MAGIC.decode()!r}")
    pye57 = library("pye57", label, f"; where there is none for the system, {_CONVERT}")
    with _on_disk(place) as path:
        # Its constructor removes a file that it cannot open: an input is never touched, so it is not called.
        file = pye57.E57.__new__(pye57.E57)
        with faults(label, "E57"):
            file.image_file = pye57.libe57.ImageFile(str(path), "r")
        try:
            yield file, size
        finally:
            file.close()


@contextlib.contextmanager
def _on_disk(place: Place) -> Iterator[Path]:
    """The file, or a temporary one of the bytes that came through a pipe or were packed."""
    if isinstance(place.file, Path):
        yield place.file
        return
    with contextlib.ExitStack() as stack:
        try:
            path, stream = stack.enter_context(private_file(Path(tempfile.gettempdir()), ".e57"))
            stream.write(place.file or b"")
            stream.flush()
        except OSError as error:
            raise EnvironmentFailure(f"{tempfile.gettempdir()}: no room for {place.label}: {reason(error)}") from error
        yield path


FORMAT = CloudFormat(
    name="e57",
    suffixes=(".e57",),
    signatures=(MAGIC,),
    read=read,
)
