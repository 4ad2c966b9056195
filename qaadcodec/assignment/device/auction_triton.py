# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, misc"
"""The auction as one Triton kernel: a program per problem, from the first bid to the last, without the host.

The rules are those of `qaadcodec.assignment.device.bidding`, in float32. There is no cost matrix: bids are computed
tile by tile from the coordinates. The threads of a program exchange values through scratch memory, which is small
enough for the caches; a barrier stands between every store and the loads by other threads.
"""

from __future__ import annotations

import torch
import triton  # type: ignore[import-not-found, import-untyped, unused-ignore]
import triton.language as tl  # type: ignore[import-not-found, import-untyped, unused-ignore]
from torch import Tensor

from qaadcodec.assignment.device import bidding
from qaadcodec.assignment.device.certificate import largest_costs

MOST_POINTS = 2048  # in a problem
FALL = tl.constexpr(bidding.FALL)
RISE = tl.constexpr(bidding.RISE)
FEWEST_ROUNDS = tl.constexpr(bidding.FEWEST_ROUNDS)
SMALLEST_SHARE = tl.constexpr(bidding.SMALLEST_SHARE)
EPSILON = tl.constexpr(2.0**-23)  # of float32
RESOLUTION = tl.constexpr(bidding.RESOLUTION * 2.0**-23)
FEW = tl.constexpr(2)  # a round of up to so many bidders is one narrow tile; most rounds have no more


def bid_until_assigned(a: Tensor, b: Tensor, valid: Tensor, rules: bidding.Rules) -> tuple[Tensor, Tensor, Tensor]:
    """`bidding.bid_until_assigned` for problems of up to MOST_POINTS points, with 60 P n bytes of working memory."""
    problems, points, _ = a.shape
    if a.dtype != torch.float32:  # large coordinates would lose their last digits in float32; differences keep them
        middle = b.mean(1, keepdim=True)
        a, b = a - middle, b - middle
    largest = largest_costs(a, b).float()
    a, b = (x.float().transpose(1, 2).contiguous() for x in (a, b))  # (P, 3, n)
    matches = torch.arange(points, dtype=torch.int32, device=a.device).repeat(problems, 1)
    prices = a.new_zeros(problems, points)
    rounds = matches.new_zeros(problems)
    scratch = [torch.empty_like(matches) for _ in range(3)] + [torch.empty_like(prices) for _ in range(2)]
    keys = torch.empty_like(matches, dtype=torch.int64)
    if problems and points:
        block = max(16, triton.next_power_of_2(points))
        # Nearly all rounds wait for memory and barriers, so many small programs should run at a time: at these sizes
        # they take about 128 registers a thread. Without fused products a match costs the same wherever it is computed.
        warps = 2 if block <= 256 else 4 if block <= 1024 else 8
        with torch.cuda.device_of(a):  # Triton launches on the current device, wherever the tensors are
            auctions[(problems,)](
                a, b, valid.sum(1, dtype=torch.int32), largest, matches, prices, rounds, *scratch, keys,
                points, rules.relative_gap, rules.max_rounds,
                BLOCK=block, ROWS=8, COLUMNS=16 * warps, num_warps=warps, num_stages=1, enable_fp_fusion=False,
            )  # fmt: skip
    return matches.long(), prices, rounds.long()


