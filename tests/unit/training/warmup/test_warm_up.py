"""The warm-up: what it learns, its gradients, its events and its ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from fixtures.training import HOST

from qaadcodec.config import NetworkConfig, TrainingConfig
from qaadcodec.metrics.nearest import nearest_distances
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Event, PhaseEnded, PhaseStarted, Progress, Run, StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.learner import Learner
from qaadcodec.training.predict import predict
from qaadcodec.training.start import initial_input_cloud
from qaadcodec.training.warmup import warm_up as warmup
from qaadcodec.training.warmup.chamfer import augmented_chamfer
from qaadcodec.training.warmup.pointnet import PointNet
from qaadcodec.training.warmup.warm_up import Sampling, WarmupSteps, encoded, warm_up

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
NETWORK = NetworkConfig(
    latent_size=4,
    patches=4,
    shared_widths=(32, 32),
    head_widths=(16,),
    fourier_octaves=0,
    film=False,
    displacement=False,
)
TRAINING = TrainingConfig(warmup_epochs=5, batch=3, points_per_step=64, learning_rate=2e-3)


def begin(store: TargetStore, network: NetworkConfig = NETWORK) -> Learner:
    return Learner(
        FoldingNetwork(network, torch.Generator().manual_seed(0)),
        torch.from_numpy(initial_input_cloud(store, network.patches)),
        torch.zeros(len(store), network.latent_size),
    )


def state(learner: Learner) -> dict[str, Array]:
    return {
        **learner.network.arrays(),
        "input cloud": learner.input_cloud.numpy().copy(),
        "latents": learner.latents.numpy().copy(),
    }


def errors(learner: Learner, clouds: Array, shift: int = 0) -> float:
    """Mean augmented Chamfer distance of the clouds to what the latents of clouds `shift` further on decode to."""
    decoded = [predict(learner.network, learner.input_cloud, latent) for latent in learner.latents.roll(-shift, 0)]
    return float(np.mean([nearest_distances(p, c).augmented_chamfer for p, c in zip(decoded, clouds, strict=True)]))


def test_the_set_is_learnt_and_its_clouds_are_told_apart(
    make_store: MakeStore, make_planted: Callable[..., Array]
) -> None:
    clouds = make_planted(6, 256)
    store = make_store(clouds)
    learner = begin(store)
    before = errors(learner, clouds)
    warm_up(learner, store, replace(TRAINING, warmup_epochs=160, points_per_step=128), Run(), HOST)
    assert errors(learner, clouds) < 0.1 * before
    assert errors(learner, clouds) < 0.5 * errors(learner, clouds, shift=1)
    np.testing.assert_array_equal(store.points, clouds)


def test_the_gradients_are_those_of_the_whole_batch(
    make_store: MakeStore, make_planted: Callable[..., Array], threads: Threads
) -> None:
    clouds = make_planted(5, 100)
    store = make_store(clouds)
    learner, encoder = begin(store), PointNet(4, torch.Generator().manual_seed(1))
    steps = WarmupSteps(learner, encoder, Sampling(store, TRAINING, np.random.default_rng(0)), threads, HOST)
    q, targets = torch.randn(4, 16, 3, generator=torch.Generator().manual_seed(2)), torch.from_numpy(clouds)
    found = steps._gradients(q, targets)
    loss = augmented_chamfer(learner.network(q, encoder(targets)), targets, HOST.nearest_both_ways)
    expected = torch.autograd.grad(loss, [*learner.network.parameters(), *encoder.parameters(), q])
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_a_factor_scales_what_a_step_moves(
    make_store: MakeStore, make_planted: Callable[..., Array], threads: Threads
) -> None:
    """The first step of Adam is its rate in the direction of the gradient, whatever that is."""
    moved = []
    for factor in (1.0, 0.5, 0.0):
        store = make_store(make_planted(4, 100))
        learner, encoder = begin(store), PointNet(4, torch.Generator().manual_seed(1))
        before = state(learner)
        sampling = Sampling(store, TRAINING, np.random.default_rng(0))
        shown = WarmupSteps(learner, encoder, sampling, threads, HOST).step(np.arange(3), factor)
        assert shown == 3 * 64
        after = state(learner)
        moved.append({name: after[name] - before[name] for name in ("head.0.weight", "input cloud")})
    whole, half, none = moved
    for name in whole:
        assert np.abs(whole[name]).max() > 1e-3, name
        np.testing.assert_allclose(half[name], 0.5 * whole[name], rtol=1e-3, atol=1e-7)
        assert not none[name].any()


def test_what_moves(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    for rate in (1.0, 0.0):
        store = make_store(make_planted(4, 100))
        learner = begin(store)
        before = state(learner)
        warm_up(learner, store, replace(TRAINING, input_rate=rate), Run(), HOST)
        after = state(learner)
        moved = {name for name in before if not np.array_equal(before[name], after[name])}
        assert moved == {*NETWORK.tensor_shapes(), "latents", *(["input cloud"] if rate else [])}
        assert not learner.input_cloud.requires_grad
        assert not learner.latents.requires_grad
        assert learner.epochs == 0


def test_it_depends_on_the_seed_alone(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    found = []
    for seed in (3, 3, 4):
        store = make_store(make_planted(5, 120))
        learner = begin(store)
        warm_up(learner, store, TRAINING, Run(seed=seed), HOST)
        found.append(state(learner))
    first, again, other = found
    for name in first:
        np.testing.assert_array_equal(first[name], again[name], err_msg=name)
    assert not np.array_equal(first["latents"], other["latents"])


def test_latents_are_the_encoders_of_the_same_rows(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds = make_planted(3, 90)
    encoder, store = PointNet(4, torch.Generator().manual_seed(1)), make_store(clouds)
    expected = encoder(torch.from_numpy(clouds)).detach()
    torch.testing.assert_close(encoded(encoder, store, np.random.default_rng(0)), expected, rtol=0, atol=1e-5)
    monkeypatch.setattr(warmup, "ENCODED", 40)
    equal = encoded(encoder, make_store(np.repeat(clouds[:1], 3, axis=0)), np.random.default_rng(0))
    np.testing.assert_array_equal(equal[0], equal[2])
    assert float((equal[0] - expected[0]).norm()) > 1e-3


def test_small_sets(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    """More patches than a step has points, more points a step than a cloud has, fewer clouds than a batch has."""
    for patches, points in ((30, 1), (2, 4096)):
        clouds = make_planted(2, 30)
        store = make_store(clouds)
        learner = begin(store, replace(NETWORK, patches=patches))
        warm_up(learner, store, replace(TRAINING, points_per_step=points, batch=16), Run(), HOST)
        assert np.isfinite(errors(learner, clouds))


def test_the_events_tell_the_phase(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch, heard: Any
) -> None:
    monkeypatch.setattr(warmup, "REPORT_SECONDS", 0.0)
    store = make_store(make_planted(5, 80))
    warm_up(begin(store), store, TRAINING, Run(listener=heard), HOST)
    started, *progress, ended = heard.events
    assert started == PhaseStarted("warming up", 5, "epochs")
    assert isinstance(ended, PhaseEnded)
    assert ended.phase == "warming up"
    assert [p.fraction for p in progress] == [*(pytest.approx((i + 1) / 10) for i in range(10)), 1.0]
    assert [p.done for p in progress] == [*((i + 1) // 2 for i in range(10)), 5]
    assert all(p.throughput > 0 for p in progress)


def test_a_stop_and_a_deadline_end_it_with_latents_of_every_cloud(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch, heard: Any
) -> None:
    monkeypatch.setattr(warmup, "REPORT_SECONDS", 0.0)
    store, stop = make_store(make_planted(5, 80)), StopRequest()
    learner = begin(store)

    def listen(event: Event) -> None:
        heard(event)
        if len(heard.events) == 4:  # the start and three steps
            stop.set()

    warm_up(learner, store, TRAINING, Run(listener=listen, stop=stop), HOST)
    assert [type(e) for e in heard.events[4:]] == [Progress, PhaseEnded]
    assert heard.events[-2].fraction == pytest.approx(3 / 10)
    assert len(np.unique(learner.latents.numpy(), axis=0)) == 5
    learner = begin(store)
    before = learner.network.arrays()
    warm_up(learner, store, TRAINING, Run(started=0.0, deadline=1e-9), HOST)
    np.testing.assert_array_equal(before["head.0.weight"], learner.network.arrays()["head.0.weight"])
    assert len(np.unique(learner.latents.numpy(), axis=0)) == 5


def test_a_step_is_as_long_as_the_learning_rate(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    """Adam's first step moves every number by the rate, whatever its gradient: that of Q by a share of it."""
    store = make_store(make_planted(3, 64))
    learner = begin(store)
    before = state(learner)
    config = replace(TRAINING, warmup_epochs=1, batch=3, learning_rate=1e-3, input_rate=0.25)
    warm_up(learner, store, config, Run(), HOST)
    moved = {name: float(np.abs(now - before[name]).max()) for name, now in state(learner).items()}
    assert moved.pop("input cloud") == pytest.approx(0.25e-3, rel=1e-2)
    moved.pop("latents")  # the encoder's
    assert moved == pytest.approx(dict.fromkeys(moved, 1e-3), rel=1e-2)
