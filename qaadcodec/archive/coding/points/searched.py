"""Nodes in groups whose neighbours are searched for: for cells of which boxes would be mostly empty (boxes.py)."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from qaadcodec.archive.coding.points.neighbours import Pairs, key, pairs_of, pairs_within_patches, ranked
from qaadcodec.archive.coding.points.sums_around import neighbours_of, sums_of_cells
from qaadcodec.arrays import Indices, Integers, Longs, Numbers


class Searched:
    """Nodes by place. The attributes and methods are those of `Boxes`."""

    def __init__(self, cells: Longs, counts: Integers) -> None:
        """Group nodes of so many points (n,) in cells, or places, (3, n)."""
        self._keys, of_node = ranked(key(cells))
        self._set(of_node, len(self._keys), counts)

    def _set(self, of_node: Longs, different: int, counts: Integers) -> None:
        self.of_node, self.different = of_node, different
        self._points = np.bincount(of_node, counts, different).astype(np.int64)
        self.most = int(self._points.max())

    @cached_property
    def pairs(self) -> Pairs:
        """The groups whose places touch."""
        return pairs_of(self._keys)

    def sums(self, out: Numbers) -> None:
        """As `Boxes.sums`."""
        for of_groups, of_nodes in zip(sums_of_cells(self.pairs, self._points, out.dtype), out, strict=True):
            np.take(of_groups, self.of_node, out=of_nodes, mode="clip")

    def groups(self) -> tuple[Longs, Indices]:
        """As `Boxes.groups`."""
        return self.of_node, neighbours_of(self.pairs, self.different)


class SearchedPatches(Searched):
    """Nodes by place and patch."""

    def __init__(self, places: Searched, patches: Longs, counts: Integers) -> None:
        """Group the nodes of these places by their patches (n,) as well."""
        self._places, self._patches = places, int(patches.max()) + 1
        self._own, of_node = ranked(places.of_node * self._patches + patches)
        self._set(of_node, len(self._own), counts)

    @cached_property
    def pairs(self) -> Pairs:
        """The groups of one patch whose places touch."""
        place, patch = np.divmod(self._own, self._patches)
        return pairs_within_patches(self._places.pairs, self._places.different, place, patch)
