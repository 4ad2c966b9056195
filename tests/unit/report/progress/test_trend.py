"""Where an error is going."""

from __future__ import annotations

from fixtures.told_runs import Hand

from qaadcodec.report.progress.trend import KEPT, Trend


def test_the_error_now_is_compared_with_that_of_a_while_ago() -> None:
    hand = Hand()
    trend = Trend(hand)
    assert trend.word is None
    for seconds, error, word in [
        (0.0, 1.0, None),
        (1.0, 0.9, None),  # too soon to tell
        (2.0, 0.9, "falling"),
        (4.0, 0.91, "level"),
        (6.0, 1.2, "rising"),
        (100.0, 0.5, "falling"),
        (105.0, 0.4, "falling"),
        (110.0, 0.5, "falling"),  # than 11 seconds ago
    ]:
        hand.seconds = seconds
        trend.add(error)
        assert trend.word == word, seconds
    trend.forget()
    assert trend.word is None


def test_a_long_history_is_thinned_out() -> None:
    hand = Hand()
    trend = Trend(hand)
    for step in range(10 * KEPT):
        hand.seconds = float(step)
        trend.add(1.0 / (1 + step))
    assert len(trend._seen) <= KEPT
    assert trend.word == "falling"
