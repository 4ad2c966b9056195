"""The auction against the exact solver: what it finds, what it says of the gap, and what it does when cut short."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from subprocess import CalledProcessError

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from qaadcodec.assignment.device import auction as auctions
from qaadcodec.assignment.device import certificate
from qaadcodec.assignment.device.auction import Auction, assign, auction
from qaadcodec.errors import SlowerWarning, UsageError

Pairs = tuple[np.ndarray, np.ndarray]


def sphere(rng: np.random.Generator, count: int) -> np.ndarray:
    points = rng.standard_normal((count, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def clusters(rng: np.random.Generator, count: int) -> np.ndarray:
    """Around eight places, in other numbers each time, so that some points must go far."""
    places = np.random.default_rng(0).standard_normal((8, 3)) * 3
    return places[rng.integers(0, 8, count)] + 0.1 * rng.standard_normal((count, 3))


def problems(count: int, seed: int = 0) -> dict[str, Pairs]:
    rng = np.random.default_rng(seed)
    cloud = sphere(rng, count)
    return {
        "shuffled": (cloud, rng.permutation(cloud)),
        "nearly equal": (cloud, rng.permutation(cloud) + 1e-3 * rng.standard_normal((count, 3))),
        "noisy": (cloud, rng.permutation(cloud) + 0.05 * rng.standard_normal((count, 3))),
        "sampled anew": (cloud, sphere(rng, count)),
        "shifted": (cloud, sphere(rng, count) + np.array([1.0, 0.5, 0.0])),
        "another shape": (cloud, sphere(rng, count) * [2.0, 0.5, 1.0]),
        "clustered": (clusters(rng, count), clusters(rng, count)),
        "shrunk": (0.01 * cloud + 0.3, sphere(rng, count)),
        "collapsed": (np.zeros((count, 3)), rng.standard_normal((count, 3))),
        "ties": tuple(rng.integers(0, 3, (2, count, 3)).astype(float)),
        "one place": (np.ones((count, 3)), np.ones((count, 3))),
        "two places": (np.zeros((count, 3)), np.ones((count, 3))),
        "far away": (cloud + 4096.0, rng.permutation(cloud) + 0.05 * rng.standard_normal((count, 3)) + 4096.0),
    }


def stacked(pairs: dict[str, Pairs], dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = (np.stack([pair[side] for pair in pairs.values()]) for side in (0, 1))
    return torch.from_numpy(a).to(dtype), torch.from_numpy(b).to(dtype)


def exact_costs(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
    """Of the best bijections of the very same numbers."""
    costs = []
    for x, y in zip(a.double().numpy(), b.double().numpy(), strict=True):
        table = cdist(x, y, "sqeuclidean")
        costs.append(table[linear_sum_assignment(table)].sum())
    return np.array(costs)


def assert_true(found: Auction, a: torch.Tensor, b: torch.Tensor) -> None:
    """Bijections, whose cost and gap are what the points and prices say, and hold the best cost between them."""
    points = a.shape[1]
    assert (found.matches.sort(1).values == torch.arange(points)).all()
    rows = found.matches[..., None].expand(-1, -1, 3)
    np.testing.assert_allclose(found.cost, (a.double() - b.double().gather(1, rows)).square().sum((1, 2)), rtol=1e-12)
    table, prices = (
        torch.cdist(a.double(), b.double(), compute_mode="donot_use_mm_for_euclid_dist").square(),
        found.prices,
    )
    dual = (table + prices.double()[:, None]).amin(2).sum(1) - prices.double().sum(1)
    rounding = 1e-9 * (found.cost + prices.double().sum(1))
    assert ((found.cost - found.gap - dual).abs() <= rounding).all()
    exact = torch.from_numpy(exact_costs(a, b))
    assert (found.gap >= 0).all()
    assert (found.cost >= exact - rounding).all()
    assert (found.cost - found.gap <= exact + rounding).all()


@pytest.mark.parametrize("count", [1, 2, 3, 16, 61, 128])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_costs_are_within_a_thousandth_of_the_best(count: int, dtype: torch.dtype) -> None:
    a, b = stacked(problems(count), dtype)
    found = auction(a, b)
    assert_true(found, a, b)
    assert (found.gap <= 1.001e-3 * found.cost).all()


def test_a_finer_gap_can_be_had() -> None:
    a, b = stacked(problems(61, 1), torch.float64)
    found = auction(a, b, relative_gap=1e-7)
    assert_true(found, a, b)
    np.testing.assert_allclose(found.cost, exact_costs(a, b), rtol=1e-7)


def test_where_nearest_columns_are_a_bijection_the_gap_is_zero() -> None:
    pairs = problems(128)
    a, b = stacked({name: pairs[name] for name in ("shuffled", "nearly equal")}, torch.float64)
    found = auction(a, b)
    assert found.rounds.tolist() == [1, 1]
    assert found.gap.max() <= 1e-15


def test_sets_that_coincide_take_no_more_rounds_than_points() -> None:
    """Rows at one place bid for the same columns, and each round sells one of them."""
    pairs = problems(64)
    on_grid = pairs["ties"][0]
    pairs["shuffled ties"] = on_grid, np.random.default_rng(1).permutation(on_grid)
    for dtype in (torch.float32, torch.float64):
        found = auction(*stacked({name: pairs[name] for name in ("one place", "shuffled ties")}, dtype))
        assert found.cost.tolist() == found.gap.tolist() == [0.0, 0.0]
        assert (found.rounds <= 64).all()


@pytest.mark.parametrize("rounds", [0, 1, 2, 7, 40])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cut_short_it_still_ends_in_bijections_and_says_how_good_they_are(rounds: int, dtype: torch.dtype) -> None:
    a, b = stacked(problems(61, 2), dtype)
    found = auction(a, b, max_rounds=rounds)
    assert found.rounds.max() == rounds
    assert_true(found, a, b)


def test_rows_left_over_take_columns_left_over_in_their_order() -> None:
    a = torch.tensor([[[0.0, 0, 0], [0, 0, 0], [0, 0, 0], [9, 0, 0]]])
    b = torch.tensor([[[7.0, 0, 0], [8, 0, 0], [0, 0, 0], [9, 0, 0]]])
    assert assign(a, b, max_rounds=0).matches.tolist() == [[0, 1, 2, 3]]
    # In the first round row 0 gets column 2 and row 3 gets column 3; rows 1 and 2 are left, and columns 0 and 1.
    assert assign(a, b, max_rounds=1).matches.tolist() == [[2, 0, 1, 3]]


def test_a_phase_that_is_cut_short_leaves_the_last_whole_assignment() -> None:
    """More rounds never leave a worse bound than that of the phase before."""
    a, b = stacked({"noisy": problems(61, 3)["noisy"]}, torch.float64)
    whole = int(auction(a, b, relative_gap=1e-6).rounds)
    gaps = [float(auction(a, b, relative_gap=1e-6, max_rounds=cap).gap) for cap in range(whole // 3, whole + 1)]
    assert len(gaps) > 10
    assert gaps[0] > 10 * gaps[-1]
    assert all(after <= before for before, after in pairwise(gaps))


def test_padding_is_matched_with_itself_and_changes_nothing() -> None:
    counts = [0, 1, 2, 19, 20]
    rng = np.random.default_rng(4)
    a, b = torch.from_numpy(rng.standard_normal((2, 5, 20, 3)))
    for i, count in enumerate(counts):
        a[i, count:], b[i, count:] = 1e3, -1e3
    found = auction(a, b, count=torch.tensor(counts))
    for i, count in enumerate(counts):
        assert found.matches[i, count:].tolist() == list(range(count, 20))
        assert found.prices[i, count:].tolist() == [0.0] * (20 - count)
        assert sorted(found.matches[i, :count].tolist()) == list(range(count))
        exact = float(exact_costs(a[i : i + 1, :count], b[i : i + 1, :count])[0]) if count else 0.0
        assert exact - 1e-9 <= found.cost[i] <= 1.001 * exact + 1e-9
        assert 0 <= found.gap[i] <= 1.001e-3 * found.cost[i]


def test_problems_do_not_see_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """One at a time, by a memory bound that holds no more, or all at once."""
    a, b = stacked(problems(40, 5), torch.float32)
    together = auction(a, b)
    monkeypatch.setattr(auctions, "CHUNK_BYTES", 1)
    monkeypatch.setattr(certificate, "CHUNK_BYTES", 1)
    apart = auction(a, b)
    assert apart.matches.tolist() == together.matches.tolist()
    assert apart.prices.tolist() == together.prices.tolist()
    assert apart.rounds.tolist() == together.rounds.tolist()
    assert apart.gap.tolist() == together.gap.tolist()


def test_metres_at_utm_coordinates_survive_in_float64() -> None:
    rng = np.random.default_rng(6)
    cloud = rng.standard_normal((1, 50, 3)) + np.array([5e6, 4e5, -3e3])
    moved = rng.permutation(cloud, axis=1) + np.array([0.0, 0.0, 1e-3])
    found = auction(torch.from_numpy(cloud), torch.from_numpy(moved))
    assert float(found.cost) == pytest.approx(50e-6, rel=1e-3)
    assert float(found.gap) == 0.0


def test_shapes_and_gaps_that_make_no_sense_are_refused() -> None:
    with pytest.raises(
        UsageError, match=r"^an auction needs two tensors \(P, n, 3\), not \(2, 5, 3\) and \(2, 6, 3\)$"
    ):
        assign(torch.zeros(2, 5, 3), torch.zeros(2, 6, 3))
    with pytest.raises(UsageError, match=r"^an auction needs two tensors \(P, n, 3\), not \(5, 3\) and \(5, 3\)$"):
        assign(torch.zeros(5, 3), torch.zeros(5, 3))
    with pytest.raises(UsageError, match=r"^relative gap is 0.0, and must be above 0$"):
        assign(torch.zeros(2, 5, 3), torch.zeros(2, 5, 3), relative_gap=0.0)


class Kernel:
    """Stands for the module of the kernel on a machine where Triton is installed."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure, self.solved = failure, list[tuple[int, ...]]()

    def bid_until_assigned(self, a: torch.Tensor, *_: object) -> tuple[torch.Tensor, ...]:
        self.solved.append(tuple(a.shape))
        if self.failure:
            raise self.failure
        return torch.zeros(a.shape[:2], dtype=torch.int64), a[..., 0], torch.zeros(len(a), dtype=torch.int64)


