"""The work folder on the disk: checkpoints are written, read and deleted here. It touches no file but its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from qaadcodec.arrays import Numbers
from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import atomic_output, is_temporary, reason
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.work.claim import claimed
from qaadcodec.work.manifest import NAME, Manifest, Part
from qaadcodec.work.state import State, Table, damaged
from qaadcodec.work.tensor_file import TensorFile, Written, write_tensors

T = TypeVar("T")

LOCK = "lock"
PART_BYTES = 1 << 30  # of the tables in a file: so that many processes can each write and read their clouds
OUTPUT = "output.json"
OURS = re.compile(
    r"checkpoint\.json|output\.json|lock|\d+-(shared|clouds-\d+)\.safetensors|rescued-.*\.qaad|qaad-targets-.*"
)
STAYING = re.compile(r"lock|rescued-.*\.qaad")


class WorkFolder:
    """A work folder, claimed for this run from `open` on.

    Attributes:
        path: where it is.
        named: whether the user named it.
        made: whether this run made it.
    """

    def __init__(self, path: Path, *, named: bool = False) -> None:
        self.path, self.named, self.made = path, named, False
        self._claim: ExitStack | None = None
        self._files: list[TensorFile] = []

    @property
    def is_open(self) -> bool:
        """Whether it is there, and claimed."""
        return self._claim is not None

    def check(self) -> bool:
        """Whether the folder is there.

        Raises:
            EnvironmentFailure: it cannot be read, or holds files that are not its own.
        """
        try:
            names = [entry.name for entry in self.path.iterdir()]
        except FileNotFoundError:
            return False
        except OSError as error:
            raise EnvironmentFailure(f"cannot read {self.path}: {reason(error)}") from error
        if foreign := [name for name in names if not is_own(name)]:
            raise EnvironmentFailure(
                f"{self.path} is no work folder of qaad: it holds {min(foreign)}", hint="name an empty or a new one"
            )
        return True

    def manifest(self) -> Manifest | None:
        """What the latest checkpoint is; None where there is none. EnvironmentFailure where it makes no sense."""
        return Manifest.read(self.path) if (self.path / NAME).exists() else None

    def open(self) -> None:
        """Make the folder if it is not there, and claim it.

        Raises:
            EnvironmentFailure: that is not possible, or another run has it.
        """
        try:
            if not self.path.is_dir():
                self.path.mkdir(parents=True)
                self.made = True
        except OSError as error:
            raise EnvironmentFailure(f"cannot make the folder {self.path}: {reason(error)}") from error
        self._claim = ExitStack()
        self._claim.enter_context(claimed(self.path / LOCK, str(self.path)))

    def write(self, manifest: Manifest, parts: Mapping[str, State], ranks: Ranks = ALONE) -> Manifest:
        """Write a checkpoint, and delete the one before.

        Args:
            manifest: without files and parts.
            ranks: each writes the rows of its own clouds, and the first one all else. It is the only one that has
                opened the folder.

        Returns:
            The manifest as it was written.

        Raises:
            OSError, EnvironmentFailure: it could not be written; the one before is still there.
        """
        number = manifest.number
        tables = {f"{part}/{name}": table for part, state in parts.items() for name, table in state.tables.items()}
        counts = ranks.gathered(max((table.shape[0] for table in tables.values()), default=0))

        def own() -> list[Part]:
            shared = [self._shared(number, parts)] if ranks.rank == 0 else []
            return shared + list(self._rows(number, tables, sum(counts[: ranks.rank])))

        def publish() -> Manifest:
            for failure in found:
                if isinstance(failure, Exception):
                    raise failure
            whole = Manifest(
                version=manifest.version,
                options=manifest.options,
                clouds=manifest.clouds,
                number=number,
                stage=manifest.stage,
                seconds=manifest.seconds,
                files=[file for files in found if not isinstance(files, Exception) for file in files],
                parts={part: dict(state.numbers) for part, state in parts.items()},
            )
            self._check_written(whole.files)
            whole.write(self.path)
            return whole

        found = ranks.gathered(self._tried(number, own))
        written = ranks.decided(lambda: self._tried(number, publish))
        if isinstance(written, Exception):
            raise written
        self.forget()
        if ranks.rank == 0:
            for path in self._own():
                if path.name[0].isdigit() and not path.name.startswith(f"{number}-"):
                    path.unlink(missing_ok=True)
        return written

    def _tried(self, number: int, write: Callable[[], T]) -> T | Exception:
        """What `write` returns, or why it could not; files of a checkpoint that is not whole are deleted."""
        try:
            return write()
        except (OSError, EnvironmentFailure) as error:
            self.delete(f"{number}-")
            return error
        except BaseException:
            self.delete(f"{number}-")
            raise

    def _shared(self, number: int, parts: Mapping[str, State]) -> Part:
        """Write what all clouds share."""
        shared = {
            f"{part}/{name}": (Table.of(array), 0, len(array))
            for part, state in parts.items()
            for name, array in state.shared.items()
        }
        return self._written(f"{number}-shared.safetensors", shared, None)

    def _rows(self, number: int, tables: Mapping[str, Table], begin: int) -> Iterator[Part]:
        """Write the rows of tables, the first of which is that of a cloud `begin`."""
        clouds = max((table.shape[0] for table in tables.values()), default=0)
        together = max(1, PART_BYTES // max(sum(table.row_bytes for table in tables.values()), 1))
        for first in range(0, clouds, together):
            last = min(first + together, clouds)
            rows = {
                name: (table, min(first, table.shape[0]), min(last, table.shape[0])) for name, table in tables.items()
            }
            place = (begin + first, begin + last)
            yield self._written(f"{number}-clouds-{begin + first}.safetensors", rows, place)

    def _check_written(self, files: Sequence[Part]) -> None:
        """EnvironmentFailure where what other processes have written is not seen here."""
        for file in files:
            path = self.path / file.name
            if not path.exists() or path.stat().st_size != file.bytes:
                raise EnvironmentFailure(
                    f"{path} was written by another process, and is not there",
                    hint="--work names a folder on a disk that all machines share",
                )

    def read(self, manifest: Manifest) -> dict[str, State]:
        """The parts of a checkpoint by name; their tables can be read until the next one is written.

        Raises:
            EnvironmentFailure: a file is missing or not what was written.
        """
        arrays = dict[str, Numbers]()
        pieces = dict[str, list[Table]]()
        for part in manifest.files:
            try:
                file = TensorFile(self.path / part.name, Written(part.bytes, part.crc32))
            except OSError as error:
                raise damaged(str(self.path), f"{part.name} cannot be read: {reason(error)}") from error
            self._files.append(file)
            for name, table in file.tables.items():
                if part.clouds is None:
                    arrays[name] = table.whole()
                else:
                    pieces.setdefault(name, []).append(table)
        tables = {name: self._joined(name, found) for name, found in pieces.items()}
        return {
            part: State(numbers, _of(part, arrays), _of(part, tables), str(self.path))
            for part, numbers in manifest.parts.items()
        }

    def forget(self) -> None:
        """Close what was read."""
        while self._files:
            self._files.pop().close()

    def note_output(self, sha256: str, *, whole: bool) -> None:
        """Note what the output of the run is about to become; where that cannot be written, nothing is noted.

        Args:
            whole: whether the run is over then; one that was told to end leaves something to do.
        """
        with contextlib.suppress(EnvironmentFailure), atomic_output(self.path / OUTPUT, overwrite=True) as stream:
            stream.write(json.dumps({"sha256": sha256, "whole": whole}).encode())

    def has_written(self, target: Path) -> bool | None:
        """Whether a file is what the output was to become at the end of the run; None where the run never noted it."""
        try:
            noted = json.loads((self.path / OUTPUT).read_bytes())
            with target.open("rb") as stream:
                own = hashlib.file_digest(stream, "sha256").hexdigest() == noted["sha256"]
            return bool(noted["whole"]) if own else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def delete(self, start: str = "") -> None:
        """Delete its own files, or those whose names begin so; an archive that was rescued stays.

        The manifest goes first, and last what was noted of the output: whoever is killed between them leaves no
        checkpoint that is gone on from though the output is there.
        """
        for path in sorted(self._own(), key=lambda path: (path.name == OUTPUT, path.name != NAME)):
            if path.name.startswith(start) and not STAYING.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def close(self, *, done: bool = False) -> None:
        """Let go of it. If nothing is in it, it goes where the run is done, or where it made it."""
        self.forget()
        if self._claim is not None:
            self._claim.close()
            self._claim = None
        if self.made or done:
            with contextlib.suppress(OSError):
                self.path.rmdir()

    def _own(self) -> list[Path]:
        """The files in it that are its own."""
        with contextlib.suppress(OSError):
            return [path for path in self.path.iterdir() if is_own(path.name)]
        return []

    def _written(self, name: str, tables: Mapping[str, tuple[Table, int, int]], clouds: tuple[int, int] | None) -> Part:
        size, crc = write_tensors(self.path / name, tables)
        return Part(name, size, crc, clouds)

    def _joined(self, name: str, pieces: list[Table]) -> Table:
        """The table of which a file each has some rows, in their order."""
        first = pieces[0]
        if any((piece.shape[1:], piece.dtype) != (first.shape[1:], first.dtype) for piece in pieces):
            raise damaged(str(self.path), f"{name} differs from file to file")
        ends = np.cumsum([piece.shape[0] for piece in pieces])

        def block(start: int, stop: int) -> Numbers:
            found = [
                piece.block(max(start - begin, 0), min(stop, end) - begin)
                for piece, begin, end in zip(pieces, [0, *ends[:-1].tolist()], ends.tolist(), strict=True)
                if begin < stop and start < end
            ]
            return np.concatenate(found) if found else first.block(0, 0)

        return Table((int(ends[-1]), *first.shape[1:]), first.dtype, block)


def _of(part: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those values whose names begin with a part's and a slash, by the rest of their names."""
    return {name.removeprefix(f"{part}/"): value for name, value in values.items() if name.startswith(f"{part}/")}


def is_own(name: str) -> bool:
    """Whether a work folder writes files of that name, those included that a run which was killed has left half."""
    return OURS.fullmatch(name) is not None or is_temporary(name)
