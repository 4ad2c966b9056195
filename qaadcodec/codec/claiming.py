"""The output of long work: its place is claimed at the start, and what was learnt is saved where it can be written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qaadcodec.archive import Encoded
from qaadcodec.files import clear_beside, hidden_beside, preflight, real_target
from qaadcodec.progress import Run
from qaadcodec.remote.urls import Location, shown
from qaadcodec.work.claim import claimed
from qaadcodec.work.rescue import write_or_rescue

LOCK = ".lock"


@contextmanager
def claimed_output(output: Location, overwrite: bool) -> Iterator[Path | None]:
    """Claim the place of an archive for a run, after the checks of `preflight`.

    Yields:
        the file that will be written; None where it is a pipe, a device or at a URL, which nobody can claim.

    Raises:
        EnvironmentFailure: it cannot be written, or another run is about to write it.
    """
    preflight(output, overwrite)
    target = real_target(output)
    if target is None:
        yield None
        return
    with claimed(hidden_beside(target, LOCK), shown(output)) as stale:
        if stale:
            clear_beside(target)
        yield target


def put(encoded: Encoded, output: Location, overwrite: bool, run: Run) -> int:
    """Write an archive; the bytes that it has.

    Raises:
        EnvironmentFailure: it could not be written; the message says where it is instead, if it is anywhere.
    """
    run.checkpoints.finishing(hashlib.sha256(bytes(encoded)).hexdigest())
    return write_or_rescue(encoded.write, output, overwrite, run.checkpoints.place)
