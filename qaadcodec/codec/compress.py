"""`compress`: a set of clouds becomes one archive."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from qaadcodec.archive import ArchiveReader
from qaadcodec.assignment.kernels.ready import make_ready
from qaadcodec.clouds import Inputs, files_of, find_clouds
from qaadcodec.codec.already import already, is_there
from qaadcodec.codec.claiming import claimed_output, put
from qaadcodec.codec.compressed import CompressSummary, difference
from qaadcodec.codec.resumed import same_clouds, same_machine
from qaadcodec.codec.start_from import Start, digest, starting
from qaadcodec.codec.verdict import verdict
from qaadcodec.config import Request, plan
from qaadcodec.files import protect, real_target
from qaadcodec.metrics.rate import bits_per_point, ratio, ratio_paper, raw_bytes
from qaadcodec.progress import Run
from qaadcodec.remote.urls import Location, located, shown
from qaadcodec.sets.again import unchanged
from qaadcodec.sets.align import CLEAR, HELPFUL, align
from qaadcodec.sets.gather import Gathered, gather
from qaadcodec.sets.looked_at import LookedAt
from qaadcodec.sets.looks.finding import Finding, tell_all
from qaadcodec.sets.looks.look import look
from qaadcodec.sets.sketches import Sketches
from qaadcodec.sets.surfaces import sampled
from qaadcodec.sets.survey import Survey, survey, tell
from qaadcodec.training.backend import check_device, choose_device, load_torch
from qaadcodec.training.expected import expected_phases, still_to_come
from qaadcodec.work.session import checkpointing

if TYPE_CHECKING:
    from qaadcodec.training.finish import Learned

LOOKED_AT = "looked at"  # a part of a checkpoint


def compress(
    inputs: Inputs,
    output: Location,
    request: Request | None = None,
    *,
    run: Run | None = None,
    overwrite: bool = False,
    skip_bad: bool = False,
) -> CompressSummary:
    """Learn a set of clouds and write it as one archive.

    Args:
        inputs: folders, files, parts of files, and URLs of these; or arrays and tensors, (M, 3) each or (N, M, 3), by
            themselves or as (name, array), in a list, a dict or an iterator. `clouds.find_clouds` says how they are
            read and named.
        output: the .qaad file, or its URL; appears whole or not at all.
        request: what is asked for; the default preset when None.
        run: device, seed, listener, stop request, how strict it is with clouds, what it takes of meshes, and where it
            keeps what it can go on from. Once it is stopped, training ends early and what was learnt is written; while
            clouds are read, nothing is. The time of the request's budget begins now. Where it is to go on, and its
            archive is there already, nothing is done: see `codec.already`.
        overwrite: replace an existing output.
        skip_bad: leave unusable clouds out instead of raising, and those that change while they are read.

    Raises:
        CloudError, EnvironmentFailure, UsageError; Interrupted when stopped while reading.
    """
    request = request or Request()
    run = (run or Run()).within(request.budget_seconds)
    output = located(output)
    check_device(run.device)
    protect([] if request.start is None else [request.start], output)
    ranks = run.ranks
    there = ranks.decided(lambda: is_there(real_target(output), overwrite, run))
    with starting(request) as start, claimed_output(output, overwrite or there, ranks) as target:
        if there:

            def differs(reader: ArchiveReader) -> str | None:
                names = [source.name for source in find_clouds(inputs)]
                return difference(reader, request, names, run.seed, skip_bad=skip_bad)

            def told(reader: ArchiveReader) -> CompressSummary:
                return CompressSummary.of_archive(reader, shown(output), run)

            done = ranks.decided(lambda: already(target, run, differs, told))
            if done is not None:
                return done
        with checkpointing(target, run.work, options_of(request, run), run.note, ranks) as checkpoints:
            asked = Asked(request, output, overwrite or there, skip_bad, start)
            return compress_claimed(inputs, asked, run.going_on(checkpoints))


class Asked(NamedTuple):
    """What `compress` was asked for; see there."""

    request: Request
    output: Location
    overwrite: bool
    skip_bad: bool
    start: Start | None


def options_of(request: Request, run: Run) -> dict[str, Any]:
    """All that decides what comes out of the same clouds, by the names of the options."""
    settings = {f"set {name}": value for name, value in request.settings.items()}
    given = {f.name: getattr(request, f.name) for f in fields(request) if f.name not in ("settings", "start")}
    return {
        "command": "compress",
        **given,
        **settings,
        "from": digest(request.start),
        "seed": run.seed,
        "device": run.device,
        "sample": run.sample,
    }


def compress_claimed(inputs: Inputs, asked: Asked, run: Run) -> CompressSummary:
    """`compress`, once nothing stands in the way of its output."""
    request, output, skip_bad = asked.request, asked.output, asked.skip_bad
    run.expect()
    unread: list[str] = []
    sources = find_clouds(inputs, run.note, unread)
    protect(files_of(sources), output)
    found = survey(sources, run, skip_bad=skip_bad)
    start = asked.start
    points = sampled(found, start.header.points if start else request.points, run, skip_bad=skip_bad)
    why = "what the archive has" if start else "as asked for" if request.points else None
    tell(found, points, why, run)
    # One of several ranks cannot begin anew alone.
    leave_out = skip_bad and not run.checkpoints.resumed and run.ranks.size == 1
    gathered, findings = unchanged(
        found, lambda: looked_at(found, points, request, start, run), run, skip_bad=leave_out
    )
    with gathered:
        learned = learn_as_asked(gathered, request, run, start)
        interrupted = bool(run.stop) and (learned.encoded.header.epochs or 0) < learned.plan.training.epochs
        run.checkpoints.staying = interrupted and run.stop.to_go_on and run.checkpoints.any
        size = put(learned.encoded, output, asked.overwrite, run)
    error, epochs, clouds = learned.error, learned.encoded.header.epochs or 0, learned.encoded.header.clouds
    of_result = verdict(learned, [source.path for source in found.sources], findings, run)
    for finding in of_result:
        finding.tell(run)
    return CompressSummary(
        path=shown(output),
        clouds=clouds,
        points=points,
        bytes_in=raw_bytes(clouds, points),
        bytes_out=size,
        ratio=ratio(clouds, points, size),
        ratio_paper=ratio_paper(clouds, points, learned.plan.network),
        bits_per_point=bits_per_point(clouds, points, size),
        em_kd=error.em_kd,
        em_kd_root=math.sqrt(error.em_kd),
        n_em_kd=error.n_em_kd,
        sample=error.sample,
        seconds=run.seconds,
        epochs=epochs,
        interrupted=interrupted,
        skipped=tuple(found.skipped),
        points_left_out=found.remarks.points_left_out,
        files_left_out=tuple(unread),
        findings=(*findings, *of_result),
    )


def looked_at(
    found: Survey, points: int, request: Request, start: Start | None, run: Run
) -> tuple[Gathered, list[Finding]]:
    """The surveyed clouds, aligned and gathered, and what was noticed of them, which has been told.

    Args:
        points: M.
        request: has the way of aligning them, and whether their normals are wanted.
        start: the archive that they are aligned with; None to find their poses.

    Raises:
        ChangedError, CloudError, EnvironmentFailure, UsageError, Interrupted.
    """
    checkpoints, recipe = run.checkpoints, request.recipe()
    same_clouds(found, run)

    def seen_anew() -> LookedAt:
        sketches, clear = Sketches(found, run), HELPFUL if recipe.assignment.material else CLEAR
        frame = start.frame(found, run) if start else align(found, recipe.clouds.align, run, sketches, clear=clear)
        return LookedAt(frame, run.ranks.decided(lambda: look(found, frame, sketches, run)))

    left = checkpoints.take(LOOKED_AT)
    seen = seen_anew() if left is None else LookedAt.of(left, len(found))
    tell_all(seen.findings, run)
    checkpoints.keep(LOOKED_AT, seen.state())
    checkpoints.change("normalising")
    norm = start.normalisation if start else None
    gathered = gather(found, points, run, norm, seen.frame, normals=recipe.training.across > 1)
    return gathered, seen.findings


def learn_as_asked(gathered: Gathered, request: Request, run: Run, start: Start | None = None) -> Learned:
    """Learn the set once, by the plan for the request, or at growing qualities to the error that is asked for.

    Args:
        start: what to start from.
    """
    load_torch(run)  # it takes seconds: bad input is told before
    from qaadcodec.training.learn import learn
    from qaadcodec.training.registration.apart import how_far_apart
    from qaadcodec.training.search import search

    same_machine(run)
    clouds, points = gathered.store.part.total, gathered.store.points.shape[1]
    run = make_ready(run)
    run.stop.begin()
    if start is not None:
        made, warm = start.plan(clouds), start.warm(gathered.names)
        phases = expected_phases(made, clouds, points, choose_device(run.device).type)
        run.expect(*still_to_come((("fitting", None), *phases) if (warm.rows < 0).any() else phases, run.checkpoints))
        return learn(gathered, made, run, start=warm)
    is_open = plan(request, clouds, points).assignment.registration is None
    apart = how_far_apart(gathered.store, run.seed) if is_open else None
    if request.recipe().size.error is not None:
        return search(gathered, request, run, apart)
    made = plan(request, clouds, points, apart)
    phases = expected_phases(made, clouds, points, choose_device(run.device).type)
    run.expect(*still_to_come(phases, run.checkpoints))
    return learn(gathered, made, run)
