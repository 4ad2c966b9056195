"""`open`: an archive as a sequence of clouds."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np

from qaadcodec.archive import ArchiveReader, Header
from qaadcodec.arrays import Doubles, Longs, Numbers, Singles
from qaadcodec.clouds import Normalisation, PointCloud, PoseNumbers, Similarity
from qaadcodec.errors import ArchiveError, UsageError
from qaadcodec.model.numpy_decoder import Decoding, decode_points
from qaadcodec.remote.urls import Location
from qaadcodec.showing import as_html

if TYPE_CHECKING:
    from qaadcodec.model.torch_decoder import Decoder


def open(path: Location | BinaryIO) -> OpenArchive:
    """Open an archive, at a path or a URL, to read clouds from it; close it, or use it in a `with` statement.

    Raises:
        EnvironmentFailure: it is missing; ArchiveError: it is damaged, truncated or of an unknown version.
    """
    return OpenArchive(ArchiveReader(path))


def reading(archive: Location | OpenArchive) -> AbstractContextManager[OpenArchive]:
    """An archive to read from; one that was given open is not closed."""
    return nullcontext(archive) if isinstance(archive, OpenArchive) else open(archive)


class OpenArchive:
    """The clouds of an archive, decoded when they are asked for, in the units of the originals.

    `archive[42]` and `archive["scan_42"]` are arrays (M, 3) of the archive's dtype, `archive[3:7]` is (4, M, 3), and
    iterating gives one cloud at a time. The rows of every cloud correspond: row i of one is row i of the others, in
    the order of the input cloud, which is not that of the original files.
    """

    def __init__(self, reader: ArchiveReader) -> None:
        self._reader = reader
        self._weights: dict[str, Singles] | None = None
        self._input_cloud: Singles | None = None
        self._decoding: Decoding | None = None
        self._index: dict[str, int] | None = None

    @property
    def header(self) -> Header:
        """N, M, network, normalisation, bounds, seed, preset, recorded errors."""
        return self._reader.header

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every cloud, in order."""
        return self._reader.names

    @property
    def counts(self) -> tuple[int, ...]:
        """Numbers that every cloud had before it was resampled."""
        return self._reader.counts

    @property
    def remark(self) -> str:
        """What there is to tell of the way it was read; "" where there is nothing."""
        return self._reader.remark

    @property
    def size_bytes(self) -> int:
        """Bytes of the archive."""
        return self._reader.size_bytes

    @property
    def label(self) -> str:
        """The path of the archive, or what it is called where it is no file."""
        return self._reader.name

    def __repr__(self) -> str:
        return f"<OpenArchive {self.label}: {len(self)} clouds of {self.header.points} points, {self.size_bytes} bytes>"

    def _repr_html_(self) -> str:
        return as_html(self)

    def __len__(self) -> int:
        return self.header.clouds

    def __getitem__(self, key: int | str | slice) -> Numbers:
        if isinstance(key, slice):
            chosen = range(len(self))[key]
            shape = (len(chosen), self.header.points, self.header.network.channels)
            return np.stack([self.points(i) for i in chosen]) if chosen else np.empty(shape, self.header.dtype)
        return self.points(self.index_of(key) if isinstance(key, str) else key)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Numbers]:
        return (self.points(i) for i in range(len(self)))

    def cloud(self, key: int | str) -> PointCloud:
        """A cloud by its index or its name, with its name; in a notebook it shows itself. Raises as `points` does."""
        index = self.index_of(key) if isinstance(key, str) else self.absolute_index(key)
        return PointCloud(self.names[index], self.points(index))

    def index_of(self, name: str) -> int:
        """Index of the cloud of that name; UsageError where there is none."""
        if self._index is None:
            self._index = {known: i for i, known in enumerate(self.names)}
        if name not in self._index:
            near = [known for known in self.names if name in known][:3]
            raise UsageError(
                f"{self._reader.name}: no cloud is named {name!r}",
                hint=f"there is {', '.join(near)}" if near else f"names go from {self.names[0]} to {self.names[-1]}",
            )
        return self._index[name]

    def absolute_index(self, index: int) -> int:
        """An index from 0 to N - 1; negative ones count from the end. IndexError, naming the range, outside it."""
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise OutOfRange(
                f"{self._reader.name}: no cloud {index}: indices go from 0 to {len(self) - 1}"
                f", or from -{len(self)} to -1"
            )
        return index % len(self)

    def points(self, index: int, count: int | None = None) -> Numbers:
        """One cloud, or an evenly spread subset of its points at proportional cost.

        Args:
            index: of the cloud; negative ones count from the end.
            count: m; rows floor((i + 1/2) M / m) of the input cloud are decoded. All M when None.

        Returns:
            (M, 3) or (m, 3), in input units and the archive's dtype.

        Raises:
            IndexError, UsageError: no such cloud, or more points than there are; ArchiveError: damaged.
        """
        rows = None if count is None or count == self.header.points else self._spread(count)
        latent = self._reader.latents([self.absolute_index(index)])[0]
        header = self.header
        if rows is None:
            if self._decoding is None:
                self._decoding = Decoding(header.network, self.weights, self.input_cloud)
            normalised = self._decoding.points(latent)
        else:
            normalised = decode_points(header.network, self.weights, self.input_cloud, latent, rows)
        with np.errstate(over="ignore", invalid="ignore"):
            placed = normalised if (pose := self.pose(index)) is None else pose.apply(normalised)
            points = Normalisation(np.array(header.offset), header.scale).invert(placed).astype(header.dtype)
        if not np.isfinite(points).all():
            bad = int((~np.isfinite(points)).any(axis=1).sum())
            index = self.absolute_index(index)
            what = f"cloud {index} ({self.names[index]}) decodes to {len(points)} points, {bad} not finite"
            raise ArchiveError(f"{self._reader.name}: {what}")
        return points

    @property
    def weights(self) -> dict[str, Singles]:
        """Every tensor of the network, float32, by name."""
        if self._weights is None:
            self._weights = self._reader.weights()
        return self._weights

    @property
    def input_cloud(self) -> Singles:
        """Q, (M, 3) float32, in normalised coordinates."""
        if self._input_cloud is None:
            self._input_cloud = self._reader.input_cloud()
        return self._input_cloud

    def latents(self, indices: Sequence[int] | None = None) -> Singles:
        """Rows of the latent table, (n, l) float32; all of them when None."""
        chosen = None if indices is None else [self.absolute_index(i) for i in indices]
        return self._reader.latents(chosen)

    def pose(self, index: int) -> Similarity | None:
        """What takes a cloud from where the network has it to where it lies, in normalised coordinates.

        None for every cloud of a set that was learnt as it lay.
        """
        poses = self._reader.poses([self.absolute_index(index)])
        return None if poses is None else Similarity.of_numbers(PoseNumbers(*poses.values(0)))

    def poses(self, indices: Sequence[int] | None = None) -> Doubles:
        """The poses of these clouds as matrices, (n, 3, 4): x becomes [:, :3] x + [:, 3], in normalised coordinates.

        All of them when None. Where clouds have no poses, all are [I | 0].
        """
        chosen = list(range(len(self))) if indices is None else [self.absolute_index(i) for i in indices]
        whole = np.tile(np.eye(3, 4), (len(chosen), 1, 1))
        if (poses := self._reader.poses(chosen)) is not None:
            for row in range(len(chosen)):
                pose = Similarity.of_numbers(PoseNumbers(*poses.values(row)))
                whole[row] = np.column_stack([pose.scale * pose.rotation, pose.shift])
        return whole

    def check(self, indices: Sequence[int], count: int | None = None) -> None:
        """Read all that so many points of these clouds need, before anything is made of them.

        Raises:
            ArchiveError: it is damaged; UsageError: there are fewer points.
        """
        if count is not None:
            self._spread(count)
        self._reader.latents(indices)
        self._reader.poses(indices)
        _ = self.weights, self.input_cloud

    def decoder(self) -> Decoder:
        """A differentiable torch.nn.Module from latents (B, l), and poses, to clouds (B, M, 3); imports torch."""
        from qaadcodec.model.torch_decoder import Decoder

        header = self.header
        return Decoder(header.network, self.weights, self.input_cloud, header.offset, header.scale)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _spread(self, count: int) -> Longs:
        total = self.header.points
        if not 1 <= count <= total:
            raise UsageError(f"{self._reader.name}: {count} points were asked for; it has 1 to {total} per cloud")
        return ((np.arange(count) + 0.5) * total / count).astype(np.int64)


class OutOfRange(UsageError, IndexError):
    """An index outside the archive: a usage error for people, an IndexError for Python."""
