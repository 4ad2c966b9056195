"""What a bijection costs, and what every bijection must cost at least: primal and dual sums, in float64."""

from __future__ import annotations

import torch
from torch import Tensor

from qaadcodec.assignment.device.leaves import rows_of

CHUNK_BYTES = 2**28  # of working memory; as many problems are taken at a time as fit


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """c_ij = |a_i - b_j|² of P problems, from (P, n, 3) each to (P, n, n); by differences, so that nothing cancels."""
    total = (a[:, :, None, 0] - b[:, None, :, 0]).square_()
    for axis in (1, 2):
        total += (a[:, :, None, axis] - b[:, None, :, axis]).square_()
    return total


def largest_costs(a: Tensor, b: Tensor) -> Tensor:
    """An upper bound of the costs of each problem, (P,): the squared diagonal of the box around its points."""
    low, high = torch.minimum(a.amin(1), b.amin(1)), torch.maximum(a.amax(1), b.amax(1))
    return (high - low).square().sum(1)


def matched_cost(a: Tensor, b: Tensor, matches: Tensor, valid: Tensor) -> Tensor:
    """Σ_i |a_i - b_match(i)|² over the valid rows of each problem, (P,) float64."""
    gaps = a.double() - rows_of(b, matches).double()
    return gaps.square().sum(2).mul(valid).sum(1)


def dual_bounds(a: Tensor, b: Tensor, prices: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """What every bijection costs at least, by the dual problem: Σ_i min_j (c_ij + p_j) - Σ_j p_j, for any prices p.

    A bijection pays every price once, and no row can pay less than its cheapest column costs (weak duality).

    Args:
        a, b: (P, n, 3) each.
        prices: of the columns, (P, n).
        valid: rows and columns that take part, (P, n) bool.

    Returns:
        The bound of these prices and that of prices of zero (every row's nearest column), (P,) float64 each.

    Working memory is 24 P n² bytes, a chunk of problems at a time.
    """
    problems, count, _ = a.shape
    at_prices, at_zero = (a.new_zeros(problems, dtype=torch.float64) for _ in range(2))
    step = max(1, CHUNK_BYTES // (24 * max(count, 1) ** 2))
    for first in range(0, problems, step):
        part = slice(first, first + step)
        price, here = prices[part].double(), valid[part]
        cost = squared_distances(a[part].double(), b[part].double())
        cost.masked_fill_(~here[:, None], torch.inf)
        at_zero[part] = cost.amin(2).where(here, 0.0).sum(1)
        cost += price[:, None]
        at_prices[part] = cost.amin(2).where(here, 0.0).sum(1) - price.where(here, 0.0).sum(1)
    return at_prices, at_zero
