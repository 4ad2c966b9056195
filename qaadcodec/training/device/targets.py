"""The targets of a training on a device: all of them if they fit there, else those of the present step."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from qaadcodec.arrays import Rows
from qaadcodec.model.brought import brought, staged
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.graphs import AHEAD

RESIDENT_SHARE = 0.6  # of the free memory of the device, that targets may take for the whole training
TOGETHER = 1 << 18  # points of the clouds that are assigned together: a thousand leaves or more, which fill a GPU


class ResidentTargets:
    """All targets on the device, (N, M, C) float32; their new order goes to the store at the end."""

    def __init__(self, store: TargetStore, device: torch.device) -> None:
        self._store = store
        self._points = torch.empty(store.points.shape, device=device)  # (N, M, C)
        for here in slices(store):
            self._points[here] = torch.from_numpy(store.points[here]).to(device)

    def bring(self, batch: Rows, rows: Rows) -> None:
        """Everything is there already."""

    def shown(self, batch: Tensor, rows: Tensor) -> Tensor:
        """Targets of some rows of some clouds, as they are on the device; may be captured in a CUDA graph.

        Args:
            batch: (B,) int64, clouds.
            rows: (R,) int64, the same for all of them.

        Returns:
            (B, R, C).
        """
        return self._points[batch[:, None], rows]

    def put(self, batch: Tensor, rows: Tensor, targets: Tensor) -> None:
        """Put the same targets in another order, (B, R, C), in place of those shown; may be captured likewise."""
        self._points[batch[:, None], rows] = targets

    def take_back(self, batch: Rows, rows: Rows) -> None:
        """What was put stays on the device."""

    def clouds(self, clouds: Sequence[int]) -> Tensor:
        """Whole clouds, (G, M, C), a copy."""
        return self._points[self._indices(clouds)]

    def replace(self, clouds: Sequence[int], points: Tensor) -> None:
        """Put whole clouds (G, M, C) in place of those of the set."""
        self._points[self._indices(clouds)] = points

    def _indices(self, clouds: Sequence[int]) -> Tensor:
        return brought(torch.tensor(list(clouds)), self._points.device)

    def finish(self) -> None:
        """Write every cloud to the store, in its present order."""
        for here in slices(self._store):
            self._store.points[here] = self._points[here].cpu().numpy()


@dataclass(frozen=True, slots=True)
class Returning:
    """Reordered targets on their way from the device to the store."""

    batch: Rows
    rows: Rows
    points: Tensor  # (B, R, C), on the host once the event has come
    event: torch.cuda.Event | None


class StreamedTargets:
    """Targets stay in the store; those of a step come to the device and go back when they were reordered.

    What goes back is written to the store some steps later, or as soon as one of its clouds is asked for.
    """

    def __init__(self, store: TargetStore, device: torch.device) -> None:
        self._store, self._device = store, device
        self._here: dict[tuple[int, int], Tensor] = {}  # by number of clouds and rows; CUDA graphs read them there
        self._returning: deque[Returning] = deque()

    def bring(self, batch: Rows, rows: Rows) -> None:
        """Bring the targets of a step, before `shown`.

        Args:
            batch, rows: those of `shown`, on the host.
        """
        self._settle(batch.tolist())
        targets = torch.from_numpy(self._store.points[batch[:, None], rows])
        if (shape := (len(batch), len(rows))) not in self._here:
            self._here[shape] = torch.empty(targets.shape, device=self._device)
        self._here[shape].copy_(staged(targets, self._device), non_blocking=True)

    def shown(self, batch: Tensor, rows: Tensor) -> Tensor:
        """As `ResidentTargets.shown`, for what `bring` brought."""
        return self._here[len(batch), len(rows)]

    def put(self, batch: Tensor, rows: Tensor, targets: Tensor) -> None:
        """As `ResidentTargets.put`; `take_back` has to follow."""
        self._here[len(batch), len(rows)].copy_(targets)

    def take_back(self, batch: Rows, rows: Rows) -> None:
        """Send what was put on its way to the store; same arguments as `bring`."""
        here = self._here[len(batch), len(rows)]
        cuda = self._device.type == "cuda"
        points = torch.empty(here.shape, pin_memory=cuda).copy_(here, non_blocking=cuda)
        event = None
        if cuda:
            event = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            event.record(torch.cuda.current_stream(self._device))
        self._returning.append(Returning(batch, rows, points, event))

    def clouds(self, clouds: Sequence[int]) -> Tensor:
        """As `ResidentTargets.clouds`."""
        self._settle(clouds)
        return brought(torch.from_numpy(self._store.points[list(clouds)]), self._device)

    def replace(self, clouds: Sequence[int], points: Tensor) -> None:
        """As `ResidentTargets.replace`; waits for the device."""
        self._settle(clouds)
        self._store.points[list(clouds)] = points.cpu().numpy()

    def finish(self) -> None:
        """Wait for what is on its way to the store."""
        self._settle(range(len(self._store)))

    def _settle(self, clouds: Sequence[int]) -> None:
        """Write what has returned, until none of these clouds is on its way and at most AHEAD steps are."""
        wanted = set(clouds)
        while self._returning and (
            len(self._returning) > AHEAD or any(not wanted.isdisjoint(late.batch.tolist()) for late in self._returning)
        ):
            late = self._returning.popleft()
            if late.event is not None:
                late.event.synchronize()
            self._store.points[late.batch[:, None], late.rows] = late.points.numpy()


Targets = ResidentTargets | StreamedTargets


def targets_on(store: TargetStore, device: torch.device) -> Targets:
    """The targets of a store for a training on a device: resident where they fit in a share of its free memory."""
    fits = store.points.nbytes <= RESIDENT_SHARE * free_bytes(device)
    return ResidentTargets(store, device) if fits else StreamedTargets(store, device)


def clouds_together(points: int) -> int:
    """How many clouds of M points to assign at a time, at least one; the solver bounds its memory by itself."""
    return max(1, TOGETHER // points)


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a CUDA device, with what torch holds there unused; no bound is known for others."""
    if device.type != "cuda":
        return sys.maxsize
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + unused


def slices(store: TargetStore) -> list[slice]:
    """The clouds of a store in runs of so many."""
    step = clouds_together(store.points.shape[1])
    return [slice(first, first + step) for first in range(0, len(store), step)]
