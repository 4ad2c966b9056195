"""Laws of assignments: always bijections, and reassignment never raises the summed squared error."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qaadcodec.assignment.greedy import complete, greedy
from qaadcodec.assignment.linear import assign
from qaadcodec.assignment.reassignment import pair_swaps, random_rotation, resolve_leaves

LAW = settings(deadline=None, derandomize=True, max_examples=80)

Problem = tuple[np.ndarray, np.ndarray, np.random.Generator]


@st.composite
def problems(draw: st.DrawFn, most: int = 24) -> Problem:
    """Prediction and target on a coarse grid (ties are common, float32 sums exact), and a generator."""
    count = draw(st.integers(1, most))
    clouds = arrays(np.float32, (count, 3), elements=st.integers(-8, 8).map(lambda i: i / 4))
    return draw(clouds), draw(clouds), np.random.default_rng(draw(st.integers(0, 99)))


def squared(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    return np.square(prediction.astype(np.float64) - target).sum(1)


def is_bijection(order: np.ndarray, count: int) -> bool:
    return order.dtype == np.int64 and sorted(order.tolist()) == list(range(count))


@LAW
@given(problems())
def test_the_exact_assignment_cannot_be_bettered_by_a_swap(problem: Problem) -> None:
    prediction, target, _ = problem
    order = assign(prediction, target)
    assert is_bijection(order, len(target))
    table = np.square(prediction[:, None].astype(float) - target[order][None]).sum(2)
    now = np.diag(table)
    assert (table + table.T >= now[:, None] + now[None] - 1e-9).all()


@LAW
@given(problems(), st.integers(1, 26))
def test_greedy_ends_in_a_bijection_no_worse_than_any_leaf_could_do(problem: Problem, leaf: int) -> None:
    prediction, target, rng = problem
    order = greedy(prediction, target, leaf, rng)
    assert is_bijection(order, len(target))
    best = squared(prediction, target[assign(prediction, target)]).sum()
    found = squared(prediction, target[order]).sum()
    assert found >= best - 1e-9
    if leaf >= len(target):
        assert abs(found - best) < 1e-9


@LAW
@given(problems(), st.data())
def test_any_matches_are_completed_to_a_bijection(problem: Problem, data: st.DataObject) -> None:
    prediction, target, rng = problem
    count = len(target)
    matches = data.draw(arrays(np.int64, count, elements=st.integers(-1, count - 1)))
    order = complete(matches, prediction, target, rng)
    assert is_bijection(order, count)
    for wanted in set(matches.tolist()) - {-1}:
        rivals = np.flatnonzero(matches == wanted)
        nearest = rivals[np.argmin(squared(prediction[rivals], target[[wanted] * len(rivals)]))]
        assert order[nearest] == wanted


@LAW
@given(problems())
def test_pair_swaps_are_an_involution_that_never_raises_the_error(problem: Problem) -> None:
    prediction, target, _ = problem
    order = pair_swaps(prediction, target)
    assert is_bijection(order, len(target))
    assert order[order].tolist() == list(range(len(target)))  # so no row takes part in two swaps
    before, after = squared(prediction, target), squared(prediction, target[order])
    assert (after + after[order] <= before + before[order]).all()  # no single swap either


@LAW
@given(problems())
def test_every_swapped_pair_holds_a_proposal(problem: Problem) -> None:
    """Of two rows that swap, one gets a target as near to its prediction as any there is (Algorithm 2)."""
    prediction, target, _ = problem
    order = pair_swaps(prediction, target)
    nearest = np.square(prediction[:, None].astype(float) - target[None]).sum(2).min(1)
    wanted = squared(prediction, target[order]) <= nearest + 1e-12
    assert (wanted | wanted[order] | (order == np.arange(len(order)))).all()


@LAW
@given(problems())
def test_a_proposal_that_gains_stands_unless_a_row_of_it_is_swapped(problem: Problem) -> None:
    """Where no swap is made, none was to be had: every row's nearest target is its own or would raise the error."""
    prediction, target, _ = problem
    if pair_swaps(prediction, target).tolist() != list(range(len(target))):
        return
    table = np.square(prediction[:, None].astype(float) - target[None]).sum(2)
    own = np.diag(table)
    for i in np.flatnonzero(own > table.min(1)):
        holders = np.flatnonzero(table[i] == table[i].min())
        assert (table[i, holders] + table[holders, i] > own[i] + own[holders]).any()


@LAW
@given(st.integers(0, 10_000), st.sampled_from([0.0, 1.0, 100.0]))
def test_pair_swaps_keep_the_error_on_clouds_of_all_digits(seed: int, far: float) -> None:
    rng = np.random.default_rng(seed)
    prediction, target = (far + rng.standard_normal((2, 40, 3))).astype(np.float32)
    before = squared(prediction, target).sum()
    assert squared(prediction, target[pair_swaps(prediction, target)]).sum() <= before * (1 + 1e-7)


@LAW
@given(problems(), st.integers(1, 26))
def test_resolving_leaves_never_raises_the_error(problem: Problem, leaf: int) -> None:
    prediction, target, rng = problem
    order = resolve_leaves(prediction, target, leaf, rng)
    assert is_bijection(order, len(target))
    before, after = squared(prediction, target).sum(), squared(prediction, target[order]).sum()
    assert after <= before + 1e-9
    if leaf >= len(target):
        assert abs(after - squared(prediction, target[assign(prediction, target)]).sum()) < 1e-9


@LAW
@given(st.integers(0, 10_000))
def test_rotations_keep_distances(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotation, cloud = random_rotation(rng).astype(float), rng.standard_normal((5, 3))
    assert np.abs(rotation.T @ rotation - np.eye(3)).max() < 1e-6
    assert np.abs(np.linalg.norm(cloud @ rotation, axis=1) - np.linalg.norm(cloud, axis=1)).max() < 1e-5
