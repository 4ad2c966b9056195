"""What stands below a sheet: where its clouds come from, what they cost, and what the colours mean."""

from __future__ import annotations

from collections.abc import Sequence

from qaadcodec.codec.open import OpenArchive
from qaadcodec.metrics.rate import ratio
from qaadcodec.pictures.frames import Stand
from qaadcodec.pictures.gather import MOST_POINTS, Shown
from qaadcodec.pictures.scale import Scale
from qaadcodec.remote.urls import name_of
from qaadcodec.report.text import count_of, grouped, percent


def caption(clouds: Sequence[Shown], stand: Stand, scale: Scale | None, source: str) -> str:
    """Sentences.

    Args:
        source: where the clouds come from, a sentence: see `archive_sentence`.
    """
    seen = "turning" if stand.turning else "seen from " + " and ".join(str(view) for view in stand.views)
    one_scale = ", all to one scale" if len(clouds) > 1 else ""
    sentences = [source, f"{drawn_as(clouds)}, {seen}{one_scale}."]
    if scale is not None:
        remark = f"; {scale.remark}" if scale.remark else ""
        by_faces = [cloud.original_faces is not None for cloud in clouds]
        stands_for = "which is discs round its points, " if not any(by_faces) else ""
        if any(by_faces) and not all(by_faces):
            stands_for = "which is discs round its points where it has no faces, "
        sentences.append(
            f"Error: the distance from each point to the surface of the original, {stands_for}"
            f"in {scale.unit}; the scale ends at {scale.end:.4g}{remark}."
        )
    if any(cloud.thinned for cloud in clouds):
        sentences.append(f"Of larger clouds {grouped(MOST_POINTS)} points are drawn.")
    return " ".join(sentences)


def drawn_as(clouds: Sequence[Shown]) -> str:
    """`Each is drawn as the surface through its points`; or by its faces, where it has some."""
    each = "Each" if len(clouds) > 1 else "It"
    originals = [cloud.original_faces is not None for cloud in clouds if cloud.original is not None]
    own = [cloud.faces is not None for cloud in clouds]
    if not any((*originals, *own)):
        return f"{each} is drawn as the surface through its points"
    if all((*originals, *own)):
        return f"{each} is drawn by its faces"
    if all(originals) and not any(own):
        if len(clouds) == 1:
            return "The original is drawn by its faces, the other as the surface through its points"
        return "Originals are drawn by their faces, the others as the surface through their points"
    return "What has faces is drawn by them, all else as the surface through its points"


def archive_sentence(archive: OpenArchive, path: str, shown: int) -> str:
    """`a.qaad: 60 840 bytes for 64 clouds of 8 192 points, 103.4 times less than as float32; 3 of them are shown.`"""
    n, m, size = len(archive), archive.header.points, archive.size_bytes
    share = "" if shown == n else f"; {grouped(shown)} of them {'is' if shown == 1 else 'are'} shown"
    error = archive.header.errors.get("n_em_kd")
    told = "" if error is None else f", nEM-kD {percent(error)} when it was made"
    return (
        f"{name_of(path)}: {grouped(size)} bytes for {count_of(n, 'cloud')} of {count_of(m, 'point')}, "
        f"{ratio(n, m, size):.1f} times less than as float32{told}{share}."
    )


def files_sentence(shown: int, found: int, what: str) -> str:
    """`skulls/: 6 of 64 clouds are shown.`"""
    which = count_of(shown, "cloud") if shown == found else f"{grouped(shown)} of {count_of(found, 'cloud')}"
    return f"{what}: {which}."
