"""The rounds of the auction as torch operations, for any device. All problems of a chunk bid side by side."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from qaadcodec.assignment.device.certificate import largest_costs, squared_distances

FALL = 5.0  # ε is divided by this from phase to phase
RISE = 4.0  # ε is multiplied by this after every n / 2 rounds of the first phase
FEWEST_ROUNDS = 16  # between two rises, however small n is
SMALLEST_SHARE = 1e-6  # ε is at least this share of the largest cost when it begins
RESOLUTION = 4.0  # ε stays above so many units in the last place of the highest price


@dataclass(frozen=True, slots=True)
class Rules:
    """When an auction ends.

    Attributes:
        relative_gap: the gap that suffices, as a share of the cost.
        max_rounds: most rounds of bidding in a problem.
    """

    relative_gap: float
    max_rounds: int


def bid_until_assigned(a: Tensor, b: Tensor, valid: Tensor, rules: Rules) -> tuple[Tensor, Tensor, Tensor]:
    """Auctions of P problems at once.

    ε begins at the mean cost of the rows' nearest columns. That suits sets that nearly match. Where rows need columns
    that are far away, ε rises within the first phase until these are found.

    Args:
        a, b: (P, n, 3) each.
        valid: rows and columns that take part, (P, n) bool, the first ones of each problem.
        rules: when an auction ends.

    Returns:
        matches (P, n) int64, prices (P, n) and rounds (P,) int64, as `auction.Matching` describes them.
    """
    bidding = Bidding(a, b, valid, rules)
    rounds = 0
    while True:
        matches = bidding.matches()
        waiting = matches < 0
        whole = (bidding.open & ~waiting.any(1)).nonzero()[:, 0]
        if len(whole):
            bidding.settle(whole, matches[whole])
            continue
        rows = waiting.flatten().nonzero()[:, 0]
        if len(rows) == 0 or rounds == rules.max_rounds:
            return bidding.result()
        bidding.bid(rows)
        rounds += 1


class Bidding:
    """The state of P auctions of n rows and columns each.

    Attributes:
        open: the auctions that have not ended, (P,) bool.
    """

    def __init__(self, a: Tensor, b: Tensor, valid: Tensor, rules: Rules) -> None:
        problems, points, _ = a.shape
        self._rules, self._valid, self._count = rules, valid, valid.sum(1).clamp(min=1)
        self._cost = squared_distances(a, b).masked_fill_(~valid[:, None], torch.inf)  # (P, n, n)
        self._columns = torch.arange(points, device=a.device).expand(problems, points)
        self._prices = a.new_zeros(problems, points)
        self._owner = torch.where(valid, -1, self._columns)  # row that holds each column; padding holds itself
        self._nearest = self._cost.amin(2).where(valid, 0.0).sum(1)  # (P,)
        largest = largest_costs(a, b)
        begin = torch.maximum(self._nearest / self._count, largest * SMALLEST_SHARE)
        self._eps = torch.where(begin > 0.0, begin, 1.0)  # any ε will do where all costs are zero
        self._most_eps = torch.maximum(self._eps, largest)
        self.open = torch.ones(problems, dtype=torch.bool, device=a.device)
        self._begun = torch.zeros_like(self.open)  # whether there has been a whole assignment
        self._rounds = torch.zeros_like(self._count)
        self._found = self._columns.clone()
        self._found_prices = self._prices.clone()

    def matches(self) -> Tensor:
        """The column that each row holds, (P, n) int64; -1 for none."""
        problems, points = self._owner.shape
        held = torch.full((problems, points + 1), -1, dtype=torch.int64, device=self._owner.device)
        rows = torch.where(self._owner >= 0, self._owner, points)  # free columns write to a place after the result
        return held.scatter_(1, rows, self._columns)[:, :points]

    def bid(self, rows: Tensor) -> None:
        """One round: each of these rows bids for a column. Row i of problem p has the number p n + i."""
        problems, points = self._prices.shape
        rises = ~self._begun & (self._rounds > 0) & (self._rounds % max(FEWEST_ROUNDS, points // 2) == 0)
        self._eps = torch.where(rises, torch.minimum(self._eps * RISE, self._most_eps), self._eps)
        problem = rows // points
        paid = self._cost.flatten(0, 1)[rows] + self._prices[problem]  # (bidders, n)
        least, column = paid.min(1)
        margin = paid.scatter_(1, column[:, None], torch.inf).amin(1) - least
        margin = margin.where(margin < torch.inf, 0.0)  # with a single column there is no second
        prices, owner = self._prices.flatten(), self._owner.flatten()
        column = problem * points + column
        price = prices[column]
        # However small ε is compared with the price, the price must rise, or rows could outbid each other for ever.
        bid = price + torch.maximum(margin + self._eps[problem], price * (2.0 * torch.finfo(price.dtype).eps))
        highest = prices.scatter_reduce(0, column, bid, "amax")
        none = problems * points
        bidder = torch.where(bid == highest[column], rows, none)
        winner = torch.full_like(owner, none).scatter_reduce(0, column, bidder, "amin")  # the first of equal ones
        self._prices = highest.view_as(self._prices)
        self._owner = torch.where(winner < none, winner % points, owner).view_as(self._owner)
        self._rounds += self.open

    def settle(self, which: Tensor, matches: Tensor) -> None:
        """End a phase of some problems, whose rows all hold columns: stop where the gap suffices, else lower ε.

        Rows that pay too much for the new ε give their columns back.

        Args:
            which: numbers of the problems, (w,).
            matches: column of each row, (w, n).
        """
        valid, prices, nearest, eps = (x[which] for x in (self._valid, self._prices, self._nearest, self._eps))
        cost = self._cost[which]
        matched = cost.gather(2, matches[..., None])[..., 0]  # (w, n)
        excess = matched + prices.gather(1, matches) - (cost + prices[:, None]).amin(2)
        excess, total = excess.where(valid, 0.0), matched.where(valid, 0.0).sum(1)
        # The dual bound is that of the prices, Σ (c + p - excess) - Σ p, or that of prices of zero if it is higher.
        gap = torch.minimum(excess.sum(1), total - nearest)
        finest = prices.amax(1) * (RESOLUTION * torch.finfo(prices.dtype).eps)
        enough = self._rules.relative_gap * total
        self.open[which] = (gap > enough) & (eps > finest)
        self._begun[which] = True
        self._found[which], self._found_prices[which] = matches, prices
        last = torch.minimum(1.2 * enough / self._count[which], eps / 2)  # most gaps are below two thirds of n ε
        self._eps[which] = torch.maximum(torch.maximum(eps / FALL, last), finest)
        owner = self._owner[which]
        gives_back = (excess > self._eps[which][:, None]) & self.open[which][:, None]
        self._owner[which] = torch.where(gives_back.gather(1, owner), -1, owner)

    def result(self) -> tuple[Tensor, Tensor, Tensor]:
        """Matches, prices and rounds: the last whole assignment, or else the present one, completed.

        It is completed by giving the rows left over the columns left over, in their order.
        """
        matches = self.matches()
        waiting, free = matches < 0, self._owner < 0
        points = matches.shape[1]
        beside = self._columns.new_zeros(len(matches), points + 1)
        nth_free = beside.scatter_(1, torch.where(free, free.cumsum(1) - 1, points), self._columns)
        completed = torch.where(waiting, nth_free.gather(1, (waiting.cumsum(1) - 1).clamp(min=0)), matches)
        begun = self._begun[:, None]
        return (
            torch.where(begun, self._found, completed),
            torch.where(begun, self._found_prices, self._prices),
            self._rounds,
        )
