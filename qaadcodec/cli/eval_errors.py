"""What `qaad eval` measures, from its options to the errors of every cloud."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from qaadcodec.cli.eval_inputs import files_of, hint_at_pipe, is_archive, two_clouds
from qaadcodec.cli.eval_metrics import Asked
from qaadcodec.cli.eval_plots import Plots
from qaadcodec.cli.indices import Indices, resolved
from qaadcodec.cli.options import Ways
from qaadcodec.cli.output import put
from qaadcodec.cli.running import started_with
from qaadcodec.errors import CloudError, UsageError
from qaadcodec.ranks.ranks import Ranks
from qaadcodec.remote.urls import Location, shown

if TYPE_CHECKING:
    from qaadcodec.codec.open import OpenArchive
    from qaadcodec.metrics.pair import CloudErrors
    from qaadcodec.pictures.measured import Measured


class Given(NamedTuple):
    """What the command was given."""

    what: tuple[str, ...]
    asked: Asked
    indices: Indices
    table_file: Location | None
    plots: Plots
    ways: Ways

    def prepare(self) -> None:
        """Find out before the work whether what is to be written can be.

        Raises:
            UsageError, EnvironmentFailure: it cannot.
        """
        inputs = (*self.what, *self.asked.dense)
        if self.table_file is not None:
            from qaadcodec.files import preflight, protect

            preflight(self.table_file, self.ways.force)
            protect(files_of(inputs), self.table_file)
        self.plots.prepare(inputs, overwrite=self.ways.force)


class Errors(NamedTuple):
    """What was measured."""

    each: list[CloudErrors]
    summary: dict[str, Any]
    drawn: Measured | None
    """what the pictures show; None where none are wanted"""


def measured(given: Given, ranks: Ranks) -> Errors:
    """Compare the clouds. Of several ranks, the first one reports, tells errors as JSON, and measures for pictures.

    Raises:
        CloudError, UsageError, ArchiveError, EnvironmentFailure.
    """
    from qaadcodec.codec.evaluate import evaluate
    from qaadcodec.codec.open import open as open_archive
    from qaadcodec.codec.summarise import summarise
    from qaadcodec.progress import Finished, Run
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.progress.reporting import reporting

    what, asked, ways = given.what, given.asked, given.ways
    opened: AbstractContextManager[OpenArchive | None] = nullcontext()
    if is_archive(what[0]):
        if len(what) < 2:
            raise UsageError(f"{what[0]}: nothing to compare it with", hint="name the originals: a folder, or files")
        opened = open_archive(what[0])
    else:
        first, second = two_clouds(what)
        if given.indices:
            raise UsageError("--index goes with an archive, not with two clouds", hint=hint_at_pipe(first))

    errors: list[CloudErrors] = []
    speaks, drawn = ranks.rank == 0, None
    # Lines of results and a live display would write over each other.
    silent = ways.quiet or not speaks or (ways.as_json and sys.stdout.isatty())
    log = ways.log if speaks else None
    with opened as archive, reporting(quiet=silent, log=log, start=started_with()) as listener:
        results: Iterable[CloudErrors]
        run = Run(
            ranks=ranks, listener=listener, seed=ways.seed, device=ways.device, sample=ways.sample, peak=asked.peak
        )
        if archive is not None:
            chosen = resolved(given.indices, len(archive), what[0])
            results = evaluate(archive, what[1:], dense=asked.dense, indices=chosen, metrics=asked.metrics, run=run)
        else:
            results = [compared(first, second, asked, ways)]
        for each in results:
            errors.append(each)
            if ways.as_json and speaks:
                put([json_line(each.to_dict())])
        summary = summarise(errors, archive, asked.peak)
        if speaks and archive is not None:
            drawn = given.plots.of_archive(archive, what, errors, run)
        elif speaks:
            drawn = given.plots.of_pair(first, second, errors)
        listener(Finished(summary))
    return Errors(errors, summary, drawn)


def compared(first: str, second: str, asked: Asked, ways: Ways) -> CloudErrors:
    """One cloud against another. Where the first is none and comes through a pipe, it may be an archive."""
    from qaadcodec.codec.evaluate import evaluate_pair
    from qaadcodec.progress import Run

    if len(asked.dense) > 1:
        raise UsageError(f"two clouds have one dense reference, not {len(asked.dense)}")
    dense = asked.dense[0] if asked.dense else None
    try:
        run = Run(seed=ways.seed, device=ways.device, sample=ways.sample, peak=asked.peak)
        return evaluate_pair(first, second, dense=dense, metrics=asked.metrics, run=run)
    except CloudError as error:
        unknown = str(error).startswith(f"{'stdin' if first == '-' else shown(first)}: is not a cloud")
        if unknown and (hint := hint_at_pipe(first)):
            raise CloudError(str(error), hint=f"{error.hint}; {hint}") from error
        raise
