"""What is to be shown: clouds of an archive or of files, their originals, and how far they are from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Doubles, Floats
from qaadcodec.clouds import CloudSource, Inputs, Mesh, find_clouds
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.originals import by_name
from qaadcodec.errors import CloudError
from qaadcodec.pictures.distances import distances_to_faces, distances_to_surface
from qaadcodec.pictures.faces import Faces, faces_of
from qaadcodec.progress import Run

MOST_POINTS = 200_000  # of a cloud are drawn: about as many as a picture has pixels
MOST_CLOUDS = 6  # of a set, where it is not said which


@dataclass(frozen=True, slots=True)
class Shown:
    """A cloud that is shown.

    Attributes:
        title: what it is called: its index, if it has one, and its name.
        points: (m, 3), MOST_POINTS of them at most, relative to the middle of the box of the original, or of their own;
            the vertices of its faces where there are any.
        original: (n, 3), likewise, or None.
        distances: (m,), from the points to the surface of the original, in the unit of both; None without an original.
        thinned: whether points were left out.
        about: what else is said of it.
        faces, original_faces: by which they are drawn; None where they are drawn as the surface through their points.
    """

    title: str
    points: Doubles
    original: Doubles | None = None
    distances: Doubles | None = None
    thinned: bool = False
    about: str = ""
    faces: Faces | None = None
    original_faces: Faces | None = None


class Given(NamedTuple):
    """A cloud as it is given: points (m, 3), and faces where it has some."""

    points: Floats
    mesh: Mesh | None = None


def given(source: CloudSource) -> Given:
    """The cloud of a file, with its faces; CloudError as for `CloudSource.load`."""
    cloud = source.load()
    return Given(cloud.points, source.mesh() if cloud.has_faces else None)


def shown(title: str, cloud: Given, original: Given | None = None, about: str = "") -> Shown:
    """A cloud, with its original where that is known."""
    first = cloud.points if original is None else original.points
    low, high = first.min(axis=0).astype(np.float64), first.max(axis=0).astype(np.float64)
    middle = low / 2 + high / 2
    faces = faces_of(cloud.mesh, len(cloud.points), middle)
    points = thin(cloud.points) - middle if faces is None else faces.vertices
    thinned = faces is None and len(cloud.points) > MOST_POINTS
    if original is None:
        return Shown(title, points, thinned=thinned, about=about, faces=faces)
    whole = original.points.astype(np.float64) - middle
    of_original = faces_of(original.mesh, len(whole), middle)
    if of_original is None:
        distances, kept = distances_to_surface(points, whole), thin(whole)
        thinned = thinned or len(whole) > MOST_POINTS
    else:
        distances, kept = distances_to_faces(points, of_original), of_original.vertices
    return Shown(title, points, kept, distances, thinned, about, faces, of_original)


def thin(points: Floats) -> Doubles:
    """The points as float64, or MOST_POINTS of them, drawn at random, in their order."""
    if len(points) <= MOST_POINTS:
        return points.astype(np.float64)
    kept = np.random.default_rng(0).choice(len(points), MOST_POINTS, replace=False)
    return points[np.sort(kept)].astype(np.float64)


def spread(count: int, most: int = MOST_CLOUDS) -> list[int]:
    """All of `count` clouds, or so many of them, evenly spread, with the first and the last."""
    return [int(i) for i in np.unique(np.linspace(0, count - 1, min(count, most)).round())]


def of_archive(archive: OpenArchive, chosen: Sequence[int], references: Inputs | None, run: Run) -> list[Shown]:
    """Clouds of an archive by their indices, with originals of the same names where there are references.

    Raises:
        CloudError: one has no original; ArchiveError, IndexError.
    """
    found = {} if references is None else by_name(archive.names, find_clouds(references))
    count = min(archive.header.points, MOST_POINTS)
    result = []
    with run.phase("decoding", len(chosen), "clouds") as phase:
        for i in map(archive.absolute_index, chosen):
            name = archive.names[i]
            original = None if references is None else given(original_of(found, i, name))
            result.append(shown(f"{i} · {name}", Given(archive.points(i, count)), original))
            phase.advance()
    return result


def of_files(sources: Sequence[CloudSource], references: Inputs | None, run: Run) -> list[Shown]:
    """Clouds of files, with originals of the same names; a single cloud with the only original, whatever its name."""
    found: dict[int, CloudSource] = {}
    if references is not None:
        originals = find_clouds(references)
        alone = len(sources) == len(originals) == 1
        found = {0: originals[0]} if alone else by_name([source.name for source in sources], originals)
    result = []
    with run.phase("reading", len(sources), "clouds") as phase:
        for i, source in enumerate(sources):
            original = None if references is None else given(original_of(found, i, source.name))
            result.append(shown(source.name, given(source), original))
            phase.advance()
    return result


def original_of(found: dict[int, CloudSource], index: int, name: str) -> CloudSource:
    """The original of a cloud; CloudError where there is none."""
    if index not in found:
        raise CloudError(
            f"no original for {name} among the references",
            hint="originals are found by name, relative to the folder given",
        )
    return found[index]