@pytest.fixture
def _triton_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(auctions, "find_spec", lambda name: object())
    auctions.triton_auction.cache_clear()
    yield
    auctions.triton_auction.cache_clear()


@pytest.mark.usefixtures("_triton_found")
@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (RuntimeError("Failed to find C compiler. Please\nspecify"), "RuntimeError: Failed to find C compiler. Please"),
        (CalledProcessError(1, ["gcc", "cuda_utils.c", *(99 * ["-O3"])]), "CalledProcessError: Command '['gcc', "),
        (FileNotFoundError(2, "No such file or directory", "cc"), "FileNotFoundError: [Errno 2] No such file"),
        (AssertionError(), "AssertionError:"),
    ],
)
def test_a_kernel_that_cannot_be_launched_is_done_without(
    failure: Exception, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is found out once, before any work, and said."""
    kernel = Kernel(failure)
    monkeypatch.setattr(auctions, "import_module", lambda name: kernel)
    with pytest.warns(SlowerWarning) as said:
        assert auctions.triton_auction(torch.device("cpu")) is None
    assert auctions.triton_auction(torch.device("cpu")) is None
    assert len(kernel.solved) == len(said) == 1
    text = str(said[0].message)
    assert text.startswith(f"assignments without Triton's kernel, which is slower: it cannot be launched ({cause}")
    assert text.endswith("); it wants a C compiler and the headers of Python")
    assert len(text) < 400


@pytest.mark.usefixtures("_triton_found")
def test_a_kernel_that_solves_a_tiny_problem_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel()
    monkeypatch.setattr(auctions, "import_module", lambda name: kernel)
    assert auctions.triton_auction(torch.device("cpu")) is kernel
    assert auctions.triton_auction(torch.device("cpu")) is kernel
    assert kernel.solved == [(1, 1, 3)]


def test_without_triton_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    auctions.triton_auction.cache_clear()
    monkeypatch.setattr(auctions, "find_spec", lambda name: None)
    assert auctions.triton_auction(torch.device("cpu")) is None
    auctions.triton_auction.cache_clear()


@pytest.mark.usefixtures("_triton_found")
def test_on_a_processor_there_is_no_kernel_to_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel()
    monkeypatch.setattr(auctions, "import_module", lambda name: kernel)
    points = torch.tensor([[[0.0, 0, 0], [1, 0, 0]]])
    assert auction(points, points.flip(1)).matches.tolist() == [[1, 0]]
    assert kernel.solved == []
