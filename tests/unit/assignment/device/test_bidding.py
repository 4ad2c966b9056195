"""Rounds of the auction, worked out by hand."""

from __future__ import annotations

import pytest
import torch
from fixtures.card import CARD, Card

from qaadcodec.assignment.device.bidding import Bidding, Rules, bid_until_assigned
from qaadcodec.assignment.device.certificate import dual_bounds, matched_cost

# Costs of row 0: 1 and 16; of row 1: 0 and 9. Both rows prefer column 0.
A = torch.tensor([[[0.0, 0, 0], [1, 0, 0]]], dtype=torch.float64)
B = torch.tensor([[[1.0, 0, 0], [4, 0, 0]]], dtype=torch.float64)
VALID = torch.ones(1, 2, dtype=torch.bool)


@pytest.mark.parametrize(("relative_gap", "goes_on", "held"), [(0.06, False, [0, 1]), (0.04, True, [0, -1])])
def test_the_first_phase_by_hand(relative_gap: float, goes_on: bool, held: list[int]) -> None:
    bidding = Bidding(A, B, VALID, Rules(relative_gap, 100))
    assert bidding.matches().tolist() == [[-1, -1]]
    bidding.bid(torch.tensor([0, 1]))
    # ε is the mean cost of the nearest columns, 1/2. Row 0 bids 15 + 1/2 for column 0, and row 1 bids 9 + 1/2.
    assert bidding.matches().tolist() == [[0, -1]]
    bidding.bid(torch.tensor([1]))
    # Column 0 now costs row 1 15.5, and column 1 costs it 9: it bids 6.5 + 1/2 for column 1.
    assert bidding.matches().tolist() == [[0, 1]]
    bidding.settle(torch.tensor([0]), bidding.matches())
    # Row 1 pays 16 where it could pay 15.5, so the gap is 0.5, and the cost is 10. If 0.4 is to be reached, ε falls to
    # 1.2 · 0.4 / 2 = 0.24; row 1 pays more than that too much, and gives its column back.
    assert bidding.open.tolist() == [goes_on]
    assert bidding.matches().tolist() == [held]
    matches, prices, rounds = bidding.result()
    assert (matches.tolist(), prices.tolist(), rounds.tolist()) == ([[0, 1]], [[15.5, 7.0]], [2])


@pytest.mark.parametrize(("most", "matches", "prices"), [(0, [0, 1], [0.0, 0.0]), (1, [0, 1], [15.5, 0.0])])
def test_without_a_whole_assignment_the_rest_is_completed(most: int, matches: list[int], prices: list[float]) -> None:
    found = bid_until_assigned(A, B, VALID, Rules(1e-3, most))
    assert [result.tolist() for result in found] == [[matches], [prices], [most]]


def test_of_equal_bids_the_first_row_wins() -> None:
    found = bid_until_assigned(A[:, [0, 0]], B, VALID, Rules(1e-3, 1))
    assert found[0].tolist() == [[0, 1]]


def test_rounds_stay_on_the_card() -> None:
    """All that is computed between two looks of the host at who waits; see `fixtures.card`."""
    card = Card()
    a, b = (torch.zeros(3, 5, 3, device=CARD) for _ in range(2))
    valid = torch.ones(3, 5, dtype=torch.bool, device=CARD)
    rows, which = torch.zeros(4, dtype=torch.int64, device=CARD), torch.zeros(2, dtype=torch.int64, device=CARD)
    with card, card.recording():
        bidding = Bidding(a, b, valid, Rules(1e-3, 100))
        bidding.bid(rows)
        bidding.settle(which, bidding.matches()[which])
        found = (*bidding.result(), matched_cost(a, b, bidding.matches(), valid), *dual_bounds(a, b, a[..., 0], valid))
    assert {tensor.device for tensor in found} == {CARD}
