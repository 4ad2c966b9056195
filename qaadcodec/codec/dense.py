"""The dense references of clouds: each stands for the surface that a cloud was sampled from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from qaadcodec.clouds import CloudSource, find_clouds, read_cloud
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.originals import by_name
from qaadcodec.errors import CloudError
from qaadcodec.metrics.surface import SAMPLE, Surface
from qaadcodec.progress import Run
from qaadcodec.sets.remarks import Noticed


def dense_references(
    source: OpenArchive, dense: Sequence[str | Path], chosen: Collection[int], run: Run
) -> dict[int, CloudSource]:
    """The dense reference of each chosen cloud, found by name as originals are; none where `dense` is empty.

    Args:
        run: hears which files of folders are left out.

    Raises:
        CloudError: one of these clouds has none.
    """
    if not dense:
        return {}
    found = by_name(source.names, find_clouds(dense, run.note), "dense reference")
    for i in chosen:
        if i not in found:
            raise CloudError(
                f"no dense reference for cloud {i} ({source.names[i]})",
                hint="dense references are found by name, as originals are; --index chooses clouds",
            )
    return found


def read_surface(
    dense: str | Path | CloudSource, points: int, noticed: list[tuple[str, Noticed]] | None = None
) -> Surface:
    """The surface that a dense reference stands for.

    Args:
        dense: where the reference is; "-" is stdin.
        points: how many the original has, which the spacing is of.
        noticed: takes what there is to say of the file, and its path.

    Raises:
        CloudError: it cannot be read, has fewer points than the original, or no spacing.
    """
    label = dense.path if isinstance(dense, CloudSource) else "stdin" if str(dense) == "-" else str(dense)
    whole = read_cloud(dense)
    if noticed is not None:
        noticed.append((label, Noticed.of(whole)))
    cloud = whole.points
    if len(cloud) < max(points, 2):
        raise CloudError(
            f"{label}: too few points for a dense reference: {len(cloud)}, and the original has {points}",
            hint="it stands for the surface: a sampling of it with many times the points of the original",
        )
    surface = Surface.of(cloud, points)
    if surface.spacing == 0:
        raise CloudError(
            f"{label}: each of its first {min(SAMPLE, len(cloud))} points coincides with another, so it has no spacing",
            hint="a dense reference is spread over the surface, every point in a place of its own",
        )
    return surface
