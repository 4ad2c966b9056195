"""Which arrays of a file that holds several (NPZ, HDF5) are clouds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from qaadcodec.clouds.cloud import check_shape
from qaadcodec.errors import CloudError


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file says of one of its arrays."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def looks_like(self) -> str:
        """ "cloud" for (M, 3) numbers, "set" for (N, M, 3) numbers, "" for everything else."""
        if self.dtype.hasobject or self.dtype.kind not in "fiu" or self.shape[-1:] != (3,):
            return ""
        return {2: "cloud", 3: "set"}.get(len(self.shape), "")


def choose(arrays: Mapping[str, Shape], label: str, kind: str) -> tuple[list[str], tuple[str, ...]]:
    """The arrays that are clouds: all that are (M, 3), or the one that is (N, M, 3); and the arrays that are not.

    Args:
        arrays: the arrays of the file or of the group, by name.
        label: the file, and the group.
        kind: what the format calls an array: "array", "dataset".

    Returns:
        the names of the clouds in the order of the file, and the names of the other arrays.

    Raises:
        CloudError: no array is a cloud, or there are several sets, or a set and clouds; the message lists them.
    """
    clouds = [name for name, a in arrays.items() if a.looks_like == "cloud"]
    sets = [name for name, a in arrays.items() if a.looks_like == "set"]
    if not arrays:
        raise CloudError(f"{label}: holds no {kind}s")
    if len(arrays) == 1 and not clouds and not sets:
        ((name, only),) = arrays.items()
        check_shape(only.shape, only.dtype, f"{label}: {kind} {name}")
    if not clouds and not sets:
        listed = ", ".join(f"{name} {a.shape} {a.dtype}" for name, a in list(arrays.items())[:8])
        raise CloudError(f"{label}: none of its {len(arrays)} {kind}s is a cloud (points, 3) of numbers: {listed}")
    if len(sets) > 1 or (sets and clouds):
        listed = ", ".join(f"{name} {arrays[name].shape}" for name in (sets + clouds)[:8])
        file = label.partition("::")[0]
        raise CloudError(
            f"{label}: more than one of its {kind}s could be the clouds: {listed}",
            hint=f"choose one, for example {file}::{sets[0]}",
        )
    chosen = sets or clouds
    return chosen, tuple(name for name in arrays if name not in set(chosen))
