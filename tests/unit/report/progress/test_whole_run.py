"""Per cent and time left of the whole run: what is expected, the pace that replaces it, and the budget above both."""

from __future__ import annotations

import pytest
from fixtures.told_runs import Hand, moments

from qaadcodec.progress import Outlook, PhaseEnded, PhaseStarted, Progress
from qaadcodec.report.progress.phases import share_of, time_left
from qaadcodec.report.progress.whole_run import Standing, WholeRun


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_the_phases_to_come_count(hand: Hand) -> None:
    run = WholeRun(hand)
    run(Outlook((("assigning", 10.0), ("training", 80.0), ("measuring", 10.0))))
    run(PhaseStarted("assigning", 4, "clouds"))
    assert run.standing == Standing(0.0, 100.0, roughly=True)
    assert time_left(run.standing) == "about 1 min 40 s left"
    hand.seconds = 5.0
    run(Progress("assigning", 2, 0.5, eta_seconds=5.0))
    assert run.standing == Standing(0.05, 95.0, roughly=True)
    hand.seconds = 10.0
    run(PhaseEnded("assigning", 10.0))
    assert run.standing == Standing(0.1, 90.0, roughly=True)
    run(PhaseStarted("training", 100, "epochs"))
    hand.seconds = 30.0
    run(Progress("training", 50, 0.5, eta_seconds=20.0))  # twice as fast as expected
    assert run.standing == Standing(0.5, 30.0, roughly=False)


def test_a_machine_that_is_slower_than_expected_is_slower_in_what_is_to_come(hand: Hand) -> None:
    run = WholeRun(hand)
    run(Outlook((("assigning", 9.0), ("training", 80.0), ("measuring", 10.0))))
    run(PhaseStarted("assigning", 4, "clouds"))
    assert run.standing.seconds_left == 99.0
    hand.seconds = 19.5  # in half of the work; 3.9 times as long with a second on both sides, 40 over 10
    run(Progress("assigning", 2, 0.5, eta_seconds=19.5))
    assert run.standing.seconds_left == 19.5 + 4 * 90
    hand.seconds = 29.0  # the second half went faster
    run(PhaseEnded("assigning", 29.0))
    assert run.standing == Standing(pytest.approx(29 / (29 + 270)), 3 * 90, roughly=True)
    run(PhaseStarted("training", 100, "epochs"))
    assert run.standing.seconds_left == 3 * 90
    hand.seconds = 39.0  # as fast as expected after all
    run(Progress("training", 12, 0.125, eta_seconds=70.0))
    assert run.standing.seconds_left == 70.0 + 10.0


def test_a_machine_that_is_faster_is_not_trusted(hand: Hand) -> None:
    """A short phase may be quick by chance, and a time that turns out too short is worse than one that is too long."""
    run = WholeRun(hand)
    run(Outlook((("assigning", 9.0), ("training", 80.0))))
    run(PhaseStarted("assigning", 4, "clouds"))
    hand.seconds = 1.0
    run(PhaseEnded("assigning", 1.0))
    assert run.standing.seconds_left == 80.0


def test_the_share_never_falls_and_the_time_left_goes_on_between_two_events(hand: Hand) -> None:
    run = WholeRun(hand)
    run(PhaseStarted("training", 100, "epochs"))
    hand.seconds = 10.0
    run(Progress("training", 50, 0.5, eta_seconds=10.0))
    assert run.standing == Standing(0.5, 10.0)
    hand.seconds = 15.0
    assert run.standing == Standing(0.75, 5.0)
    run(Progress("training", 51, 0.51, eta_seconds=15.0))
    assert run.standing == Standing(0.75, 15.0)
    hand.seconds = 1000.0
    assert run.standing == Standing(0.99, 0.0)


def test_nothing_exceeds_the_budget() -> None:
    hand = Hand()
    run = WholeRun(hand)
    shares = []
    for event, _ in moments(hand):
        run(event)
        standing = run.standing
        assert standing.seconds_left is not None
        assert 0.0 <= standing.seconds_left <= 75.0 - hand.seconds + 1e-9
        shares.append(standing.share)
    assert shares == sorted(shares)  # type: ignore[type-var]


def test_behind_the_deadline_it_says_so(hand: Hand) -> None:
    run = WholeRun(hand)
    run(Outlook((("measuring", 3.0),), 20.0))
    run(PhaseStarted("measuring", 8, "clouds"))
    hand.seconds = 32.0
    assert run.standing == Standing(0.99, -12.0)
    assert time_left(run.standing) == "12 s over the budget"


def test_compiling_is_no_pace_of_a_phase(hand: Hand) -> None:
    run = WholeRun(hand)
    run(Outlook((("assigning", 1.0), ("training", 9.0))))
    run(PhaseStarted("compiling", None, ""))
    hand.seconds = 8.0
    assert run.standing == Standing(pytest.approx(8 / 18), 10.0, roughly=True)
    run(PhaseEnded("compiling", 8.0))
    run(PhaseStarted("assigning", 4, "clouds"))
    assert run.standing.seconds_left == 10.0


def test_before_anything_is_known_the_end_is_not_guessed(hand: Hand) -> None:
    run = WholeRun(hand)
    run(Outlook())
    run(PhaseStarted("reading", 10, "clouds"))
    hand.seconds = 6.0
    run(Progress("reading", 5, 0.5, eta_seconds=6.0))
    assert run.standing == Standing()  # the training is not in it
    assert (share_of(run.standing), time_left(run.standing)) == (None, None)
    run(Outlook((("training", None), ("measuring", 1.0))))
    run(PhaseStarted("training", 10, "epochs"))
    assert run.standing == Standing()
    hand.seconds = 12.0
    run(Progress("training", 5, 0.5, eta_seconds=6.0))
    assert run.standing == Standing(pytest.approx(12 / 19), 7.0)


def test_with_a_budget_alone_there_is_a_limit(hand: Hand) -> None:
    run = WholeRun(hand)
    run(Outlook((), 60.0))
    hand.seconds = 15.0
    assert run.standing == Standing(0.25, 45.0, at_most=True)
    assert time_left(run.standing) == "up to 45 s left"


def test_a_search_may_end_sooner(hand: Hand) -> None:
    run = WholeRun(hand)
    rounds = (("assigning", 1.0), ("training", 20.0), ("measuring", 1.0))
    run(Outlook((*rounds, *rounds), at_most=True))
    run(PhaseStarted("assigning", 4, "clouds"))
    assert time_left(run.standing) == "up to 44 s left"
    for name in ("training", "measuring", "assigning"):
        run(PhaseStarted(name, 4, "clouds"))
    assert run.standing.seconds_left == 22.0
