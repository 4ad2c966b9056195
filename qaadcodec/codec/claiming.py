"""The output of long work: its place is claimed at the start, and what was learnt is saved where it can be written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qaadcodec.archive import Encoded
from qaadcodec.files import clear_beside, hidden_beside, preflight, real_target
from qaadcodec.progress import Run
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.remote.urls import Location, shown
from qaadcodec.work.claim import claimed
from qaadcodec.work.rescue import write_or_rescue

LOCK = ".lock"


@contextmanager
def claimed_output(output: Location, overwrite: bool, ranks: Ranks = ALONE) -> Iterator[Path | None]:
    """Claim the place of an archive for a run, after the checks of `preflight`.

    Args:
        ranks: that share the run; the first one claims it for all.

    Yields:
        the file that will be written; None where it is a pipe, a device or at a URL, which nobody can claim.

    Raises:
        EnvironmentFailure: it cannot be written, or another run is about to write it.
    """
    target = real_target(output)
    if ranks.rank == 0:
        preflight(output, overwrite)
    if ranks.rank > 0 or target is None:
        yield target
        return
    with claimed(hidden_beside(target, LOCK), shown(output)) as stale:
        if stale:
            clear_beside(target)
        yield target


def put(encoded: Encoded, output: Location, overwrite: bool, run: Run) -> int:
    """Write an archive, on the first rank; the bytes that it has.

    Raises:
        EnvironmentFailure: it could not be written; the message says where it is instead, if it is anywhere.
    """

    def write() -> int:
        run.checkpoints.finishing(hashlib.sha256(bytes(encoded)).hexdigest())
        return write_or_rescue(encoded.write, output, overwrite, run.checkpoints.place)

    return run.ranks.decided(write)