@triton.jit(do_not_specialize=["max_rounds"])
def auctions(
    a, b, counts, largest, matches, prices, rounds_taken,
    owners, holdings, waiting_rows, bids, excesses, keys,
    n, relative_gap, max_rounds,
    BLOCK: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """The auction of one problem, that of the program's number.

    Args:
        a, b: coordinates, (P, 3, n) float32.
        counts: how many rows take part, (P,) int32.
        largest: upper bounds of the costs, (P,) float32.
        matches, prices, rounds_taken: results, (P, n) int32, (P, n) float32, (P,) int32.
        owners, holdings: the row that holds each column and the column that each row holds, (P, n) int32; -1 for none.
        waiting_rows: the rows without a column, (P, n) int32, packed at the front.
        bids: present prices, (P, n) float32.
        excesses: what each row pays above the least it could, (P, n) float32.
        keys: best bid for each column in this round, (P, n) int64: the bid's bits above the row's complement.
        BLOCK: a power of two, n or more.
        ROWS, COLUMNS: size of a tile.
    """
    problem = tl.program_id(0).to(tl.int64)
    start = problem * n
    a += 3 * start
    b += 3 * start
    matches += start
    prices += start
    owners += start
    holdings += start
    waiting_rows += start
    bids += start
    excesses += start
    keys += start
    count = tl.load(counts + problem)
    index = tl.arange(0, BLOCK)
    inside = index < count
    tl.store(bids + index, tl.zeros((BLOCK,), tl.float32), mask=inside)
    tl.store(owners + index, tl.full((BLOCK,), -1, tl.int32), mask=inside)
    tl.store(holdings + index, tl.full((BLOCK,), -1, tl.int32), mask=inside)
    tl.store(keys + index, tl.zeros((BLOCK,), tl.int64), mask=inside)
    tl.debug_barrier()

    nearest_sums = tl.zeros((ROWS,), tl.float32)
    first = 0
    while first < count:
        row = first + tl.arange(0, ROWS)
        least, _second, _column = cheapest(row, row < count, a, b, bids, n, count, ROWS, COLUMNS)
        nearest_sums += tl.where(row < count, least, 0.0)
        first += ROWS
    nearest = tl.sum(nearest_sums, 0)
    highest_cost = tl.load(largest + problem)
    eps = tl.maximum(nearest / tl.maximum(count, 1), highest_cost * SMALLEST_SHARE)
    eps = tl.where(eps > 0.0, eps, 1.0)
    most_eps = tl.maximum(eps, highest_cost)
    every = tl.maximum(count // 2, FEWEST_ROUNDS)

    rounds = 0
    begun = 0  # 1 after the first whole assignment
    going = (count > 0).to(tl.int32)
    while going > 0:
        held = tl.load(holdings + index, mask=inside, other=0)
        free = (held < 0).to(tl.int32)
        waiting = tl.sum(free, 0)
        if waiting > 0:
            tl.store(waiting_rows + tl.cumsum(free, 0) - 1, index, mask=free > 0)
            tl.debug_barrier()
            if rounds >= max_rounds:
                going = 0
            else:
                rises = (begun == 0) & (rounds > 0) & (rounds % every == 0)
                eps = tl.where(rises, tl.minimum(eps * RISE, most_eps), eps)
                if waiting <= FEW:
                    bid(0, waiting, waiting_rows, a, b, bids, keys, eps, n, count, FEW, ROWS * COLUMNS // FEW)
                else:
                    first = 0
                    while first < waiting:
                        bid(first, waiting, waiting_rows, a, b, bids, keys, eps, n, count, ROWS, COLUMNS)
                        first += ROWS
                tl.debug_barrier()
                award(index, inside, owners, holdings, bids, keys)
                tl.debug_barrier()
                rounds += 1
        else:
            totals = tl.zeros((ROWS,), tl.float32)
            excess_sums = tl.zeros((ROWS,), tl.float32)
            first = 0
            while first < count:
                row = first + tl.arange(0, ROWS)
                live = row < count
                least, _second, _column = cheapest(row, live, a, b, bids, n, count, ROWS, COLUMNS)
                column = tl.load(holdings + row, mask=live, other=0)
                cost = squared_distance(row, column, live, a, b, n)
                excess = tl.maximum(cost + tl.load(bids + column, mask=live, other=0.0) - least, 0.0)
                tl.store(excesses + row, excess, mask=live)
                totals += tl.where(live, cost, 0.0)
                excess_sums += tl.where(live, excess, 0.0)
                first += ROWS
            total = tl.sum(totals, 0)
            gap = tl.minimum(tl.sum(excess_sums, 0), total - nearest)
            price = tl.load(bids + index, mask=inside, other=0.0)
            finest = tl.max(price, 0) * RESOLUTION
            enough = relative_gap * total
            tl.store(matches + index, held, mask=inside)
            tl.store(prices + index, price, mask=inside)
            begun = 1
            if (gap > enough) & (eps > finest):
                last = tl.minimum(1.2 * enough / count, 0.5 * eps)
                eps = tl.maximum(tl.maximum(eps / FALL, last), finest)
                tl.debug_barrier()
                gives_back = inside & (tl.load(excesses + index, mask=inside, other=0.0) > eps)
                tl.store(owners + held, tl.full((BLOCK,), -1, tl.int32), mask=gives_back)
                tl.store(holdings + index, tl.full((BLOCK,), -1, tl.int32), mask=gives_back)
                tl.debug_barrier()
            else:
                going = 0

    tl.store(rounds_taken + problem, rounds)
    if begun == 0:  # the rows left over, in `waiting_rows`, take the columns left over
        held = tl.load(holdings + index, mask=inside, other=0)
        unsold = (tl.load(owners + index, mask=inside, other=0) < 0).to(tl.int32)
        row = tl.load(waiting_rows + tl.cumsum(unsold, 0) - 1, mask=unsold > 0, other=0)
        tl.store(matches + index, held, mask=inside & (held >= 0))
        tl.store(matches + row, index, mask=unsold > 0)
        tl.store(prices + index, tl.load(bids + index, mask=inside, other=0.0), mask=inside)


@triton.jit
def bid(first, waiting, waiting_rows, a, b, bids, keys, eps, n, count, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """Bids of ROWS waiting rows from the `first` on; the highest bid for each column stays in `keys`."""
    place = first + tl.arange(0, ROWS)
    live = place < waiting
    row = tl.load(waiting_rows + place, mask=live, other=0)
    least, second, column = cheapest(row, live, a, b, bids, n, count, ROWS, COLUMNS)
    margin = tl.where(second < float("inf"), second - least, 0.0)  # with a single column there is no second
    price = tl.load(bids + column, mask=live, other=0.0)
    # However small eps is compared with the price, the price must rise, or rows could outbid each other for ever.
    offer = price + tl.maximum(margin + eps, 2.0 * EPSILON * price)
    # Positive floats are ordered as their bits are; of equal bids the one of the first row has the largest key.
    key = (offer.to(tl.int32, bitcast=True).to(tl.int64) << 32) | (0x7FFFFFFF - row).to(tl.int64)
    tl.atomic_max(keys + column, key, mask=live, sem="relaxed")


@triton.jit
def award(index, inside, owners, holdings, bids, keys):
    """Give each column that was bid for to the highest bidder, take it from its owner, and clear the bids."""
    key = tl.load(keys + index, mask=inside, other=0, volatile=True)  # atomics bypass the first-level cache
    sold = key > 0
    row = 0x7FFFFFFF - (key & 0x7FFFFFFF).to(tl.int32)
    owner = tl.load(owners + index, mask=inside, other=-1)
    tl.debug_barrier()
    # Bidders hold nothing and owners do not bid, so no row is written twice.
    tl.store(holdings + owner, tl.full(index.shape, -1, tl.int32), mask=sold & (owner >= 0))
    tl.store(holdings + row, index, mask=sold)
    tl.store(owners + index, row, mask=sold)
    tl.store(bids + index, (key >> 32).to(tl.int32).to(tl.float32, bitcast=True), mask=sold)
    tl.store(keys + index, tl.zeros(index.shape, tl.int64), mask=sold)


@triton.jit
def cheapest(row, live, a, b, bids, n, count, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """Least and second least of cost + price over the columns, and the column of the least, (ROWS,) each."""
    ax = tl.load(a + row, mask=live, other=0.0)
    ay = tl.load(a + n + row, mask=live, other=0.0)
    az = tl.load(a + 2 * n + row, mask=live, other=0.0)
    lane = tl.arange(0, COLUMNS)
    least = tl.full((ROWS, COLUMNS), float("inf"), tl.float32)
    second = least
    column = tl.zeros((ROWS, COLUMNS), tl.int32)
    first = 0
    while first < count:
        here = first + lane
        inside = here < count
        dx = ax[:, None] - tl.load(b + here, mask=inside, other=0.0)[None, :]
        dy = ay[:, None] - tl.load(b + n + here, mask=inside, other=0.0)[None, :]
        dz = az[:, None] - tl.load(b + 2 * n + here, mask=inside, other=0.0)[None, :]
        paid = dx * dx + dy * dy + dz * dz + tl.load(bids + here, mask=inside, other=float("inf"))[None, :]
        second = tl.minimum(second, tl.maximum(least, paid))
        column = tl.where(paid < least, here[None, :], column)
        least = tl.minimum(least, paid)
        first += COLUMNS
    low, best = tl.min(least, 1, return_indices=True)
    chosen = lane[None, :] == best[:, None]
    others = tl.min(tl.where(chosen, second, least), 1)
    return low, others, tl.sum(tl.where(chosen, column, 0), 1)


@triton.jit
def squared_distance(row, column, live, a, b, n):
    """|a_row - b_column|² of each pair."""
    dx = tl.load(a + row, mask=live, other=0.0) - tl.load(b + column, mask=live, other=0.0)
    dy = tl.load(a + n + row, mask=live, other=0.0) - tl.load(b + n + column, mask=live, other=0.0)
    dz = tl.load(a + 2 * n + row, mask=live, other=0.0) - tl.load(b + 2 * n + column, mask=live, other=0.0)
    return dx * dx + dy * dy + dz * dz
