"""Pair swaps of batches are those of the numpy code; re-solving of leaves by auction never raises the error."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
import torch

from qaadcodec.assignment import reassignment as one_by_one
from qaadcodec.assignment.device import reassignment
from qaadcodec.assignment.device.auction import auction
from qaadcodec.assignment.device.reassignment import pair_swaps, resolve_leaves
from qaadcodec.assignment.linear import assign
from qaadcodec.assignment.subspaces import subspaces


def line(*values: float) -> torch.Tensor:
    return torch.tensor([[[v, 0.0, 0.0] for v in values]])


def errors(prediction: np.ndarray, target: np.ndarray, order: object = None) -> np.ndarray:
    """Summed squared error of each cloud."""
    if order is not None:
        target = np.take_along_axis(target, np.asarray(order)[..., None], 1)
    return ((prediction.astype(float) - target) ** 2).sum((1, 2))


def rotations(count: int, seed: int) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(np.stack([one_by_one.random_rotation(rng) for _ in range(count)]))


@pytest.mark.parametrize("count", [1, 2, 5, 64, 300])
@pytest.mark.parametrize(("far", "dtype"), [(0.0, np.float32), (0.0, np.float64), (1e7, np.float64)])
def test_swaps_are_those_of_the_numpy_code(count: int, far: float, dtype: type) -> None:
    rng = np.random.default_rng(count)
    prediction, target = rng.standard_normal((2, 6, count, 3))
    target[3:] = rng.permutation(prediction[3:], axis=1) + 0.1 * target[3:]
    prediction, target = (prediction + far).astype(dtype), (target + far).astype(dtype)
    found = pair_swaps(torch.from_numpy(prediction), torch.from_numpy(target))
    expected = [one_by_one.pair_swaps(p, t).tolist() for p, t in zip(prediction, target, strict=True)]
    assert found.tolist() == expected
    if count == 300:
        assert (found != torch.arange(count)).sum() > 300


@pytest.mark.parametrize(
    ("prediction", "target", "order"),
    [
        ((0, 10, 20), (11, 1, 20), [1, 0, 2]),  # crossed matches
        ((0, 10, 20), (1, 11, 21), [0, 1, 2]),  # good ones
        ((0, -1), (2, 1), [0, 1]),  # would cost more
        ((0, 0), (2, 1), [1, 0]),  # changes nothing in the sum, and Algorithm 2 takes L_A <= L_B
        ((0, 0.5, -1), (-5, -10, 0), [0, 2, 1]),  # of two that want row 2, the one that gains 30 and not 10
        ((50, 0, 49), (0, 100, 48), [1, 0, 2]),  # row 0 is wanted for more than it wants
        ((0, 0, 9), (10, 10, 0), [2, 1, 0]),  # of equal gains the first row
    ],
)
def test_swaps_by_hand(prediction: tuple[float, ...], target: tuple[float, ...], order: list[int]) -> None:
    assert pair_swaps(line(*prediction), line(*target)).tolist() == [order]


def test_few_rows_at_a_time_find_the_same_swaps(monkeypatch: pytest.MonkeyPatch) -> None:
    prediction, target = torch.from_numpy(np.random.default_rng(1).standard_normal((2, 3, 50, 3)))
    whole = pair_swaps(prediction, target)
    monkeypatch.setattr(reassignment, "NEAREST_BYTES", 7 * 8 * 3 * 50)
    assert pair_swaps(prediction, target).tolist() == whole.tolist()


def test_swaps_read_nothing_back_from_the_device() -> None:
    """Tensors without data suffice, so a CUDA graph can hold it."""
    assert pair_swaps(*torch.empty(2, 4, 33, 3, device="meta")).shape == (4, 33)


def test_leaves_end_near_the_best_assignment_inside_them() -> None:
    rng = np.random.default_rng(2)
    prediction, target = rng.standard_normal((2, 3, 203, 3)).astype(np.float32)
    turn = rotations(3, 3)
    found = resolve_leaves(torch.from_numpy(prediction), torch.from_numpy(target), 32, turn).numpy()
    assert (np.sort(found) == np.arange(203)).all()
    turned = (torch.from_numpy(prediction) @ turn).numpy()
    best = np.zeros(3)
    for i in range(3):
        for rows in subspaces(turned[i], 32):
            assert set(found[i, rows]) == set(rows)
            best[i] += errors(
                prediction[i, rows][None], target[i, rows][assign(prediction[i, rows], target[i, rows])][None]
            )[0]
    after = errors(prediction, target, found)
    assert (after >= best * (1 - 1e-6)).all()
    assert (after <= best * 1.001).all()


def test_present_matches_stay_where_others_are_as_good() -> None:
    """Predictions on one place: every assignment costs the same, exactly, with targets on whole numbers."""
    target = torch.from_numpy(np.random.default_rng(4).integers(-9, 9, (2, 30, 3)).astype(np.float32))
    assert resolve_leaves(torch.zeros(2, 30, 3), target, 8, rotations(2, 5)).tolist() == [list(range(30))] * 2


def test_present_matches_stay_where_the_auction_has_worse_ones() -> None:
    """The best matches are found in place, in sets where an auction ends within a thousandth of them only."""
    rng = np.random.default_rng(6)
    prediction, target = rng.standard_normal((2, 8, 64, 3)).astype(np.float32)
    prediction *= np.float32(0.01)
    target = np.stack([t[assign(p, t)] for p, t in zip(prediction, target, strict=True)])
    tensors = torch.from_numpy(prediction), torch.from_numpy(target)
    by_auction = auction(*tensors)
    assert (by_auction.cost.numpy() > errors(prediction, target)).any()
    found = resolve_leaves(*tensors, 64, rotations(8, 7))
    assert (errors(prediction, target, found) <= errors(prediction, target)).all()


def test_rounds_of_leaves_bring_points_across_borders() -> None:
    rng = np.random.default_rng(12)
    prediction = rng.standard_normal((2, 256, 3)).astype(np.float32)
    target = rng.permutation(prediction, axis=1)
    steps = [errors(prediction, target)]
    for turn in range(12):
        order = resolve_leaves(torch.from_numpy(prediction), torch.from_numpy(target), 32, rotations(2, turn)).numpy()
        target = np.take_along_axis(target, order[..., None], 1)
        steps.append(errors(prediction, target))
    assert all((after <= before).all() for before, after in pairwise(steps))
    assert (steps[-1] < 0.35 * steps[1]).all()  # leaves that never moved would stop after the first round


@pytest.mark.parametrize("axes", list(permutations(range(3))))
def test_a_loss_that_float32_does_not_see_is_a_loss(axes: tuple[int, ...]) -> None:
    """As for the numpy code, with another cloud beside it, whose loss is 2 · 10^-12."""
    prediction = np.float32([[[0, 0, 0], [-1e4, -1, 1e4]], [[0, 0, 0], [-1e-12, 0, 0]]])[..., axes]
    target = np.float32([[[-1e4, 0, -1e4], [0, -1e-3, 0]], [[2, 0, 0], [1, 0, 0]]])[..., axes]
    assert pair_swaps(torch.from_numpy(prediction), torch.from_numpy(target)).tolist() == [[0, 1], [0, 1]]
