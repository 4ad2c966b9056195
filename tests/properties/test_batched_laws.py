"""Laws of the batched assignments, on clouds full of ties: bijections, true bounds, errors that never rise."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import kd_subspaces

from qaadcodec.assignment.device.auction import auction
from qaadcodec.assignment.device.greedy import greedy
from qaadcodec.assignment.device.reassignment import pair_swaps, resolve_leaves
from qaadcodec.assignment.device.subspaces import paired_subspaces
from qaadcodec.assignment.linear import assign
from qaadcodec.assignment.reassignment import random_rotation

LAW = settings(deadline=None, derandomize=True, max_examples=60)

Problem = tuple[np.ndarray, np.ndarray]


@st.composite
def problems(draw: st.DrawFn, most: int = 20) -> Problem:
    """Three pairs of clouds on a coarse grid: ties are common, and sums in float32 exact."""
    shape = (3, draw(st.integers(1, most)), 3)
    clouds = arrays(
        draw(st.sampled_from([np.float32, np.float64])), shape, elements=st.integers(-8, 8).map(lambda i: i / 4)
    )
    a, b = draw(clouds), draw(clouds)
    return a, b.astype(a.dtype)


def squared(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    return np.square(prediction.astype(np.float64) - target).sum(-1)


def reordered(target: np.ndarray, order: torch.Tensor) -> np.ndarray:
    return np.take_along_axis(target, order.numpy()[..., None], 1)


def are_bijections(order: torch.Tensor) -> bool:
    return order.dtype == torch.int64 and bool((order.sort(1).values == torch.arange(order.shape[1])).all())


@LAW
@given(problems(40), st.integers(1, 42))
def test_subspaces_are_those_of_the_numpy_code(problem: Problem, leaf: int) -> None:
    a, b = problem
    leaves = paired_subspaces(torch.from_numpy(a), torch.from_numpy(b), leaf)
    for i in range(3):
        pairs = kd_subspaces.paired_subspaces(a[i], b[i], leaf)
        for side in (0, 1):
            found = [rows[rows >= 0].tolist() for rows in leaves[side][i]]
            assert found == [pair[side].tolist() for pair in pairs]


@LAW
@given(problems(), st.integers(0, 60) | st.none(), st.data())
def test_auctions_end_in_bijections_with_a_true_gap(problem: Problem, rounds: int | None, data: st.DataObject) -> None:
    a, b = problem
    count = np.array(data.draw(st.lists(st.integers(0, a.shape[1]), min_size=3, max_size=3)))
    tensors = torch.from_numpy(a), torch.from_numpy(b)
    found = auction(*tensors, count=torch.from_numpy(count), max_rounds=rounds)
    assert are_bijections(found.matches)
    for i, n in enumerate(count):
        assert found.matches[i, n:].tolist() == list(range(n, a.shape[1]))
        x, y = a[i, :n], b[i, :n]
        best = squared(x, y[assign(x, y)]).sum() if n else 0.0
        cost, gap = float(found.cost[i]), float(found.gap[i])
        assert cost == squared(x, y[found.matches[i, :n].numpy()]).sum()
        assert best - 1e-9 <= cost <= best + gap + 1e-9
        if rounds is None:
            assert gap <= 1.01e-3 * cost + 1e-5


@LAW
@given(problems(), st.integers(1, 22))
def test_greedy_ends_in_bijections(problem: Problem, leaf: int) -> None:
    prediction, target = problem
    order = greedy(torch.from_numpy(prediction), torch.from_numpy(target), leaf)
    assert are_bijections(order)
    if leaf >= prediction.shape[1]:
        for i in range(3):
            best = squared(prediction[i], target[i][assign(prediction[i], target[i])]).sum()
            assert squared(prediction[i], target[i][order[i].numpy()]).sum() <= 1.0011 * best + 1e-5


@LAW
@given(problems())
def test_pair_swaps_are_an_involution_that_never_raises_the_error(problem: Problem) -> None:
    prediction, target = problem
    order = pair_swaps(torch.from_numpy(prediction), torch.from_numpy(target))
    assert are_bijections(order)
    assert (order.gather(1, order) == torch.arange(order.shape[1])).all()  # so no row takes part in two swaps
    before, after = squared(prediction, target), squared(prediction, reordered(target, order))
    partner = order.numpy()
    pairs_before = before + np.take_along_axis(before, partner, 1)
    assert (after + np.take_along_axis(after, partner, 1) <= pairs_before).all()  # no single swap either


@LAW
@given(problems(), st.integers(1, 22), st.integers(0, 99))
def test_resolving_leaves_never_raises_the_error(problem: Problem, leaf: int, seed: int) -> None:
    prediction, target = problem
    rng = np.random.default_rng(seed)
    rotation = torch.from_numpy(np.stack([random_rotation(rng) for _ in range(3)]).astype(prediction.dtype))
    order = resolve_leaves(torch.from_numpy(prediction), torch.from_numpy(target), leaf, rotation)
    assert are_bijections(order)
    assert (squared(prediction, reordered(target, order)).sum(1) <= squared(prediction, target).sum(1)).all()
