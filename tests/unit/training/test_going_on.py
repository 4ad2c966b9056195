"""Every phase of `learn` goes on from its checkpoints, and comes to the bits that it would have come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.left_runs import Killed, Left
from fixtures.training import SMALL, gathered_around

from qaadcodec.config import Plan, Request
from qaadcodec.progress import Event, Notice, PhaseStarted, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.learn import learn
from qaadcodec.training.registration import coarse
from qaadcodec.training.search import search
from qaadcodec.work.checkpoints import Checkpoints

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
MakePlanted = Callable[..., Array]

SHORT = replace(SMALL, training=replace(SMALL.training, epochs=2))
REGISTERED = replace(SHORT, assignment=replace(SHORT.assignment, registration=True, evening=3))
WARM = replace(SHORT, training=replace(SHORT.training, warmup_epochs=2))
WHOLE: dict[Plan, bytes] = {}  # what a run by a plan comes to that nobody disturbs; filled in


def learnt(clouds: Array, plan: Plan, make_store: MakeStore, checkpoints: Checkpoints, heard: Any = None) -> bytes:
    """The archive that a set becomes."""
    run = Run(checkpoints=checkpoints, seed=3, device="cpu", **({} if heard is None else {"listener": heard}))
    return bytes(learn(gathered_around(make_store(clouds)), plan, run).encoded)


def phases(heard: Any) -> list[str]:
    return [event.phase for event in heard.events if isinstance(event, PhaseStarted)]


@pytest.fixture
def _few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints come between clouds, and not after all of them."""
    monkeypatch.setattr("qaadcodec.training.host.assign.cores", lambda: 2)
    monkeypatch.setattr("qaadcodec.training.registration.register.cores", lambda: 2)


# The checkpoint that a run dies after, the phase that it is of, and the first phase of the run that goes on.
@pytest.mark.usefixtures("_few_at_a_time")
@pytest.mark.parametrize(
    ("plan", "at", "stage", "first"),
    [
        (SHORT, 1, "assigning", "assigning"),
        (SHORT, 3, "assigning", "assigning"),
        (SHORT, 4, "assigning", "assigning"),
        (SHORT, 5, "training", "training"),
        (REGISTERED, 1, "finding parts", "finding parts"),
        (REGISTERED, 10, "finding parts", "finding parts"),
        (REGISTERED, 24, "finding parts", "finding parts"),
        (REGISTERED, 25, "registering", "registering"),
        (REGISTERED, 27, "registering", "registering"),
        (REGISTERED, 28, "registering", "registering"),
        (REGISTERED, 29, "training", "training"),
        (REGISTERED, 32, "training", "training"),
        (WARM, 1, "warming up", "warming up"),
        (WARM, 4, "warming up", "warming up"),
        (WARM, 8, "assigning", "assigning"),
        (WARM, 10, "assigning", "assigning"),
        (WARM, 12, "training", "training"),
    ],
)
def test_a_phase_is_taken_up(
    make_store: MakeStore,
    make_planted: MakePlanted,
    left: Left,
    heard: Any,
    plan: Plan,
    at: int,
    stage: str,
    first: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coarse, "steps_for", lambda clouds, training: 24)
    clouds = make_planted(6, 80)
    if plan not in WHOLE:
        WHOLE[plan] = learnt(clouds, plan, make_store, Checkpoints())
    dying = left.dying(at)
    with pytest.raises(Killed):
        learnt(clouds, plan, make_store, dying)
    assert dying.stages[-1] == stage
    assert learnt(clouds, plan, make_store, left.found(), heard) == WHOLE[plan]
    assert phases(heard)[0] == first


@pytest.mark.parametrize(("registration", "at"), [(False, 3), (False, 60), (True, 80)])
def test_a_search_is_taken_up(
    make_store: MakeStore, make_planted: MakePlanted, left: Left, registration: bool, at: int, monkeypatch: Any
) -> None:
    """In the midst of a quality, with the best of those before."""
    monkeypatch.setattr(coarse, "steps_for", lambda clouds, training: 6)
    settings = {
        "training.batch": 3,
        "training.points_per_step": 64,
        "network.shared_widths": [16, 8],
        "assignment.registration": registration,
        "assignment.evening": 2,
    }
    request = Request(target_error=("em_kd", 1e-9), epochs=10, settings=settings)
    clouds = make_planted(6, 80)

    def found(checkpoints: Checkpoints) -> tuple[bytes, list[str]]:
        told: list[str] = []

        def listen(event: Event) -> None:
            if isinstance(event, Notice) and event.text.startswith("quality "):
                told.append(event.text)

        run = Run(checkpoints=checkpoints, seed=3, device="cpu", listener=listen)
        return bytes(search(gathered_around(make_store(clouds)), request, run).encoded), told

    wanted, said = found(Checkpoints())
    assert len(said) == 4
    with pytest.raises(Killed):
        found(left.dying(at))
    archive, again = found(left.found())
    assert archive == wanted
    assert again == said[-len(again) :]
