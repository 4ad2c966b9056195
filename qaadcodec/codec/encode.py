"""`encode`: more clouds for an archive, by fitting their latents; its network and input cloud stay as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qaadcodec.archive import ArchiveReader, Header, NewClouds, check_extendable, extend, storable_names
from qaadcodec.arrays import Doubles, Singles
from qaadcodec.clouds import Inputs, Normalisation, files_of, find_clouds
from qaadcodec.codec.newcomers import check_reach, far_off, look_at_new
from qaadcodec.codec.open import OpenArchive
from qaadcodec.files import atomic_output, preflight, protect
from qaadcodec.metrics.em_kd import em_kd, variance
from qaadcodec.metrics.names import ADDED
from qaadcodec.metrics.sampled import SAMPLE, SampledError, sample_error
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Run
from qaadcodec.remote.urls import Location, located, shown
from qaadcodec.sets.again import unchanged
from qaadcodec.sets.align import Frame, align_with
from qaadcodec.sets.gather import Gathered, gather, outer_box
from qaadcodec.sets.hubs import HUBS
from qaadcodec.sets.looks.finding import Finding, tell_all
from qaadcodec.sets.surfaces import sampled
from qaadcodec.sets.survey import Survey, survey, tell
from qaadcodec.training.backend import check_device, load_torch
from qaadcodec.training.expected import expected_fitting
from qaadcodec.version import __version__

if TYPE_CHECKING:
    from qaadcodec.training.fitting import Fitted


@dataclass(frozen=True, slots=True)
class EncodeSummary:
    """What was added. Sizes in bytes; `em_kd` in squared input units, `em_kd_root` in input units, of a sample.

    `interrupted`: it was stopped before all of the new clouds were fitted, and `unfitted` of them were left out;
    `skipped`, `points_left_out`, `files_left_out` and `findings` are as for `compress`.
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
    files_left_out: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def encode(
    archive: Location,
    inputs: Inputs,
    output: Location,
    *,
    run: Run | None = None,
    overwrite: bool = False,
    skip_bad: bool = False,
) -> EncodeSummary:
    """Write a copy of an archive with more clouds in it. Existing clouds decode exactly as before.

    Args:
        archive: the .qaad file to extend; never changed.
        inputs: the new clouds, as for `compress`; resampled, or their surfaces sampled, to the archive's M.
        output: the new .qaad file, or its URL; appears whole or not at all.
        run: device, seed, listener, stop request, and how strict it is with clouds. Once it is stopped, the clouds
            fitted so far are written.
        overwrite: replace an existing output.
        skip_bad: leave unusable clouds out instead of raising.

    Raises:
        ArchiveError, CloudError, EnvironmentFailure, UsageError; Interrupted when stopped before one was fitted.
    """
    run, output = (run or Run()).within(None), located(output)
    check_device(run.device)
    with ArchiveReader(archive) as reader:
        preflight(output, overwrite)
        run.expect()
        protect([archive], output)
        header = reader.header
        source = OpenArchive(reader)
        unread: list[str] = []
        sources = find_clouds(inputs, run.note, unread)
        protect(files_of(sources), output)
        found = survey(sources, run, skip_bad=skip_bad)
        sampled(found, header.points, run, skip_bad=skip_bad)
        tell(found, header.points, "what the archive has", run)
        check_extendable(reader, len(found.sources))
        norm = Normalisation(np.array(header.offset), header.scale)
        check_reach(header.dtype, norm, found)
        known = unlike_clouds(source)
        with unchanged(
            found,
            lambda: gather(found, header.points, run, norm, frame_of(reader, known, found, run)),
            run,
            skip_bad=skip_bad,
        ) as gathered:
            findings = look_at_new(found, gathered, known)
            tell_all(findings, run)
            latents, errors = fit_new(source, gathered, run)
            count = len(latents)
            if count < len(gathered):
                run.warn(f"stopped: {len(gathered) - count} of {len(gathered)} new clouds were not added")
            names = free_names(reader, gathered.names[:count], run)
            poses = None if gathered.poses is None else gathered.poses.rows(slice(count))
            extended = extend(reader, NewClouds(latents, names, gathered.counts[:count], poses))
            with extended.reader() as new:  # the latents as they will be read
                stored = new.latents(range(header.clouds, extended.header.clouds))
            measured = Measured(source, gathered, stored)
            error = measured.of_sample(run)
            paths = [source.path for source in found.sources]
            if strange := far_off(header, paths, (errors, measured.n_em_kd), findings):
                strange.tell(run)
                findings.append(strange)
            with atomic_output(output, overwrite) as stream:
                size = extended.with_header(widened(extended.header, gathered.boxes[:count], error)).write(stream)
        grown = size - reader.size_bytes
    unfitted = len(gathered.names) - count
    return EncodeSummary(
        path=shown(output),
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
        files_left_out=tuple(unread),
        findings=tuple(findings),
    )


def fit_new(source: OpenArchive, gathered: Gathered, run: Run) -> Fitted:
    """Latents and errors of the gathered clouds, or of the first of them where the run was stopped."""
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


@dataclass(frozen=True, slots=True)
class Measured:
    """New clouds as they will decode from their latents.

    Attributes:
        source: the archive.
        gathered: the clouds as they were given.
        stored: their latents as they will be read, (n, l).
    """

    source: OpenArchive
    gathered: Gathered
    stored: Singles

    def original(self, cloud: int) -> Singles:
        """Normalised points, turned as they were given, (M, 3)."""
        return self.gathered.turned(cloud, self.gathered.store.points[cloud])

    def decoded(self, cloud: int) -> Singles:
        """The same of what will be decoded."""
        source = self.source
        points = decode_points(source.header.network, source.weights, source.input_cloud, self.stored[cloud])
        return self.gathered.turned(cloud, points)

    def n_em_kd(self, cloud: int) -> float:
        """EM-kD over the variance of a cloud."""
        spread = variance(truth := self.original(cloud))
        return em_kd(self.decoded(cloud), truth) / spread if spread > 0 else 0.0

    def of_sample(self, run: Run) -> SampledError:
        """The error of a sample of the clouds."""
        count = len(self.stored)
        with run.phase("measuring", min(SAMPLE, count), "clouds") as phase:
            return sample_error(count, self.original, self.decoded, self.source.header.scale, run, phase)


def frame_of(reader: ArchiveReader, known: Sequence[Singles], found: Survey, run: Run) -> Frame | None:
    """Poses of the new clouds, found by these that the archive has; None where those have no poses."""
    poses, header = reader.poses(), reader.header
    if poses is None:
        return None
    return align_with(known, Frame(Normalisation(np.array(header.offset), header.scale), poses), found, run)


def unlike_clouds(source: OpenArchive) -> list[Singles]:
    """Up to HUBS clouds of an archive that are unlike each other, normalised and aligned, (M, 3)."""
    header, latents = source.header, source.latents()
    return [decode_points(header.network, source.weights, source.input_cloud, latents[i]) for i in unlike(latents)]


def unlike(latents: Singles) -> list[int]:
    """Up to HUBS clouds by their latents (N, l): the one nearest the mean, then each the farthest from those before."""
    chosen = [int(np.square(latents - latents.mean(0)).sum(1).argmin())]
    gaps = np.square(latents - latents[chosen[0]]).sum(1)
    while len(chosen) < min(HUBS, len(latents)):
        chosen.append(int(gaps.argmax()))
        gaps = np.minimum(gaps, np.square(latents - latents[chosen[-1]]).sum(1))
    return chosen


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
