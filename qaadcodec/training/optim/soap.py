"""SOAP for the matrices of the network: Adam in the eigenbases of Shampoo's preconditioner (Vyas et al. 2024).

Adam scales every number on its own, though what a matrix does depends on directions. SOAP keeps running means of G Gᵀ
and Gᵀ G of the gradient G, and lets Adam work in their eigenbases. Folding a set is a least-squares fit of a small
network, where that gains a tenth to a quarter of the error in as many steps (tests/bench/README.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from qaadcodec.model.network import FoldingNetwork

BETA_1, BETA_2, EPSILON = 0.9, 0.99, 1e-8
BETA_BASIS = 0.98  # of the running means that the bases come from
TURN_EVERY = 10  # steps between two turns of the bases
# A longer side keeps its own axes: its products would cost more than they gain. So does a side that is more than LONGER
# times as long as the other: gradients reach few of its directions.
MOST, LONGER = 768, 2


class Side:
    """Running mean of G Gᵀ over one side of a matrix, and an orthonormal basis near its eigenvectors, (n, n)."""

    def __init__(self, size: int, like: Tensor) -> None:
        self.mean = torch.zeros(size, size, device=like.device)
        self.basis = torch.eye(size, device=like.device)

    def add(self, outer: Tensor) -> None:
        """Take in G Gᵀ of one step."""
        self.mean.lerp_(outer, 1.0 - BETA_BASIS)

    def begin(self) -> None:
        """Start from the eigenvectors themselves, largest eigenvalue first."""
        self.basis.copy_(torch.linalg.eigh(solvable(self.mean))[1].flip(1))


def turn(sides: Sequence[Side]) -> list[Tensor]:
    """One step of orthogonal iteration of sides of one size; the order (n,) in which the directions of each are now.

    They are made orthonormal together: one by one, their decompositions would keep a GPU waiting for its host.
    """
    orders, moved = [], []
    for side in sides:
        product = side.mean @ side.basis
        orders.append((side.basis * product).sum(0).argsort(descending=True, stable=True))
        moved.append(product[:, orders[-1]])
    for side, basis in zip(sides, torch.linalg.qr(solvable(torch.stack(moved)))[0], strict=True):
        side.basis.copy_(basis)
    return orders


class Matrix:
    """One tensor as a matrix of all its axes but the last by the last, and what SOAP remembers of it."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        shape = (-1, tensor.shape[-1])
        rows, columns = tensor.reshape(shape).shape
        self.left = Side(rows, tensor) if rows <= min(MOST, LONGER * columns) else None
        self.right = Side(columns, tensor) if columns <= min(MOST, LONGER * rows) else None
        self.first = torch.zeros(rows, columns, device=tensor.device)
        self.second = torch.zeros(rows, columns, device=tensor.device)

    @property
    def gradient(self) -> Tensor:
        """(rows, columns)."""
        assert self.tensor.grad is not None
        return self.tensor.grad.reshape(self.first.shape)

    def tensors(self) -> dict[str, Tensor]:
        """All that is remembered of it, live, by name."""
        found = {"first": self.first, "second": self.second}
        for name, side in (("left", self.left), ("right", self.right)):
            if side is not None:
                found |= {f"{name}.mean": side.mean, f"{name}.basis": side.basis}
        return found

    def turned(self, matrix: Tensor) -> Tensor:
        """In the eigenbases."""
        matrix = matrix if self.left is None else self.left.basis.t() @ matrix
        return matrix if self.right is None else matrix @ self.right.basis

    def back(self, matrix: Tensor) -> Tensor:
        """The inverse of `turned`."""
        matrix = matrix if self.left is None else self.left.basis @ matrix
        return matrix if self.right is None else matrix @ self.right.basis.t()

    def watch(self) -> None:
        """Take the gradient into the means of both sides."""
        g = self.gradient
        if self.left is not None:
            self.left.add(g @ g.t())
        if self.right is not None:
            self.right.add(g.t() @ g)


class Soap:
    """SOAP (Vyas et al. 2024, algorithm 3) on tensors of two or more axes.

    `step` changes its tensors in place and reads no value on the host, so a CUDA graph can hold it. The first step is
    an exception: it only finds the bases. The host calls `turn` after every step.
    """

    def __init__(self, tensors: Sequence[Tensor], device: torch.device) -> None:
        """Move tensors, none or more, all of which are on the device."""
        self._matrices = [Matrix(tensor) for tensor in tensors]
        self._count = torch.zeros((), device=device)
        self._begun, self._steps = False, 0

    def tensors(self) -> dict[str, Tensor]:
        """All that it remembers besides `steps`, live, by name."""
        found = {"count": self._count}
        for i, matrix in enumerate(self._matrices):
            found |= {f"{i}.{name}": tensor for name, tensor in matrix.tensors().items()}
        return found

    @property
    def steps(self) -> int:
        """How many there have been."""
        return self._steps

    def go_on(self, steps: int) -> None:
        """Count on from so many steps, after which `tensors` had the values that they now have."""
        self._begun, self._steps = steps > 0, steps

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """Move every tensor by its gradient; the first time, only look at it.

        Args:
            rate: the learning rate; a tensor where it changes inside a CUDA graph.
        """
        for matrix in self._matrices:
            matrix.watch()
        if not self._begun:
            self._begun = True
            for side in self._sides():
                side.begin()
            return
        self._count += 1.0
        first_share, second_share = 1.0 - BETA_1**self._count, 1.0 - BETA_2**self._count
        for matrix in self._matrices:
            gradient = matrix.gradient
            matrix.first.lerp_(gradient, 1.0 - BETA_1)
            matrix.second.lerp_(matrix.turned(gradient).square(), 1.0 - BETA_2)
            mean = matrix.turned(matrix.first) / first_share
            spread = (matrix.second / second_share).sqrt_().add_(EPSILON)
            matrix.tensor -= rate * matrix.back(mean / spread).reshape(matrix.tensor.shape)

    @torch.no_grad()
    def turn(self) -> None:
        """Bring the bases up to date, at every TURN_EVERY-th call."""
        self._steps += 1
        if self._steps % TURN_EVERY:
            return
        alike: dict[int, list[Side]] = {}
        for side in self._sides():
            alike.setdefault(len(side.basis), []).append(side)
        orders = {id(side): order for sides in alike.values() for side, order in zip(sides, turn(sides), strict=True)}
        for matrix in self._matrices:
            if matrix.left is not None:
                matrix.second.copy_(matrix.second[orders[id(matrix.left)]])
            if matrix.right is not None:
                matrix.second.copy_(matrix.second[:, orders[id(matrix.right)]])

    def _sides(self) -> list[Side]:
        return [side for matrix in self._matrices for side in (matrix.left, matrix.right) if side is not None]


def solvable(matrix: Tensor) -> Tensor:
    """The matrix on a device where PyTorch can decompose it, which mps is not."""
    return matrix.cpu() if matrix.device.type == "mps" else matrix


def divided(network: FoldingNetwork, optimiser: str) -> tuple[list[Tensor], list[Tensor]]:
    """The tensors of a network that SOAP moves, and those that Adam moves: all of them if the optimiser is "adam"."""
    tensors: list[Tensor] = list(network.parameters())
    matrices = [tensor for tensor in tensors if optimiser == "soap" and tensor.dim() > 1]
    return matrices, [tensor for tensor in tensors if optimiser != "soap" or tensor.dim() <= 1]
