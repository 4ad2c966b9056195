"""`compress --from`: an archive that a training starts from, and whether what is asked for can go on from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.archive import ArchiveReader, Header
from qaadcodec.arrays import Longs
from qaadcodec.clouds import Normalisation
from qaadcodec.codec.known import frame_of, unlike_clouds
from qaadcodec.codec.newcomers import check_reach
from qaadcodec.codec.open import OpenArchive
from qaadcodec.config import Plan, Request, plan
from qaadcodec.errors import UsageError
from qaadcodec.progress import Run
from qaadcodec.sets.align import Frame
from qaadcodec.sets.survey import Survey

if TYPE_CHECKING:
    from qaadcodec.training.warm_start import WarmStart


MATERIAL = 'assignment.rows="material"'  # in the text of a request


@dataclass(frozen=True, slots=True)
class Start:
    """An open archive, and the request that starts from it."""

    reader: ArchiveReader
    request: Request

    @property
    def header(self) -> Header:
        """Of the archive."""
        return self.reader.header

    @property
    def normalisation(self) -> Normalisation:
        """Of the archive, which that of the set has to be."""
        return Normalisation(np.array(self.header.offset), self.header.scale)

    def frame(self, found: Survey, run: Run) -> Frame | None:
        """Poses of the clouds, found by those that the archive has; None where these have no poses.

        Raises:
            CloudError: a cloud lies too far from those of the archive; ChangedError, Interrupted.
        """
        check_reach("float64", self.normalisation, found)
        return frame_of(self.reader, unlike_clouds(OpenArchive(self.reader)), found, run)

    def plan(self, clouds: int) -> Plan:
        """The plan for the request and so many clouds, with the network of the archive."""
        network = {f"network.{name}": value for name, value in self.header.network.to_dict().items()}
        kept = replace(self.request, latent_size=None, patches=None, settings={**self.request.settings, **network})
        made = plan(kept, clouds, self.header.points)
        warnings = made.warnings
        if MATERIAL in self.header.preset:
            warnings += (f"{self.reader.name} has material rows, which become even now; compress anew to keep them",)
        return replace(
            made,
            warnings=warnings,
            request=str(self.request),
            assignment=replace(made.assignment, registration=False),
            training=replace(made.training, warmup_epochs=0),
        )

    def warm(self, names: Sequence[str]) -> WarmStart:
        """What a training of the clouds of these names starts from."""
        from qaadcodec.training.fitting import Learnt
        from qaadcodec.training.warm_start import WarmStart

        reader = self.reader
        learnt = Learnt(self.header.network, reader.weights(), reader.input_cloud(), reader.latents())
        return WarmStart(learnt, self.rows(names))

    def rows(self, names: Sequence[str]) -> Longs:
        """The row of each cloud in the latent table, by its name; -1 of a cloud that the archive does not have."""
        places = {name: row for row, name in enumerate(self.reader.names)}
        return np.array([places.get(name, -1) for name in names], np.int64)


@contextmanager
def starting(request: Request) -> Iterator[Start | None]:
    """The archive that a request starts from, open; None where there is none.

    Raises:
        UsageError: the request and the archive do not go together; it names what does not.
        ArchiveError, EnvironmentFailure: it cannot be read.
    """
    if request.start is None:
        yield None
        return
    with ArchiveReader(request.start) as reader:
        check(request, reader)
        yield Start(reader, request)


def check(request: Request, reader: ArchiveReader) -> None:
    """Refuse what an archive cannot go on with; UsageError names it."""
    header, name = reader.header, reader.name
    if request.points not in (None, header.points):
        raise UsageError(
            f"{name}: its clouds have {header.points} points, and {request.points} are asked for",
            hint="leave --points out: all clouds get as many as those of the archive",
        )
    given = request.recipe().network
    for setting in sorted(request.fixed):
        if (wanted := getattr(given, setting)) != (has := getattr(header.network, setting)):
            raise UsageError(
                f"{name}: its network has network.{setting} {has}, and {wanted} is asked for",
                hint="leave it out: the network of the archive goes on",
            )
    for aim in ("size.quality", "size.error"):
        if aim in request.aims or request.settings.get(aim) is not None:
            what = "a quality" if aim == "size.quality" else "a target error"
            raise UsageError(
                f"{what} chooses the network, and that of {name} is kept",
                hint="leave it out; --target-size and --target-ratio are possible",
            )
    poses = reader.poses()
    kind = "none" if poses is None else poses.kind
    if request.align not in (None, "auto", kind):
        raise UsageError(
            f"{name}: its clouds are aligned by {kind}, and --align {request.align} is asked for", hint="leave it out"
        )
    recipe = request.recipe()
    starts = {
        "the registration of material rows": recipe.assignment.material,
        "registration": recipe.assignment.registration,
        "a warm-up": recipe.training.warmup_epochs,
    }
    if start := next(filter(starts.get, starts), None):
        raise UsageError(f"{start} finds where to start, and the start is {name}", hint="leave one of them out")


def digest(path: str | Path | None) -> str | None:
    """What tells an archive from others: its SHA-256; None where there is none to tell."""
    if path is None:
        return None
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:  # whoever opens it says what is wrong
        return None
