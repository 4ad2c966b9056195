"""How long the phases of a training should take."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fixtures.training import SMALL

from qaadcodec.parallel import cores
from qaadcodec.training import expected as module
from qaadcodec.training.expected import expected_fitting, expected_phases


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cores", lambda: 2)


def test_it_grows_with_what_there_is_to_do() -> None:
    assert cores() >= 1
    plan = replace(SMALL, training=replace(SMALL.training, epochs=100, points_per_step=2048))
    phases = expected_phases(plan, 64, 16384, "cpu")
    assert [name for name, _ in phases] == ["assigning", "training", "measuring"]
    # tests/bench/README.md: 100 epochs of 64 faces take 40 s.
    assert [seconds for _, seconds in phases] == pytest.approx([2.18, 43.7, 0.55], rel=0.01)
    assert expected_phases(plan, 64, 1024, "cpu")[1] == ("training", pytest.approx(21.8, rel=0.01))


def test_what_was_not_measured_is_not_guessed() -> None:
    assert dict(expected_phases(SMALL, 64, 16384, "cuda"))["training"] is None
    warm = replace(SMALL, training=replace(SMALL.training, warmup_epochs=3))
    assert [name for name, _ in expected_phases(warm, 4, 100, "cpu")][:2] == ["warming up", "assigning"]
    assert expected_fitting(4, 1000) == (("fitting", None), ("measuring", pytest.approx(1 / 60)))


def test_registration_comes_before_and_takes_no_longer_than_its_steps() -> None:
    registered = replace(
        SMALL,
        assignment=replace(SMALL.assignment, registration=True),
        training=replace(SMALL.training, epochs=150, batch=4),
    )
    phases = expected_phases(registered, 16, 2048, "cpu")
    assert [name for name, _ in phases] == ["finding parts", "registering", "training", "measuring"]
    assert [seconds for _, seconds in phases[:2]] == pytest.approx([2400 / 240, 16 * 2048 / 20e3 / 2])
