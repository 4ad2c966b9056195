"""Nearly optimal bijections of many small problems at once by the ε-scaled auction, with the gap stated.

The forward auction of Bertsekas (1988) as the paper uses it (section 3.2): each row bids for the column that costs it
least, price included, and all bidders of a round bid at once (Jacobi). A bid raises the price by what the second
cheapest column costs more, and by ε. When every row holds a column, each pays at most ε more than it must at these
prices, so the bijection costs at most n ε more than the best one. ε falls from phase to phase, and prices stay.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import torch
from torch import Tensor

from qaadcodec.assignment.device.bidding import Rules, bid_until_assigned
from qaadcodec.assignment.device.certificate import CHUNK_BYTES, dual_bounds, matched_cost
from qaadcodec.errors import SlowerWarning, UsageError

RELATIVE_GAP = 1e-3
LONGEST_CAUSE = 200  # characters of what went wrong, which may be the whole line of a compiler
ROUNDS_PER_POINT = 64  # several times what sets of 256 to 1024 points were seen to need


@dataclass(frozen=True, slots=True)
class Matching:
    """Bijections of P problems.

    Attributes:
        matches: column of each row, (P, n) int64; always a permutation, with padding matched with itself.
        prices: of the columns, (P, n), zero or more, in the unit of the squared distances.
        rounds: rounds of bidding that each problem took, (P,) int64.
    """

    matches: Tensor
    prices: Tensor
    rounds: Tensor


@dataclass(frozen=True, slots=True)
class Auction:
    """Bijections of P problems, and how far from the best they may be.

    Attributes:
        matches, prices, rounds: as in `Matching`.
        cost: sum of squared distances of the matches, (P,) float64.
        gap: cost less the dual bound of the prices, (P,) float64, zero or more: the best bijection costs at least
            cost - gap. In the unit of the cost.
    """

    matches: Tensor
    prices: Tensor
    rounds: Tensor
    cost: Tensor
    gap: Tensor


def auction(
    a: Tensor,
    b: Tensor,
    *,
    count: Tensor | None = None,
    relative_gap: float = RELATIVE_GAP,
    max_rounds: int | None = None,
) -> Auction:
    """`assign`, and the optimality gap of what it found, computed from its prices and matches in float64."""
    found = assign(a, b, count=count, relative_gap=relative_gap, max_rounds=max_rounds)
    valid = valid_rows(a, count)
    cost = matched_cost(a, b, found.matches, valid)
    at_prices, at_zero = dual_bounds(a, b, found.prices, valid)
    prices = torch.where((at_zero >= at_prices)[:, None], 0.0, found.prices)
    gap = (cost - torch.maximum(at_prices, at_zero)).clamp(min=0.0)  # below zero by rounding only
    return Auction(found.matches, prices, found.rounds, cost, gap)


def assign(
    a: Tensor,
    b: Tensor,
    *,
    count: Tensor | None = None,
    relative_gap: float = RELATIVE_GAP,
    max_rounds: int | None = None,
) -> Matching:
    """Bijections between the rows of a and b of P problems, by squared distance.

    On a CUDA device where Triton can launch its kernel, that one solves all problems of up to 2048 points, in float32
    and with 60 P n bytes of working memory. Otherwise the rounds are torch operations on cost matrices. With numbers of
    s bytes these take 4 s P n² bytes, so problems are taken in chunks that stay below CHUNK_BYTES, or one at a time if
    that is too much.

    Args:
        a, b: (P, n, 3) each, float32 or float64, finite.
        count: how many rows and columns of each problem take part, the first ones, (P,); None for all n.
        relative_gap: an auction ends when its gap is at most this share of the cost. Where costs are many orders of
            magnitude below the prices that they need, rounding can keep it from that; `auction` returns the gap that
            was reached.
        max_rounds: most rounds of bidding in a problem; None for 64 n. Where they do not suffice, the last whole
            assignment stands; if there was none, the rows left over take the columns left over in their order.

    Raises:
        UsageError: shapes differ or are not (P, n, 3), or the relative gap is not above 0.
    """
    if a.shape != b.shape or a.ndim != 3 or a.shape[2] != 3:
        raise UsageError(f"an auction needs two tensors (P, n, 3), not {tuple(a.shape)} and {tuple(b.shape)}")
    if not relative_gap > 0:
        raise UsageError(f"relative gap is {relative_gap!r}, and must be above 0")
    problems, points, _ = a.shape
    rules = Rules(relative_gap, ROUNDS_PER_POINT * points if max_rounds is None else max_rounds)
    valid = valid_rows(a, count)
    kernel = triton_auction(a.device) if a.is_cuda else None
    if kernel is not None and points <= kernel.MOST_POINTS:
        return Matching(*kernel.bid_until_assigned(a, b, valid, rules))
    matches, prices = a.new_empty(problems, points, dtype=torch.int64), a.new_empty(problems, points)
    rounds = a.new_empty(problems, dtype=torch.int64)
    step = max(1, CHUNK_BYTES // (4 * a.element_size() * max(points, 1) ** 2))
    for first in range(0, problems, step):
        part = slice(first, first + step)
        matches[part], prices[part], rounds[part] = bid_until_assigned(a[part], b[part], valid[part], rules)
    return Matching(matches, prices, rounds)


def valid_rows(a: Tensor, count: Tensor | None) -> Tensor:
    """(P, n) bool: the rows that take part."""
    rows = torch.arange(a.shape[1], device=a.device)
    return rows.expand(a.shape[:2]) < (a.shape[1] if count is None else count[:, None])


@cache
def triton_auction(device: torch.device) -> ModuleType | None:
    """The module with the Triton kernel; None where Triton is not installed, or cannot launch on a device.

    Before its first launch Triton compiles a small library of C, for which it wants a compiler and Python's headers.
    Many machines have none. So a tiny problem is solved first: whatever goes wrong, torch operations do the same, and a
    warning says so, once.
    """
    if find_spec("triton") is None:
        return None
    point = torch.zeros(1, 1, 3, device=device)
    try:
        kernel = import_module("qaadcodec.assignment.device.auction_triton")
        matches, _, _ = kernel.bid_until_assigned(point, point, valid_rows(point, None), Rules(RELATIVE_GAP, 1))
        matches.tolist()  # waits for the launch
    except Exception as error:
        cause = f"{type(error).__name__}: {error}".strip().splitlines()[0][:LONGEST_CAUSE]
        wanted = "it wants a C compiler and the headers of Python"
        said = f"assignments without Triton's kernel, which is slower: it cannot be launched ({cause}); {wanted}"
        warnings.warn(said, SlowerWarning, stacklevel=2)
        return None
    return kernel
