"""Clouds that a program has in memory: numpy arrays, torch tensors, and iterators of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.arrays import CloudArray, Layout, Shape, numbers_of
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.source import CloudSource
from qaadcodec.clouds.spool import Spool, Spooled
from qaadcodec.errors import CloudError


class Array(Protocol):
    """What numpy makes an array of; torch tensors on any device are, too."""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        """The array."""
        ...


Item: TypeAlias = str | Path | Array | tuple[str, Array]
Inputs: TypeAlias = str | Path | Array | Mapping[str, Array] | Iterable[Item]

MEMORY = CloudFormat(name="memory", suffixes=())


class MemoryPart(NamedTuple):
    """One cloud in memory, or in a spool."""

    values: npt.NDArray[Any] | Spooled

    @property
    def declared(self) -> Shape:
        """What the array is."""
        return Shape(self.values.shape, self.values.dtype)

    @property
    def cloud(self) -> Shape:
        """What it is, which should be (M, 3)."""
        return self.declared.numbers

    def read(self, index: int | None) -> Contents:
        """The cloud in its own type."""
        values = self.values.read() if isinstance(self.values, Spooled) else self.values
        return Contents(numbers_of(values), CloudArray("", self.declared, Layout.CLOUD).extra)


class InMemory(NamedTuple):
    """An array that was given: one cloud (M, 3), or a set (N, M, 3).

    Attributes:
        name: as given; None where none was.
        clouds: the cloud, or those of the set.
        is_set: which of these it is.
    """

    name: str | None
    clouds: list[MemoryPart]
    is_set: bool

    def sources(self, place: int, count: int) -> list[CloudSource]:
        """The clouds, named by the name that was given or the place among so many inputs, and by their index in a set.

        Raises:
            CloudError: the set is empty.
        """
        name = f"{place:0{len(str(count - 1))}d}" if self.name is None else self.name
        label = f"array {place}" if self.name is None else f"array {self.name!r}"
        if not self.is_set:
            return [CloudSource(name, Place(None, label), MEMORY, self.clouds[0])]
        if not self.clouds:
            raise CloudError(f"{label}: has no clouds")
        prefix = "" if count == 1 and self.name is None else f"{name}/"
        digits = len(str(len(self.clouds) - 1))
        return [
            CloudSource(f"{prefix}{i:0{digits}d}", Place(None, f"{label}[{i}]"), MEMORY, part)
            for i, part in enumerate(self.clouds)
        ]


def listed(inputs: Inputs) -> list[str | Path | InMemory]:
    """The inputs one by one: paths as they are, arrays as clouds in memory.

    What is neither a list, a tuple, a dict nor an array is gone through once, and its arrays are kept in a temporary
    file.

    Args:
        inputs: a path; an array (M, 3) or (N, M, 3); or any number of paths, arrays and (name, array), or a mapping of
            names to arrays.

    Raises:
        CloudError: something is neither path nor array; EnvironmentFailure: no room for the temporary file.
    """
    if isinstance(inputs, str | Path):
        return [inputs]
    if hasattr(inputs, "__array__"):
        return [_in_memory(None, inputs, "array", None)]
    spool = None if isinstance(inputs, list | tuple | dict) else Spool()
    items = ((str(k), v) for k, v in inputs.items()) if isinstance(inputs, Mapping) else inputs
    found: list[str | Path | InMemory] = []
    for i, item in enumerate(items):
        if isinstance(item, str | Path):
            found.append(item)
        elif isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
            found.append(_in_memory(item[0], item[1], f"array {item[0]!r}", spool))
        else:
            found.append(_in_memory(None, item, f"array {i}", spool))
    return found


def _in_memory(name: str | None, given: Any, label: str, spool: Spool | None) -> InMemory:
    values = _as_array(given, label)
    declared = Shape(values.shape, values.dtype)
    is_set = declared.layouts[:1] == (Layout.SET,)
    clouds = list(values) if is_set else [values]
    keep = spool is not None and not values.dtype.hasobject
    return InMemory(name, [MemoryPart(spool.keep(cloud) if spool and keep else cloud) for cloud in clouds], is_set)


def _as_array(given: Any, label: str) -> npt.NDArray[Any]:
    """A tensor or an array as numpy's. Torch is not imported: a tensor brings what it takes."""
    try:
        if hasattr(given, "detach") and hasattr(given, "cpu"):
            given = given.detach().cpu()
            if str(given.dtype) == "torch.bfloat16":  # which numpy does not have
                given = given.float()
        return np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CloudError(f"{label}: is no array of numbers: {why}") from error
