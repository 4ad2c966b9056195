"""`compress`: a set of clouds becomes one archive."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from qaadcodec.archive import write_archive
from qaadcodec.config import CompressConfig, preset
from qaadcodec.files import atomic_output, preflight
from qaadcodec.metrics.rate import bits_per_point, ratio, ratio_paper, raw_bytes
from qaadcodec.progress import Listener, Notice, StopRequest, ignore
from qaadcodec.sets.gather import Gathered, gather
from qaadcodec.training.backend import check_device


@dataclass(frozen=True, slots=True)
class CompressSummary:
    """What a set became. Sizes in bytes; `em_kd` in squared input units, `em_kd_root` in input units."""

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

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def compress(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    config: CompressConfig | None = None,
    overwrite: bool = False,
    skip_bad: bool = False,
    device: str = "auto",
    on_event: Listener = ignore,
    stop: StopRequest | None = None,
) -> CompressSummary:
    """Learn a set of clouds and write it as one archive.

    Args:
        inputs: folders, files, parts of HDF5 files; `clouds.find_clouds` says how they are read.
        output: the .qaad file; appears whole or not at all.
        config: all settings; the default preset when None.
        overwrite: replace an existing output.
        skip_bad: leave unusable clouds out instead of raising.
        device: "auto", "cpu", "cuda" or "mps".
        on_event: receives progress and notices.
        stop: once set, training ends early and what was learnt is written; while reading, nothing is.

    Raises:
        CloudError, EnvironmentFailure, UsageError; Interrupted when stopped while reading.
    """
    started = time.monotonic()
    config = config or preset("default")
    target = Path(output)
    check_device(device)
    preflight(target, overwrite)
    gathered = gather(
        inputs,
        target,
        points=config.points,
        reason="as asked for" if config.points else None,
        seed=config.seed,
        skip_bad=skip_bad,
        on_event=on_event,
        stop=stop,
    )
    with gathered.store:
        from qaadcodec.training.search import learn_as_asked  # torch takes seconds to import: bad input is told before

        config = fitted_to(config, gathered, on_event)
        deadline = None if config.budget_seconds is None else started + config.budget_seconds
        learned, config = learn_as_asked(gathered, config, device, deadline, on_event, stop)
        with atomic_output(target, overwrite) as stream:
            size = write_archive(learned.archive, learned.coding, stream)
    archive, error = learned.archive, learned.error
    clouds, points = len(archive.names), config.points or 0
    return CompressSummary(
        path=str(output),
        clouds=clouds,
        points=points,
        bytes_in=raw_bytes(clouds, points),
        bytes_out=size,
        ratio=ratio(clouds, points, size),
        ratio_paper=ratio_paper(clouds, points, config.network),
        bits_per_point=bits_per_point(clouds, points, size),
        em_kd=error.em_kd,
        em_kd_root=math.sqrt(error.em_kd),
        n_em_kd=error.n_em_kd,
        sample=error.sample,
        seconds=time.monotonic() - started,
        epochs=archive.header.epochs or 0,
        interrupted=bool(stop) and (archive.header.epochs or 0) < config.training.epochs,
        skipped=gathered.skipped,
    )


def fitted_to(config: CompressConfig, gathered: Gathered, on_event: Listener) -> CompressConfig:
    """The configuration with M filled in, and no more patches than there are points."""
    points, patches = gathered.store.points.shape[1], config.network.patches
    if patches > points and (not config.size.chosen or "patches" in config.size.given):
        on_event(Notice(f"{points} patches instead of {patches}: there are no more points"))
    return replace(config, points=points, network=replace(config.network, patches=min(patches, points)))
