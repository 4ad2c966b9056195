"""Exact linear assignment of points, matrix-free: an ε-scaled auction that ends in shortest augmenting paths.

Minimises Σ |a_i - b_π(i)|² over bijections π (the EMD of paper eq. 12 and 13, with the squared distance). The dual is a
price p_j per column: π is optimal when every row holds a column of the least c_ij + p_j. The parts are known ones:

1. auction with falling ε (Bertsekas 1988): rows bid for their cheapest column and raise its price; a good guess;
2. reduction, the same with ε = 0 (Jonker and Volgenant 1987): what is held now is held at least cost; few are left;
3. a shortest augmenting path for each of these (ibid.), which ends in the optimum whatever the prices were before.

Two things make it fast for points. Costs come from coordinates, which fit the first-level cache where a matrix of costs
does not. And prices only ever rise, so a short list of a row's cheapest columns stays right until the second cheapest
of them costs more than what was left out of the list when it was made.

All of it is in one file, because of what numba keeps on disk: it is made anew when the file of a function changes, but
not when the file of a function that it calls does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Doubles, Floats, Ints, Longs, Rows
from qaadcodec.assignment.kernels.compiling import compiled

LISTED = 64  # most columns in a row's list
TRIES = 60  # to find a limit of costs that makes a list neither too long nor too short
EPSILON_FIRST, EPSILON_LAST, EPSILON_FALL = 3.0, 0.02, 12.0  # in mean squared distances to the nearest column
REDUCTIONS = 20  # most bids in the reduction, on average for a row
# A problem is given up where it takes more bids in auctions, more passes over all columns to make lists, or more steps
# of shortest paths than these, on average for a row. That happens where many points coincide: then rows outbid each
# other by ε for a very long time.
BIDS, PASSES, STEPS = 200, 100, 40
GIVEN_UP = 4096  # points; larger problems are allowed about n times as much, since their matrices are too large


class Market(NamedTuple):
    """What decides how much column j costs row i, which is c_ij + p_j with c_ij = |a_i - b_j|²."""

    a: Doubles
    """the points of the rows, (n, 3)"""
    b: Doubles
    """the points of the columns, (3, n)"""
    price: Doubles
    """p, of the columns, (n,)"""


class Matching(NamedTuple):
    """Which row holds which column, both ways; -1 for none."""

    row_of: Rows
    """the row that holds each column, (n,)"""
    column_of: Rows
    """the column that each row holds, (n,)"""


class Lists(NamedTuple):
    """The cheapest columns of every row, by what they cost when the list was made; and room to make one in."""

    column: Ints
    """the columns listed, (n, LISTED)"""
    cost: Doubles
    """their c_ij, (n, LISTED)"""
    size: Longs
    """how many are listed, (n,)"""
    bound: Doubles
    """c_ij + p_j of every column that is not listed is at least this, (n,)"""
    reach: Doubles
    """how far above the cheapest column the next list should go, (n,); negative where that is not known yet"""
    value: Doubles
    """room, (n,)"""
    found: Ints
    """room, (n + 1,)"""
    passes: Longs
    """how many more passes over all columns may be made for lists, (1,)"""
    bids: Longs
    """how many more bids may be made in auctions, (1,)"""


@compiled
def assign_leaves(a: Floats, b: Floats, rows_a: Rows, rows_b: Rows, bounds: Longs, result: Rows) -> None:
    """`solve` inside pairs of subspaces, one after the other.

    Args:
        a, b: (M, 3) float32 or float64, finite.
        rows_a, rows_b: the rows of a and of b, subspace by subspace.
        bounds: where each subspace begins in them, and at last where the last one ends.
        result: (M,), receives the row of b for each of these rows of a, or -1 in subspaces that were given up.
    """
    for k in range(len(bounds) - 1):
        first, last = bounds[k], bounds[k + 1]
        n = last - first
        here, there = np.empty((n, 3)), np.empty((3, n))
        for i in range(n):
            for c in range(3):
                here[i, c], there[c, i] = a[rows_a[first + i], c], b[rows_b[first + i], c]
        if n > 1:
            matches = solve(here, there)
            for i in range(n):
                result[rows_a[first + i]] = rows_b[first + matches[i]] if len(matches) == n else -1
        elif n == 1:
            result[rows_a[first]] = rows_b[first]


@compiled
def solve(a: Doubles, b: Doubles) -> Rows:
    """The bijection with the least sum of squared distances: row i of a goes to column result[i] of b.

    Args:
        a, b: (n, 3) and (3, n), finite, n >= 2.

    Returns:
        (n,) int64; among equally good bijections, always the same one. An empty array, (0,), where the problem was
        given up, because many points coincide: other solvers are quicker then.
    """
    n = len(a)
    market = Market(a, b, np.zeros(n))
    lists = Lists(
        np.empty((n, LISTED), np.int32),
        np.empty((n, LISTED)),
        np.zeros(n, np.int64),
        np.empty(n),
        np.full(n, -1.0),
        np.empty(n),
        np.empty(n + 1, np.int32),
        np.full(1, PASSES * n if n <= GIVEN_UP else PASSES * n * n),
        np.full(1, BIDS * n if n <= GIVEN_UP else BIDS * n * n),
    )
    scale = 0.0
    for i in range(n):
        make_list(i, 0.0, market, lists)
        scale += two_least(i, market.price, lists.column, lists.cost, lists.size)[1] / n
    matching, free = Matching(np.empty(n, np.int64), np.empty(n, np.int64)), np.empty(n, np.int64)
    epsilon = EPSILON_FIRST * scale
    while True:
        auction(market, lists, epsilon, matching.row_of)
        if lists.passes[0] <= 0 or lists.bids[0] <= 0:
            return matching.column_of[:0]
        if epsilon <= EPSILON_LAST * scale:
            break
        epsilon = max(epsilon / EPSILON_FALL, EPSILON_LAST * scale)
    frees = reduction(market, lists, matching, free)
    steps = STEPS * n if n <= GIVEN_UP else n * n
    return matching.column_of if augment(market, matching, free[:frees], steps) else matching.column_of[:0]


@compiled
def auction(market: Market, lists: Lists, epsilon: float, row_of: Rows) -> None:
    """Every row in turn takes its cheapest column, and makes it as dear as its second cheapest and ε more."""
    price, column, cost, size, bound = market.price, lists.column, lists.cost, lists.size, lists.bound
    row_of[:] = -1
    for first in range(len(price)):
        i = first
        while i >= 0 and lists.passes[0] > 0 and lists.bids[0] > 0:
            j, least, second = two_least(i, price, column, cost, size)
            if second > bound[i]:
                make_list(i, min(least, bound[i]), market, lists)
                j, least, second = two_least(i, price, column, cost, size)
            price[j] += second - least + epsilon
            i, row_of[j] = row_of[j], i
            lists.bids[0] -= 1


@compiled
def reduction(market: Market, lists: Lists, matching: Matching, free: Rows) -> int:
    """The same with ε = 0: every row ends with a column of its least cost, or without one.

    Args:
        free: (n,), receives the rows without a column.

    Returns:
        How many these are.
    """
    price, column, cost, size, bound = market.price, lists.column, lists.cost, lists.size, lists.bound
    row_of, column_of = matching.row_of, matching.column_of
    row_of[:], column_of[:] = -1, -1
    frees, left = 0, REDUCTIONS * len(price)
    for first in range(len(price)):
        i = first
        while i >= 0:
            j, least, second = two_least(i, price, column, cost, size)
            if second > bound[i]:
                make_list(i, min(least, bound[i]), market, lists)
                j, least, second = two_least(i, price, column, cost, size)
            holder = row_of[j]
            if holder >= 0 and not second > least:  # it cannot outbid
                free[frees] = i
                frees += 1
                break
            price[j] += second - least
            row_of[j], column_of[i] = i, j
            left -= 1
            if holder >= 0:
                column_of[holder] = -1
                if left <= 0:
                    free[frees] = holder
                    frees += 1
                    break
            i = holder
    return frees


@compiled
def two_least(i: int, price: Doubles, column: Ints, cost: Doubles, size: Longs) -> tuple[int, float, float]:
    """The cheapest column of row i among those listed, what it costs, and what the second cheapest costs."""
    at, least, second = -1, np.inf, np.inf
    for k in range(size[i]):
        j = column[i, k]
        now = cost[i, k] + price[j]
        if now < second:
            if now < least:
                at, least, second = j, now, least
            else:
                second = now
    return at, least, second


@compiled
def make_list(i: int, start: float, market: Market, lists: Lists) -> None:
    """List the cheapest columns of row i anew: at most LISTED of them, at least two, and seldom below LISTED / 8.

    Args:
        start: no column costs less than this.
    """
    price, value, found = market.price, lists.value, lists.found
    n = len(price)
    values_of(i, market, value)
    if n <= LISTED:
        size, limit = n, np.inf
        for j in range(n):
            found[j] = j
    else:
        limit = start + lists.reach[i] if lists.reach[i] >= 0.0 else low_value(value, i)
        low, high = start, np.inf
        size = below(value, limit, found)
        lists.passes[0] -= 1
        for _ in range(TRIES):
            if size > LISTED:
                high = limit
            elif size < LISTED // 8:
                low = limit
            else:
                break
            limit = 0.4 * low + 0.6 * high if high < np.inf else start + 1.7 * (limit - start) + 1e-300
            size = below(value, limit, found)
            lists.passes[0] -= 1
        if size > LISTED or size < 2:  # many columns at one price
            order = np.argsort(value)
            size, limit = LISTED, value[order[LISTED - 1]]
            for k in range(LISTED):
                found[k] = order[k]
        lists.reach[i] = (limit - start) * (1.5 - size / LISTED if size < LISTED // 2 else 1.0)
    for k in range(size):
        lists.column[i, k] = found[k]
        lists.cost[i, k] = value[found[k]] - price[found[k]]
    lists.size[i], lists.bound[i] = size, limit


@compiled
def values_of(i: int, market: Market, out: Doubles) -> None:
    """Write what every column costs row i, c_ij + p_j, into `out`."""
    a, b, price = market.a, market.b, market.price
    x, y, z = a[i, 0], a[i, 1], a[i, 2]
    bx, by, bz = b[0], b[1], b[2]
    for j in range(len(price)):
        dx, dy, dz = x - bx[j], y - by[j], z - bz[j]
        out[j] = dx * dx + dy * dy + dz * dz + price[j]


@compiled
def low_value(value: Doubles, i: int) -> float:
    """A value with probably some dozens of all values below it: the least or second least of 32 evenly spread ones."""
    step = max(1, len(value) // 32)
    one, two = np.inf, np.inf
    for j in range(i % step, len(value), step):
        one, two = min(one, value[j]), min(two, max(one, value[j]))
    return two if len(value) <= 8 * LISTED else one


@compiled
def below(value: Doubles, limit: float, found: Ints) -> int:
    """Write the places of the values below the limit into `found`, which has room for one more; return how many."""
    size = np.uint64(0)  # unsigned, and no branch: this pass over all values is where the time goes
    for j in range(len(value)):
        found[size] = j
        size += np.uint64(value[j] < limit)
    return int(size)


@compiled
def augment(market: Market, matching: Matching, free: Rows, steps: int) -> bool:
    """Give each free row a column along a shortest path of reduced costs c_ij + p_j (Dijkstra over all columns).

    Args:
        free: the rows without a column.
        steps: how many columns may be passed, over all paths.

    Returns:
        Whether so many steps were enough.
    """
    price, row_of, column_of = market.price, matching.row_of, matching.column_of
    n = len(price)
    value, distance = np.empty(n), np.empty(n)
    rest, before, done = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for start in free:
        values_of(start, market, distance)
        before[:] = start
        for j in range(n):
            rest[j] = j
        left, passed = n, 0
        while True:
            near = 0
            for k in range(1, left):
                gap = distance[rest[k]] - distance[rest[near]]
                if gap < 0.0 or (gap == 0.0 and row_of[rest[k]] < 0):
                    near = k
            j = rest[near]
            if row_of[j] < 0:
                break
            left -= 1
            steps -= 1
            if steps < 0:
                return False
            rest[near] = rest[left]
            done[passed], passed = j, passed + 1
            i = row_of[j]
            values_of(i, market, value)
            head = value[j] - distance[j]
            for k in range(left):
                to = rest[k]
                if value[to] - head < distance[to]:
                    distance[to], before[to] = value[to] - head, i
        for k in range(passed):
            price[done[k]] += distance[j] - distance[done[k]]
        i = -1
        while i != start:
            i = before[j]
            row_of[j] = i
            j, column_of[i] = column_of[i], j
    return True
