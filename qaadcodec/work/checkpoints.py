"""When checkpoints are written, and what a resumed run finds of the one that it goes on from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import reason
from qaadcodec.ranks.part import Part
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.version import __version__
from qaadcodec.work.folder import WorkFolder
from qaadcodec.work.identity import Known, check_clouds, known_clouds
from qaadcodec.work.manifest import Manifest
from qaadcodec.work.state import State, Table

EVERY = 180.0  # seconds between two checkpoints,
SHARE = 0.01  # or more, so that writing them takes at most this share of the time
SOONER = 3  # times sooner, at the earliest, where a phase ends or begins; so the first comes after a minute


class Checkpoints:
    """The checkpoints of a run. Writing one changes nothing of what is learnt.

    A checkpoint consists of named parts: those that are kept until they are dropped, and the one that the present phase
    makes of itself. A resumed run finds the parts of the last checkpoint, each of which is taken once. Of what every
    phase knows, nothing depends on how many processes there are: tables have a row for each cloud.

    Without a folder nothing is ever kept, and nothing found. Where several ranks share the run, all of them call its
    methods alike.

    Attributes:
        resumed: whether the run goes on from a checkpoint.
        staying: whether the last checkpoint should stay although the run ends in order; known before its output is
            written.
        spent: seconds that writing checkpoints has taken.
        written: how many were.
    """

    def __init__(
        self,
        folder: WorkFolder | None = None,
        options: Mapping[str, Any] | None = None,
        every: float | None = None,
        found: Manifest | None = None,
        tell: Callable[[str], None] | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        """Begin, or go on.

        Args:
            folder: where they go; it is made when the first is written.
            options: of the run, by name.
            every: seconds between two; EVERY, and at most SHARE of the time, when None.
            found: what to go on from; the folder is open then.
            tell: hears why a checkpoint could not be written.
            ranks: each has the rows of its own clouds, whichever ranks had written them. The first one has opened
                the folder, and decides when a checkpoint is written; whatever writes one is called by all.
        """
        self._ranks = ranks
        self._folder, self._options, self._tell = folder, dict(options or {}), tell
        self._every = EVERY if every is None else every
        self._share = SHARE if every is None else None
        self._found, self.resumed = found, found is not None
        whole = folder.read(found) if folder is not None and found is not None else {}
        self._parts = {name: _own(state, ranks) for name, state in whole.items()}
        self._kept: dict[str, State] = {}
        self._clouds: list[list[Any]] = []
        self._begun = time.monotonic() - (found.seconds if found else 0.0)
        self._ended, self._took = time.monotonic(), 0.0
        self.spent, self.written, self.staying = 0.0, 0, False
        self._failed = False

    @property
    def seconds(self) -> float:
        """Seconds that the run has worked, those before it was killed included."""
        return time.monotonic() - self._begun

    def of(self, clouds: Sequence[Known]) -> None:
        """Say which clouds the run is of.

        Raises:
            CloudError: a resumed run was begun with others.
        """
        if self._found is not None and self._folder is not None:
            check_clouds(self._found.clouds, clouds, str(self._folder.path))
        self._clouds = known_clouds(clouds)

    def has(self, name: str) -> bool:
        """Whether there is a part to go on from."""
        return name in self._parts

    def take(self, name: str) -> State | None:
        """The part to go on from, once; None where there is none."""
        return self._parts.pop(name, None)

    def look(self, name: str) -> State | None:
        """The same, and it stays."""
        return self._parts.get(name)

    def keep(self, name: str, state: State) -> None:
        """Keep a part in every checkpoint from now on, as it is when that is written."""
        self._kept[name] = state

    def drop(self, name: str) -> None:
        """Keep it no longer."""
        self._kept.pop(name, None)

    def finishing(self, sha256: str) -> None:
        """Note what the output is about to become: a run that is killed then, and resumed, may overwrite it."""
        if self._folder is not None and self.any:
            self._folder.note_output(sha256, whole=not self.staying)

    @property
    def any(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return self.resumed or self.written > 0

    @property
    def scratch(self) -> Path | None:
        """Where other working data should go: the work folder, if the user named one."""
        return self._folder.path if self._folder is not None and self._folder.named else None

    @property
    def place(self) -> Path | None:
        """The work folder, if it is there."""
        return self._folder.path if self._folder is not None and self._folder.is_open else None

    @property
    def due(self) -> bool:
        """Whether it is time for one in the midst of a phase, by the clock of this rank."""
        return self._folder is not None and self._waited(self._every)

    def offer(self, name: str, state: Callable[[], State], due: bool | None = None) -> None:
        """Write a checkpoint in the midst of a phase, if it is time for one.

        Args:
            name: of the phase, and of the part that it makes of itself.
            state: makes the part.
            due: whether it is time by the clock of the first rank, where the caller knows that already.
        """
        if self._folder is not None and (self._ranks.decided(lambda: self.due) if due is None else due):
            self._save(name, state)

    def change(self, name: str, state: Callable[[], State] | None = None) -> None:
        """Write a checkpoint at a change of phase, unless the last one was written just before.

        Args:
            state: makes the part of the phase; None where that has none, and nothing but what is kept is written.
        """
        if self._folder is not None and self._ranks.decided(lambda: self._waited(self._every / SOONER)):
            self._save(name, state)

    def _waited(self, seconds: float) -> bool:
        """Whether it was so long ago that the last one was written, or longer where that took its time.

        As long as a part is there that nobody has taken yet, the checkpoint that it is of is not replaced.
        """
        if self._parts:
            return False
        wait = seconds if self._share is None else max(seconds, self._took / self._share)
        return time.monotonic() - self._ended >= wait

    def _save(self, name: str, state: Callable[[], State] | None) -> None:
        assert self._folder is not None
        started = time.monotonic()
        try:
            self._open(self._folder)
            manifest = Manifest(
                version=__version__,
                options=self._options,
                clouds=self._clouds,
                number=self._found.number + 1 if self._found else 1,
                stage=name,
                seconds=self.seconds,
            )
            parts = self._kept if state is None else {**self._kept, name: state()}
            self._found = self._folder.write(manifest, parts, self._ranks)
            self.written, self._failed = self.written + 1, False
        except (OSError, EnvironmentFailure) as error:
            if not self._failed and self._tell:
                why = reason(error) if isinstance(error, OSError) else str(error)
                self._tell(f"no checkpoint can be written to {self._folder.path}: {why}; the run goes on without")
            self._failed = True
        self._ended = time.monotonic()
        self._took = self._ended - started
        self.spent += self._took

    def _open(self, folder: WorkFolder) -> None:
        """Open the folder on the first rank, if it is not."""

        def opened() -> EnvironmentFailure | None:
            try:
                if not folder.is_open:
                    folder.open()
            except EnvironmentFailure as error:
                return error
            return None

        if (failure := self._ranks.decided(opened)) is not None:
            raise failure


def _own(state: State, ranks: Ranks) -> State:
    """A part of a checkpoint with the rows of a rank's own clouds."""

    def rows(table: Table) -> Table:
        part = Part(table.shape[0], ranks)
        return table.between(part.first, part.end)

    return replace(state, tables={name: rows(table) for name, table in state.tables.items()})
