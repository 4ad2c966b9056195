"""The aligned targets: every cloud in the row order of the input cloud, in one file, of which windows are mapped.

The assignment of a cloud is its row order here, and a reassignment permutes rows. Neither memory nor address space grow
with the set (`windows.py`).
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from qaadcodec.arrays import Floats, Rows, Singles
from qaadcodec.config.network import POSITION
from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import reason
from qaadcodec.model.across import packed
from qaadcodec.ranks.part import Part
from qaadcodec.sets.windows import FLOAT32, Windows
from qaadcodec.work.state import State, Table


class TargetStore:
    """N clouds of M points of C channels, float32, in a temporary file that disappears with the store.

    Attributes:
        points: all of them, (N, M, C), or (N, M, C + 1) with normals; the coordinates are the first three channels.
            They are indexed as an array is; `Windows` says how.
        channels: C.
        normals: whether every point has the normal of its surface in a last channel, as `model.across` packs it.
        part: which clouds of the set they are, where several processes share it: N are its own then.
    """

    def __init__(
        self,
        clouds: int | Part,
        points: int,
        channels: int = POSITION,
        folder: Path | None = None,
        *,
        normals: bool = False,
    ) -> None:
        """Make room for the clouds.

        Args:
            clouds, points, channels: N, M and C; or the part of a set, of whose clouds there are N.
            folder: where the file goes; the system's temporary folder when None.

        Raises:
            EnvironmentFailure: no space, or the folder cannot be written; MemoryError: no address space.
        """
        self.channels, self.normals = channels, normals
        self.part = clouds if isinstance(clouds, Part) else Part(clouds)
        width = channels + normals
        size = len(self.part) * points * width * FLOAT32
        file = None
        try:
            file = tempfile.TemporaryFile(prefix="qaad-targets-", dir=folder)  # noqa: SIM115
            reserve(file.fileno(), size)
            self.points = Windows(file.fileno(), (len(self.part), points, width))
            self._file = file
        except (OSError, MemoryError) as error:
            if file is not None:
                file.close()
            if isinstance(error, MemoryError):
                raise
            where = folder or tempfile.gettempdir()
            raise EnvironmentFailure(
                f"{where}: no room for {size} bytes of working data: {reason(error)}",
                hint="name another --work folder" if folder else "set TMPDIR to a folder with more space",
            ) from error

    def __len__(self) -> int:
        return len(self.points)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the disk space back; the points are gone."""
        self.points.close()  # as long as something is mapped, the space is not free
        self._file.close()

    def positions(self, cloud: int) -> Singles:
        """The coordinates of a cloud, (M, 3), to read or to write: all that assignments look at."""
        return self.points[cloud, :, :POSITION]

    def learnt(self, cloud: int) -> Singles:
        """What is learnt of a cloud, (M, C), to read or to write."""
        return self.points[cloud, :, : self.channels]

    def face(self, cloud: int, normals: Floats) -> None:
        """Give the points of a cloud their normals, (M, 3), zero where there is none."""
        self.points[cloud, :, self.channels] = packed(normals)

    def each(self) -> Iterator[Singles]:
        """The clouds in turn, (M, C), to read or to write."""
        return iter(self.points)

    def table(self) -> Table:
        """The clouds as the rows of a checkpoint, read when that is written."""
        return Table(self.points.shape, np.float32, lambda first, last: self.points[first:last])

    def fill(self, state: State, name: str) -> None:
        """Take the clouds from a table of a checkpoint.

        Raises:
            EnvironmentFailure: it has no such table.
        """
        for first, rows in state.rows(name, self.points.shape, np.float32).blocks(0, len(self)):
            self.points[first : first + len(rows)] = rows

    def reorder(self, cloud: int, rows: Rows, order: Rows) -> None:
        """Give row rows[i] of a cloud the target that row rows[order[i]] holds."""
        points = self.points[cloud]
        points[rows] = points.take(rows[order], 0)


def reserve(descriptor: int, size: int) -> None:
    """Claim the disk space now: with a hole in a mapped file, a full disk would be a crash later."""
    try:
        os.posix_fallocate(descriptor, 0, max(size, 1))
    except (AttributeError, OSError) as error:  # a platform or a file system without it
        if isinstance(error, OSError) and error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise
        os.truncate(descriptor, max(size, 1))
