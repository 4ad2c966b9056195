"""`compress`: a set of clouds becomes one archive."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from qaadcodec.assignment.kernels.ready import make_ready
from qaadcodec.clouds import Inputs, files_of, find_clouds
from qaadcodec.codec.verdict import verdict
from qaadcodec.config import Request, plan
from qaadcodec.files import atomic_output, preflight, protect
from qaadcodec.metrics.rate import bits_per_point, ratio, ratio_paper, raw_bytes
from qaadcodec.progress import Run
from qaadcodec.remote.urls import Location, located, shown
from qaadcodec.sets.again import unchanged
from qaadcodec.sets.align import align
from qaadcodec.sets.gather import Gathered, gather
from qaadcodec.sets.looks.finding import Finding, tell_all
from qaadcodec.sets.looks.look import look
from qaadcodec.sets.sketches import Sketches
from qaadcodec.sets.surfaces import sampled
from qaadcodec.sets.survey import Survey, survey, tell
from qaadcodec.training.backend import check_device, choose_device, load_torch
from qaadcodec.training.expected import expected_phases

if TYPE_CHECKING:
    from qaadcodec.training.finish import Learned


@dataclass(frozen=True, slots=True)
class CompressSummary:
    """What a set became. Sizes in bytes; `em_kd` in squared input units, `em_kd_root` in input units.

    `skipped`: path and reason of each cloud that was left out; `points_left_out`: path and number of the points that
    were left out of each cloud that lost any; `files_left_out`: the files of folders and zips that are not read, by
    their paths; `findings`: what was noticed of the set before it was learnt, and of what it became.
    """

    path: str
    clouds: int
    points: int
    bytes_in: int
    bytes_out: int
    ratio: float
    ratio_paper: float
    bits_per_point: float
    em_kd: float
    em_kd_root: float
    n_em_kd: float
    sample: int
    seconds: float
    epochs: int
    interrupted: bool
    skipped: tuple[tuple[str, str], ...]
    points_left_out: tuple[tuple[str, int], ...]
    files_left_out: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


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
        run: device, seed, listener, stop request, how strict it is with clouds, and what it takes of meshes. Once it is
            stopped, training ends early and what was learnt is written; while clouds are read, nothing is. The time of
            the request's budget begins now.
        overwrite: replace an existing output.
        skip_bad: leave unusable clouds out instead of raising, and those that change while they are read.

    Raises:
        CloudError, EnvironmentFailure, UsageError; Interrupted when stopped while reading.
    """
    request = request or Request()
    run = (run or Run()).within(request.budget_seconds)
    target = located(output)
    check_device(run.device)
    preflight(target, overwrite)
    run.expect()
    unread: list[str] = []
    sources = find_clouds(inputs, run.note, unread)
    protect(files_of(sources), target)
    found = survey(sources, run, skip_bad=skip_bad)
    points = sampled(found, request.points, run, skip_bad=skip_bad)
    tell(found, points, "as asked for" if request.points else None, run)
    how = request.recipe().clouds.align
    gathered, findings = unchanged(found, lambda: looked_at(found, points, how, run), run, skip_bad=skip_bad)
    with gathered:
        learned = learn_as_asked(gathered, request, run)
        with atomic_output(target, overwrite) as stream:
            size = learned.encoded.write(stream)
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
        interrupted=bool(run.stop) and epochs < learned.plan.training.epochs,
        skipped=tuple(found.skipped),
        points_left_out=found.remarks.points_left_out,
        files_left_out=tuple(unread),
        findings=(*findings, *of_result),
    )


def looked_at(found: Survey, points: int, how: str, run: Run) -> tuple[Gathered, list[Finding]]:
    """The surveyed clouds, aligned and gathered, and what was noticed of them, which has been told.

    Args:
        points: M.
        how: the way of aligning them; see `align`.

    Raises:
        ChangedError, CloudError, EnvironmentFailure, UsageError, Interrupted.
    """
    sketches = Sketches(found, run)
    frame = align(found, how, run, sketches)
    findings = look(found, frame, sketches, run)
    tell_all(findings, run)
    return gather(found, points, run, frame=frame), findings


def learn_as_asked(gathered: Gathered, request: Request, run: Run) -> Learned:
    """Learn the set once, by the plan for the request, or at growing qualities to the error that is asked for."""
    load_torch(run)  # it takes seconds: bad input is told before
    from qaadcodec.training.learn import learn
    from qaadcodec.training.registration.apart import how_far_apart
    from qaadcodec.training.search import search

    clouds, points, _ = gathered.store.points.shape
    run = make_ready(run)
    run.stop.begin()
    is_open = plan(request, clouds, points).assignment.registration is None
    apart = how_far_apart(gathered.store, run.seed) if is_open else None
    if request.recipe().size.error is not None:
        return search(gathered, request, run, apart)
    made = plan(request, clouds, points, apart)
    run.expect(*expected_phases(made, clouds, points, choose_device(run.device).type))
    return learn(gathered, made, run)
