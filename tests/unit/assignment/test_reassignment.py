"""QAAD-Reassignment on tiny problems whose swaps can be worked out by hand, and exact re-solving of leaves."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from qaadcodec.assignment.reassignment import pair_swaps, random_rotation, resolve_leaves


def line(*values: float) -> np.ndarray:
    return np.array([[v, 0.0, 0.0] for v in values], np.float32)


def error(prediction: np.ndarray, target: np.ndarray, order: object = None) -> float:
    reordered = target if order is None else target[np.asarray(order)]
    return float(((prediction.astype(float) - reordered) ** 2).sum())


def test_crossed_matches_are_swapped() -> None:
    assert pair_swaps(line(0, 10, 20), line(11, 1, 20)).tolist() == [1, 0, 2]


def test_good_matches_stay() -> None:
    assert pair_swaps(line(0, 10, 20), line(1, 11, 21)).tolist() == [0, 1, 2]


def test_a_swap_that_would_cost_more_is_not_made() -> None:
    # Row 0 at 0 would like the 1 that row 1 at -1 holds, but the sum would rise from 2² + 2² to 1² + 3².
    assert pair_swaps(line(0, -1), line(2, 1)).tolist() == [0, 1]


def test_a_swap_that_changes_nothing_in_the_sum_is_made() -> None:
    # Both predictions at 0: 2² + 1² before and after, and Algorithm 2 takes L_A <= L_B.
    assert pair_swaps(line(0, 0), line(2, 1)).tolist() == [1, 0]


def test_of_proposals_that_share_a_row_the_greatest_gain_wins() -> None:
    # Rows 0 and 1 both want row 2's target at 0, and row 2 is content. With p̂_2 = -1 the gains 2 (p̂_i + 1)·(0 - t_i)
    # are 10 and 30.
    prediction, target = line(0.0, 0.5, -1.0), line(-5.0, -10.0, 0.0)
    order = pair_swaps(prediction, target)
    assert order.tolist() == [0, 2, 1]
    assert error(prediction, target) - error(prediction, target, order) == 30


def test_a_row_that_is_wanted_for_more_than_it_wants_gives_way() -> None:
    # Row 0 wants row 2's target, for a gain of 2 (50 - 49)·(48 - 0); row 1 wants row 0's, for 2 (0 - 50)·(0 - 100).
    prediction, target = line(50.0, 0.0, 49.0), line(0.0, 100.0, 48.0)
    order = pair_swaps(prediction, target)
    assert order.tolist() == [1, 0, 2]
    assert error(prediction, target) - error(prediction, target, order) == 10_000


def test_of_equal_gains_the_first_row_wins() -> None:
    prediction, target = line(0.0, 0.0, 9.0), line(10.0, 10.0, 0.0)
    assert pair_swaps(prediction, target).tolist() == [2, 1, 0]


def test_many_separate_swaps_are_made_at_once() -> None:
    places = np.arange(50) * 100.0
    prediction = line(*np.ravel([places, places + 1], order="F"))
    swapped = np.arange(100) ^ 1  # every even row with the next
    assert pair_swaps(prediction, prediction[swapped]).tolist() == swapped.tolist()


def test_repeated_swaps_put_a_shuffled_line_in_order() -> None:
    prediction = line(*range(40))
    target = prediction[np.random.default_rng(8).permutation(40)]
    errors = [error(prediction, target)]
    while errors[-1] > 0 and len(errors) < 40:
        target = target[pair_swaps(prediction, target)]
        errors.append(error(prediction, target))
    assert all(after < before for before, after in pairwise(errors))
    assert errors[-1] == 0


def test_a_leaf_as_large_as_the_cloud_is_solved_exactly() -> None:
    rng = np.random.default_rng(9)
    prediction, target = rng.standard_normal((2, 6, 3)).astype(np.float32)
    cheapest = min(error(prediction, target, order) for order in permutations(range(6)))
    found = resolve_leaves(prediction, target, 6, rng)
    assert error(prediction, target, found) == pytest.approx(cheapest, rel=1e-6)


def test_leaves_of_one_point_change_nothing() -> None:
    rng = np.random.default_rng(10)
    prediction, target = rng.standard_normal((2, 33, 3)).astype(np.float32)
    assert resolve_leaves(prediction, target, 1, rng).tolist() == list(range(33))


def test_targets_shuffled_within_leaves_come_back() -> None:
    """Eight far clusters of eight are the leaves under any rotation, as long as leaves of 8 are cut between them."""
    rng = np.random.default_rng(11)
    prediction = line(*(1000.0 * c + i for c in range(8) for i in range(8)))
    shuffle = np.concatenate([8 * c + rng.permutation(8) for c in range(8)])
    found = resolve_leaves(prediction, prediction[shuffle], 8, rng)
    assert shuffle[found].tolist() == list(range(64))


def test_leaves_are_those_of_the_predictions() -> None:
    """Two far clusters of predictions are the two leaves, though the targets of either lie in both clusters."""
    prediction = line(0, 1, 2, 3, 1000, 1001, 1002, 1003)
    target = prediction[[0, 4, 1, 5, 2, 6, 3, 7]]
    found = resolve_leaves(prediction, target, 4, np.random.default_rng(14))
    assert found.tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_rounds_of_leaves_bring_points_across_borders() -> None:
    rng = np.random.default_rng(12)
    prediction = rng.standard_normal((256, 3)).astype(np.float32)
    target = prediction[rng.permutation(256)]
    errors = [error(prediction, target)]
    for _ in range(12):
        target = target[resolve_leaves(prediction, target, 32, rng)]
        errors.append(error(prediction, target))
    assert all(after <= before for before, after in pairwise(errors))
    assert errors[-1] < 0.35 * errors[1]  # leaves that never moved would stop after the first round


def test_rotations_are_orthogonal_and_uniform() -> None:
    rng = np.random.default_rng(13)
    drawn = np.stack([random_rotation(rng) for _ in range(3000)]).astype(float)
    assert np.abs(drawn @ drawn.transpose(0, 2, 1) - np.eye(3)).max() < 1e-6
    # Uniform on O(3): entries have mean 0 and mean square 1/3 (standard errors 0.011 and 0.005), determinants ±1.
    assert np.abs(drawn.mean(0)).max() < 0.05
    assert np.abs((drawn**2).mean(0) - 1 / 3).max() < 0.025
    assert abs(np.linalg.det(drawn).mean()) < 0.1


def test_the_same_seed_gives_the_same_rotation() -> None:
    first, second, other = (random_rotation(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.dtype == np.float32
    assert first.tobytes() == second.tobytes() != other.tobytes()


@pytest.mark.parametrize("loss", [1e-3, 1e-6, 1e-12, 1e-30])
def test_a_swap_that_would_cost_however_little_is_not_made(loss: float) -> None:
    # As above: row 0 would like the 1 that row 1 holds, and the sum would rise by 2 · loss.
    assert pair_swaps(line(0, -loss), line(2, 1)).tolist() == [0, 1]


@pytest.mark.parametrize("axes", list(permutations(range(3))))
def test_a_loss_that_float32_does_not_see_is_a_loss(axes: tuple[int, ...]) -> None:
    # The gain is 2 (p̂_0 - p̂_1)·(t_1 - t_0) = 2 (10^8 - 10^-3 - 10^8); in float32, 10^8 - 10^-3 is 10^8.
    prediction = np.float32([[0, 0, 0], [-1e4, -1, 1e4]])[:, axes]
    target = np.float32([[-1e4, 0, -1e4], [0, -1e-3, 0]])[:, axes]
    assert pair_swaps(prediction, target).tolist() == [0, 1]
