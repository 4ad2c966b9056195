"""`encode`: more clouds for an archive, by fitting their latents; its network and input cloud stay as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qaadcodec.archive import ArchiveReader, NewClouds, check_extendable, extend, storable_names
from qaadcodec.arrays import Singles
from qaadcodec.clouds import Inputs, Normalisation, files_of, find_clouds
from qaadcodec.codec.added import Measured, widened
from qaadcodec.codec.already import already, is_there
from qaadcodec.codec.claiming import claimed_output, put
from qaadcodec.codec.grown import EncodeSummary, difference
from qaadcodec.codec.known import frame_of, unlike_clouds
from qaadcodec.codec.newcomers import check_reach, far_off, look_at_new
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.resumed import same_clouds, same_machine
from qaadcodec.errors import Interrupted
from qaadcodec.files import protect, real_target
from qaadcodec.progress import Run
from qaadcodec.remote.urls import Location, located, shown
from qaadcodec.sets.again import unchanged
from qaadcodec.sets.gather import Gathered, gather
from qaadcodec.sets.looked_at import LookedAt
from qaadcodec.sets.looks.finding import tell_all
from qaadcodec.sets.surfaces import sampled
from qaadcodec.sets.survey import Survey, survey, tell
from qaadcodec.training.backend import check_device, load_torch
from qaadcodec.training.expected import expected_fitting, still_to_come
from qaadcodec.work.session import checkpointing

if TYPE_CHECKING:
    from qaadcodec.training.fitting_group import Fitted

PLACED = "looked at"  # a part of a checkpoint: where each cloud lies
MEASURING_SHARE = 0.05  # of the time left when clouds are fitted, kept for measuring and writing


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
        run: device, seed, listener, stop request, how strict it is with clouds, and where it keeps what it can go on
            from, as for `compress`. Once it is stopped, the clouds fitted so far are written. Its deadline, if it has
            one, is kept by taking fewer steps for each cloud.
        overwrite: replace an existing output.
        skip_bad: leave unusable clouds out instead of raising.

    Raises:
        ArchiveError, CloudError, EnvironmentFailure, UsageError; Interrupted when stopped before one was fitted.
    """
    run, output = run or Run(), located(output)
    asked = run.budget_seconds
    run = run.within(run.seconds_left)
    check_device(run.device)
    there = is_there(real_target(output), overwrite, run)
    with ArchiveReader(archive) as reader, claimed_output(output, overwrite or there) as target:
        protect([archive], output)
        if there:

            def differs(grown: ArchiveReader) -> str | None:
                names = [source.name for source in find_clouds(inputs)]
                return difference(reader, grown, names, skip_bad=skip_bad)

            def told(grown: ArchiveReader) -> EncodeSummary:
                return EncodeSummary.of_archives(reader, grown, shown(output), run)

            if (done := already(target, run, differs, told)) is not None:
                return done
        with checkpointing(target, run.work, options_of(reader, asked, run), run.note) as checkpoints:
            claimed = Asked(output, overwrite or there, skip_bad)
            return encode_claimed(reader, inputs, claimed, run.going_on(checkpoints))


class Asked(NamedTuple):
    """What `encode` was asked for; see there."""

    output: Location
    overwrite: bool
    skip_bad: bool


def options_of(reader: ArchiveReader, budget: float | None, run: Run) -> dict[str, Any]:
    """All that decides what comes out of the same clouds, by name. The checksums of an archive stand for all of it."""
    return {
        "command": "encode",
        "archive": f"{reader.header.clouds} clouds, {reader.frame.header_crc32:08x}-{reader.frame.table_crc32:08x}",
        "budget_seconds": None if budget is None else round(budget, 3),
        "seed": run.seed,
        "device": run.device,
        "sample": run.sample,
    }


def encode_claimed(reader: ArchiveReader, inputs: Inputs, asked: Asked, run: Run) -> EncodeSummary:
    """`encode`, once nothing stands in the way of its output."""
    run.expect()
    header, source, checkpoints = reader.header, OpenArchive(reader), run.checkpoints
    unread: list[str] = []
    sources = find_clouds(inputs, run.note, unread)
    protect(files_of(sources), asked.output)
    found = survey(sources, run, skip_bad=asked.skip_bad)
    sampled(found, header.points, run, skip_bad=asked.skip_bad)
    tell(found, header.points, "what the archive has", run)
    check_extendable(reader, len(found.sources))
    check_reach(header.dtype, Normalisation(np.array(header.offset), header.scale), found)
    known = unlike_clouds(source)
    leave_out = asked.skip_bad and not checkpoints.resumed
    with unchanged(found, lambda: laid(reader, known, found, run), run, skip_bad=leave_out) as gathered:
        findings = look_at_new(found, gathered, known)
        tell_all(findings, run)
        latents, errors = fit_new(source, gathered, run)
        count = len(latents)
        if unfitted := len(gathered) - count:
            run.warn(f"stopped: {unfitted} of {len(gathered)} new clouds were not added")
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
        whole = extended.with_header(widened(extended.header, gathered.boxes[:count], error))
        checkpoints.staying = unfitted > 0 and run.stop.to_go_on and checkpoints.any
        size = put(whole, asked.output, asked.overwrite, run)
    return EncodeSummary(
        path=shown(asked.output),
        added=count,
        clouds=header.clouds + count,
        points=header.points,
        bytes_out=size,
        bytes_added=size - reader.size_bytes,
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


def laid(reader: ArchiveReader, known: Sequence[Singles], found: Survey, run: Run) -> Gathered:
    """The surveyed clouds, placed by some clouds that the archive has, and gathered.

    Raises:
        ChangedError, CloudError, EnvironmentFailure, Interrupted.
    """
    same_clouds(found, run)
    left = run.checkpoints.take(PLACED)
    frame = frame_of(reader, known, found, run) if left is None else LookedAt.of(left, len(found)).frame
    run.checkpoints.keep(PLACED, LookedAt(frame).state())
    run.checkpoints.change("normalising")
    header = reader.header
    return gather(found, header.points, run, Normalisation(np.array(header.offset), header.scale), frame)


def fit_new(source: OpenArchive, gathered: Gathered, run: Run) -> Fitted:
    """Latents and errors of the gathered clouds, or of the first of them where the run was stopped.

    Raises:
        Interrupted: stopped before a cloud was fitted.
    """
    load_torch(run)  # it takes seconds: bad input is told before
    from qaadcodec.training.fitting import Learnt, fit

    same_machine(run)
    run.expect(*still_to_come(expected_fitting(len(gathered), source.header.points), run.checkpoints))
    learnt = Learnt(source.header.network, source.weights, source.input_cloud, source.latents())
    left = run.seconds_left
    found = fit(learnt, gathered.store, run.within(None if left is None else (1.0 - MEASURING_SHARE) * left))
    if not len(found.latents):
        raise Interrupted("stopped before a cloud was fitted; nothing was written")
    return found


def free_names(reader: ArchiveReader, wanted: tuple[str, ...], run: Run) -> tuple[str, ...]:
    """Names for new clouds that the archive does not have yet, and a warning where they are not those wanted."""
    names = storable_names([*reader.names, *wanted])[reader.header.clouds :]
    if renamed := [pair for pair in zip(wanted, names, strict=True) if pair[0] != pair[1]]:
        what = f"{len(renamed)} of {len(wanted)} new clouds have names that are taken"
        run.warn(f"{what}: {renamed[0][0]} becomes {renamed[0][1]}")
    return names
