"""A step of several ranks is the step that one process takes on the same clouds, whoever shows how many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from fixtures.ranks import Board, shared
from fixtures.training import HOST, SMALL, grids_for
from torch import Tensor

from qaadcodec.arrays import Longs
from qaadcodec.model.cpu_threads import cloud_threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Clock, Run
from qaadcodec.ranks.part import Part
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import Backend, device_backend
from qaadcodec.training.exchange import ALIKE_EVERY, Exchange
from qaadcodec.training.learner import Learner
from qaadcodec.training.pulse import Pulse
from qaadcodec.training.quantise.rounding import Rounding

Array = npt.NDArray[np.float32]
PLAN = replace(SMALL, assignment=replace(SMALL.assignment, leaf_resolving=False))


def stepped(
    backend: Backend, clouds: Array, learner: Learner, ranks: Ranks, batch: Longs, rounds: bool
) -> tuple[dict[str, Tensor], float, int]:
    """The gradients of a step on these clouds of the set, as a rank has them after it, its loss, and its points."""
    part = Part.of(len(clouds), ranks)
    own = Learner(
        FoldingNetwork(PLAN.network, torch.Generator().manual_seed(0)),
        learner.input_cloud.clone(),
        learner.latents[part.first : part.end].clone(),
    )
    own.network.load_arrays(learner.network.arrays())
    with TargetStore(part, clouds.shape[1]) as store, cloud_threads() as threads:
        store.points[:] = part.rows(clouds)
        with backend.steps(own, store, PLAN, threads, np.random.default_rng(1), 0) as steps:
            if rounds:
                steps.round_to(Rounding(own, grids_for(PLAN.network, 1e-3), 1e-6))
            loss, points = steps.step(np.sort(part.own(batch)), 0.5)
            named = {name: own.network[name] for name in PLAN.network.tensor_shapes()} | {
                "input cloud": own.input_cloud
            }
            found = {name: tensor.grad.clone() for name, tensor in named.items() if tensor.grad is not None}
        return found, float(loss), points


# Of three ranks, which have two clouds each: one of each; uneven ones; two ranks that show none.
@pytest.mark.parametrize("batch", [[0, 2, 4], [0, 1, 5], [2, 3]])
@pytest.mark.parametrize("rounds", [False, True], ids=["plain", "rounding"])
@pytest.mark.parametrize("backend", [HOST, device_backend(torch.device("cpu"))], ids=["host", "device"])
def test_the_gradient_of_all_ranks_is_that_of_one_process(
    make_planted: Callable[..., Array],
    make_loud: Callable[..., Learner],
    backend: Backend,
    rounds: bool,
    batch: list[int],
) -> None:
    """But for products in bfloat16, which has three digits."""
    clouds, learner = make_planted(6, 100), make_loud(PLAN.network, 6, 100)
    wanted, loss, points = stepped(backend, clouds, learner, ALONE, np.array(batch), rounds)
    assert len(wanted) == len(PLAN.network.tensor_shapes()) + 1
    board = Board(3)
    found = shared(3, lambda ranks: stepped(backend, clouds, learner, ranks, np.array(batch), rounds), board)
    for gradients, own_loss, own_points in found:
        for name, gradient in wanted.items():
            assert (gradients[name] - gradient).norm() < 0.02 * gradient.norm(), name
            torch.testing.assert_close(gradients[name], found[0][0][name], rtol=0, atol=0)
        assert own_loss == pytest.approx(loss, rel=1e-4)
        assert own_points == points
    assert len(board.added) == 1, "one exchange a step"


def test_what_should_be_alike_is_made_alike_again() -> None:
    def work(ranks: Ranks) -> list[float]:
        tensors = [torch.full((2, 2), float(ranks.rank)), torch.full((), float(ranks.rank))]
        exchange = Exchange(Part.of(2, ranks))
        found = []
        for _ in range(ALIKE_EVERY):
            exchange.keep_alike(lambda: tensors)
            found.append(float(tensors[0].sum() + tensors[1]))
        return found

    first, second = shared(2, work)
    assert set(first) == {0.0}
    assert set(second[:-1]) == {5.0}
    assert second[-1] == 0.0


def test_the_pulse_is_that_of_the_first_rank_and_the_stop_that_of_any() -> None:
    def work(ranks: Ranks) -> list[Any]:
        run, clock = Run(ranks=ranks), Clock(10, budget_seconds=None if ranks.rank else 1e9)
        pulse = Pulse(run, clock, lambda: ranks.rank == 0, lambda: ranks.rank == 1)
        exchange, found = Exchange(Part.of(2, ranks)), list[Any]()
        for turn in range(3):
            if turn == 1 and ranks.rank == 1:
                run.stop.set()
            none = torch.zeros(0)
            summed = exchange.add([], 1, torch.zeros(()), none, torch.tensor(pulse.said()))
            pulse.hear(summed.heard.tolist())
            clock.done += 1
            found.append((pulse.goes_on, pulse.wants(0), pulse.wants(1), round(pulse.fraction, 4)))
        return found

    one, other = shared(2, work)
    assert one == other == [(True, True, False, 0.1), (False, True, False, 0.2), (False, True, False, 0.3)]


def test_alone_the_pulse_is_that_of_the_moment() -> None:
    run, clock, wanted = Run(), Clock(4), [False]
    pulse = Pulse(run, clock, lambda: wanted[0])
    assert pulse.said() == []
    assert (pulse.goes_on, pulse.wants(0)) == (True, False)
    clock.done, wanted[0] = 1, True
    assert (pulse.fraction, pulse.wants(0)) == (0.25, True)
    run.stop.set()
    assert not pulse.goes_on
