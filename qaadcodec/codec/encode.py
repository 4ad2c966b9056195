"""`encode`: more clouds for an archive, by fitting their latents; its network and input cloud stay as they are."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from qaadcodec.archive import ArchiveReader, Header, NewClouds, check_extendable, extend, storable_names
from qaadcodec.arrays import Doubles, Singles
from qaadcodec.clouds import Inputs, Normalisation, files_of, find_clouds
from qaadcodec.codec.open import OpenArchive
from qaadcodec.errors import CloudError
from qaadcodec.files import atomic_output, preflight, protect
from qaadcodec.metrics.names import ADDED
from qaadcodec.metrics.sampled import SAMPLE, SampledError, sample_error
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Run
from qaadcodec.sets.align import Frame, align_with
from qaadcodec.sets.gather import FLOAT32_MOST, Gathered, gather, outer_box
from qaadcodec.sets.hubs import HUBS
from qaadcodec.sets.survey import Survey, survey, tell
from qaadcodec.training.backend import check_device, load_torch
from qaadcodec.training.expected import expected_fitting
from qaadcodec.version import __version__

OUTSIDE = 1.25  # normalised coordinates of a new cloud beyond which it does not look like one of the set
FARTHEST = 1e9  # of the normalised coordinates of a new cloud: sums of their squares stay within float32
FAR_OFF = 10  # times the error of the set, beyond which the new clouds do not look like it
ALIKE = "are they of the same kind, units and position?"


@dataclass(frozen=True, slots=True)
class EncodeSummary:
    """What was added. Sizes in bytes; `em_kd` in squared input units, `em_kd_root` in input units, of a sample.

    `interrupted`: it was stopped before all of the new clouds were fitted, and `unfitted` of them were left out;
    `skipped` and `points_left_out` are as for `compress`.
    """

    path: str
    added: int
    clouds: int
    points: int
    bytes_out: int
    bytes_added: int
    em_kd: float
    em_kd_root: float
    n_em_kd: float
    sample: int
    seconds: float
    interrupted: bool
    unfitted: int
    skipped: tuple[tuple[str, str], ...]
    points_left_out: tuple[tuple[str, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def encode(
    archive: str | Path,
    inputs: Inputs,
    output: str | Path,
    *,
    run: Run | None = None,
    overwrite: bool = False,
    skip_bad: bool = False,
) -> EncodeSummary:
    """Write a copy of an archive with more clouds in it. Existing clouds decode exactly as before.

    Args:
        archive: the .qaad file to extend; never changed.
        inputs: the new clouds, as for `compress`; resampled to the archive's M.
        output: the new .qaad file; appears whole or not at all.
        run: device, seed, listener, stop request, and how strict it is with clouds. Once it is stopped, the clouds
            fitted so far are written.
        overwrite: replace an existing output.
        skip_bad: leave unusable clouds out instead of raising.

    Raises:
        ArchiveError, CloudError, EnvironmentFailure, UsageError; Interrupted when stopped before one was fitted.
    """
    run = (run or Run()).within(None)
    check_device(run.device)
    with ArchiveReader(archive) as reader:
        preflight(output, overwrite)
        run.expect()
        protect([archive], output)
        header = reader.header
        source = OpenArchive(reader)
        sources = find_clouds(inputs)
        protect(files_of(sources), output)
        found = survey(sources, run, skip_bad=skip_bad)
        tell(found, header.points, "what the archive has", run)
        check_extendable(reader, len(found.sources))
        norm = Normalisation(np.array(header.offset), header.scale)
        check_reach(header.dtype, norm, found)
        with gather(found, header.points, run, norm, frame_of(reader, source, found, run)) as gathered:
            if strange := outside(gathered):
                run.warn(f"{strange}; {ALIKE}")
            latents = fit_new(source, gathered, run)
            count = len(latents)
            if count < len(gathered):
                run.warn(f"stopped: {len(gathered) - count} of {len(gathered)} new clouds were not added")
            names = free_names(reader, gathered.names[:count], run)
            poses = None if gathered.poses is None else gathered.poses.rows(slice(count))
            extended = extend(reader, NewClouds(latents, names, gathered.counts[:count], poses))
            with extended.reader() as new:  # the latents as they will be read
                stored = new.latents(range(header.clouds, extended.header.clouds))
            error = error_of(source, gathered, stored, run)
            if not strange and (strange := far_off(header, error)):
                run.warn(f"{strange}; {ALIKE}")
            with atomic_output(output, overwrite) as stream:
                size = extended.with_header(widened(extended.header, gathered.boxes[:count], error)).write(stream)
        grown = size - reader.size_bytes
    unfitted = len(gathered.names) - count
    return EncodeSummary(
        path=str(output),
        added=count,
        clouds=header.clouds + count,
        points=header.points,
        bytes_out=size,
        bytes_added=grown,
        em_kd=error.em_kd,
        em_kd_root=math.sqrt(error.em_kd),
        n_em_kd=error.n_em_kd,
        sample=error.sample,
        seconds=run.seconds,
        interrupted=unfitted > 0,
        unfitted=unfitted,
        skipped=tuple(found.skipped),
        points_left_out=found.remarks.points_left_out,
    )


def fit_new(source: OpenArchive, gathered: Gathered, run: Run) -> Singles:
    """Latents of the gathered clouds, or of the first of them where the run was stopped; (n, l) float32."""
    load_torch(run)  # it takes seconds: bad input is told before
    from qaadcodec.training.fitting import Learnt, fit

    run.expect(*expected_fitting(len(gathered), source.header.points))
    learnt = Learnt(source.header.network, source.weights, source.input_cloud, source.latents())
    return fit(learnt, gathered.store, run)


def free_names(reader: ArchiveReader, wanted: tuple[str, ...], run: Run) -> tuple[str, ...]:
    """Names for new clouds that the archive does not have yet, and a warning where they are not those wanted."""
    names = storable_names([*reader.names, *wanted])[reader.header.clouds :]
    if renamed := [pair for pair in zip(wanted, names, strict=True) if pair[0] != pair[1]]:
        what = f"{len(renamed)} of {len(wanted)} new clouds have names that are taken"
        run.warn(f"{what}: {renamed[0][0]} becomes {renamed[0][1]}")
    return names


def error_of(source: OpenArchive, gathered: Gathered, stored: Singles, run: Run) -> SampledError:
    """The error of a sample of the new clouds, as they will decode from their latents (n, l)."""
    header, points = source.header, gathered.store.points
    with run.phase("measuring", min(SAMPLE, len(stored)), "clouds") as phase:
        return sample_error(
            len(stored),
            lambda i: gathered.turned(i, points[i]),
            lambda i: gathered.turned(i, decode_points(header.network, source.weights, source.input_cloud, stored[i])),
            header.scale,
            run,
            phase,
        )


def frame_of(reader: ArchiveReader, source: OpenArchive, found: Survey, run: Run) -> Frame | None:
    """Poses of the new clouds, found by clouds that the archive has; None where those have no poses."""
    poses, header = reader.poses(), reader.header
    if poses is None:
        return None
    latents = source.latents()
    known = [decode_points(header.network, source.weights, source.input_cloud, latents[i]) for i in unlike(latents)]
    return align_with(known, Frame(Normalisation(np.array(header.offset), header.scale), poses), found, run)


def unlike(latents: Singles) -> list[int]:
    """Up to HUBS clouds by their latents (N, l): the one nearest the mean, then each the farthest from those before."""
    chosen = [int(np.square(latents - latents.mean(0)).sum(1).argmin())]
    gaps = np.square(latents - latents[chosen[0]]).sum(1)
    while len(chosen) < min(HUBS, len(latents)):
        chosen.append(int(gaps.argmax()))
        gaps = np.minimum(gaps, np.square(latents - latents[chosen[-1]]).sum(1))
    return chosen


def check_reach(dtype: str, norm: Normalisation, found: Survey) -> None:
    """Refuse a new cloud whose coordinates the archive cannot give back, or which cannot be computed with."""
    for source, box in zip(found.sources, found.boxes, strict=True):
        if (reach := reach_of(norm, box)) > FARTHEST:
            raise CloudError(f"{source.path}: reaches {reach:.3g} times as far from the centre as the set", hint=ALIKE)
        if dtype == "float32" and (farthest := float(np.abs(box).max())) > FLOAT32_MOST:
            what = f"{source.path}: has a coordinate of {farthest:.3g}, and the archive gives clouds back as float32"
            raise CloudError(what, hint=ALIKE)


def reach_of(norm: Normalisation, boxes: Doubles) -> float:
    """How far from the centre of the set boxes (..., 3) reach, over how far the set did."""
    return float(np.abs((boxes - norm.offset) / norm.scale).max())


def outside(gathered: Gathered) -> str | None:
    """What to say of new clouds that reach far outside the set; None where there is nothing."""
    if gathered.frame is None:
        reach = reach_of(gathered.normalisation, gathered.boxes)
    else:
        reach = max(float(np.abs(cloud).max()) for cloud in gathered.store.each())
    if reach <= OUTSIDE:
        return None
    return f"the new clouds reach {reach:.2f} times as far from the centre as those of the set did"


def far_off(header: Header, error: SampledError) -> str | None:
    """What to say of new clouds that come back much worse than those of the set; None where there is nothing."""
    known = header.errors.get("n_em_kd", 0.0)
    if error.n_em_kd <= FAR_OFF * known or known == 0:
        return None
    here, there = f"{100 * error.n_em_kd:.2f} %", f"{100 * known:.2f} %"
    return f"the new clouds come back with an nEM-kD of {here}, those of the set with {there}"


def widened(header: Header, boxes: Doubles, error: SampledError) -> Header:
    """The header with the new clouds in its bounds, and with the error of those that were added last.

    Only their EM-kD is kept: each number in a header takes more bytes than a latent of 32 numbers.
    """
    low, high = outer_box(np.concatenate([np.array(header.bounds)[None], boxes]))
    added = {ADDED: error.to_header()["em_kd"]}
    return replace(
        header,
        bounds=(tuple(low.tolist()), tuple(high.tolist())),
        errors=header.errors | added,
        writer=f"qaad {__version__}",
    )
