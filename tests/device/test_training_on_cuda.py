"""The same training on a CUDA device; skipped by itself where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from qaadcodec.clouds import write_cloud
from qaadcodec.codec.compress import compress
from qaadcodec.codec.open import open as open_archive
from qaadcodec.config import AssignmentConfig, CompressConfig, NetworkConfig, TrainingConfig
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device import graphs, steps, targets
from qaadcodec.training.device.align import align_on_device
from qaadcodec.training.device.steps import DeviceSteps
from qaadcodec.training.host.align import align
from qaadcodec.training.host.steps import Steps
from qaadcodec.training.learner import Learner
from qaadcodec.training.predict import predict
from qaadcodec.training.start import initial_input_cloud, pca_latents

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.filterwarnings("ignore:Attempting to run cuBLAS", "ignore:Synchronization debug mode"),
]

CUDA, CPU = torch.device("cuda"), torch.device("cpu")
SMALL = CompressConfig(
    network=NetworkConfig(latent_size=3, patches=4, shared_widths=(32, 16), head_widths=(8,), fourier_octaves=2),
    assignment=AssignmentConfig(greedy_leaf=32, leaf=32, resolve_every=3),
    training=TrainingConfig(batch=3, points_per_step=128, learning_rate=5e-3),
)
STILL = replace(SMALL, assignment=replace(SMALL.assignment, pair_swaps=False, leaf_resolving=False))


def begin(store: TargetStore, config: CompressConfig, device: torch.device) -> Learner:
    q = initial_input_cloud(store, config.network.patches)
    list(align(store, q, config.assignment, config.seed))
    latents = pca_latents(store, config.network.latent_size, config.seed)
    network = FoldingNetwork(config.network, torch.Generator().manual_seed(config.seed))
    return Learner(network.to(device), torch.from_numpy(q).to(device), torch.from_numpy(latents).to(device))


def learn(
    kind: type[Steps] | type[DeviceSteps],
    store: TargetStore,
    config: CompressConfig,
    run: Threads,
    device: torch.device,
    epochs: int,
) -> dict[str, Array]:
    """Train on 7 clouds, in batches of 3, 2 and 2; every array there is afterwards."""
    learner = begin(store, config, device)
    rng = np.random.default_rng(3)
    steps, losses, graphs_seen = kind(learner, store, config, run, rng), [], 0
    for _ in range(epochs):
        batches = np.array_split(rng.permutation(len(store)), 3)
        losses += [steps.step(np.sort(batch), 1.0)[0] for batch in batches]
        learner.epochs += 1
        if isinstance(steps, DeviceSteps):
            graphs_seen = steps._advance.graphs
    steps.__exit__(None, None, None)
    return {
        **learner.network.arrays(),
        "input cloud": learner.input_cloud.cpu().numpy(),
        "latents": learner.latents.cpu().numpy(),
        "targets": np.array(store.points),
        "losses": np.array([float(loss) for loss in losses]),
        "graphs": np.array(graphs_seen),
        "matched": np.array(
            [
                np.square(predict(learner.network, learner.input_cloud, latent) - store.points[i]).sum(1).mean()
                for i, latent in enumerate(learner.latents)
            ]
        ),
    }


def test_a_set_is_learnt_on_either_device_to_the_same_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(6):
        sphere = rng.standard_normal((400, 3))
        sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
        write_cloud(tmp_path / f"{i}.npy", sphere * (1.0, 0.7, 0.5 + 0.05 * i), "npy")
    config = CompressConfig(
        network=NetworkConfig(latent_size=4, patches=4, shared_widths=(32, 16), head_widths=(8,)),
        assignment=AssignmentConfig(resolve_every=5),
        training=TrainingConfig(epochs=60, batch=2, points_per_step=256),
    )
    clouds = [tmp_path / f"{i}.npy" for i in range(6)]
    errors = {}
    for device in ("cpu", "cuda"):
        errors[device] = compress(clouds, tmp_path / f"{device}.qaad", config=config, device=device).n_em_kd
    assert errors["cuda"] == pytest.approx(errors["cpu"], rel=0.1)
    with open_archive(tmp_path / "cuda.qaad") as archive:
        module = archive.decoder().to("cuda")
        decoded = module(torch.from_numpy(archive.latents()).to("cuda")).detach().cpu().numpy()
        np.testing.assert_allclose(decoded[3], archive[3], rtol=0, atol=1e-4)


def test_replayed_steps_are_the_ordinary_ones(
    make_store: MakeStore, make_planted: Callable[..., Array], run: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds, found = make_planted(7, 300), []
    for warm_up in (3, 10**9):
        monkeypatch.setattr(graphs, "WARM_UP", warm_up)
        found.append(learn(DeviceSteps, make_store(clouds), STILL, run, CUDA, epochs=8))
    replayed, ordinary = found
    assert (replayed.pop("graphs"), ordinary.pop("graphs")) == (2, 0)  # one for each size of a batch
    for name in replayed:
        np.testing.assert_allclose(replayed[name], ordinary[name], rtol=1e-3, atol=1e-5, err_msg=name)


def test_steps_in_float32_are_those_of_the_cpu(
    make_store: MakeStore, make_planted: Callable[..., Array], run: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "multiplies_bfloat16", lambda device, run: False)
    clouds = make_planted(7, 300)
    found = learn(DeviceSteps, make_store(clouds), STILL, run, CUDA, epochs=6)
    wanted = learn(Steps, make_store(clouds), STILL, run, CPU, epochs=6)
    assert found.pop("graphs") == 2
    del wanted["graphs"]
    for name in wanted:
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-3, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("share", [0.6, 0.0], ids=["resident", "streamed"])
def test_with_assignments_targets_stay_permutations_and_the_error_falls_as_on_the_cpu(
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    assert_permuted: Callable[[Array, Array], None],
    run: Threads,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
) -> None:
    monkeypatch.setattr(targets, "RESIDENT_SHARE", share)
    clouds = make_planted(7, 300)
    store = make_store(clouds)
    found = learn(DeviceSteps, store, SMALL, run, CUDA, epochs=40)
    assert found["graphs"] == 2
    assert_permuted(store.points, clouds)
    wanted = learn(Steps, make_store(clouds), SMALL, run, CPU, epochs=40)
    assert found["matched"].mean() == pytest.approx(wanted["matched"].mean(), rel=0.15)


def test_a_replayed_step_does_not_wait_for_the_device(
    make_store: MakeStore, make_planted: Callable[..., Array], run: Threads
) -> None:
    config = replace(SMALL, assignment=replace(SMALL.assignment, leaf_resolving=False))
    store = make_store(make_planted(3, 300))
    steps = DeviceSteps(begin(store, config, CUDA), store, config, run, np.random.default_rng(0))
    for _ in range(graphs.WARM_UP + 1):
        steps.step(np.arange(3), 1.0)
    torch.cuda.set_sync_debug_mode("error")
    try:
        losses = [steps.step(np.arange(3), 1.0)[0] for _ in range(20)]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len({float(loss) for loss in losses}) == 20
    steps.__exit__(None, None, None)


def test_greedy_on_the_device_comes_as_near_as_on_the_cpu(
    make_store: MakeStore, make_planted: Callable[..., Array], assert_permuted: Callable[[Array, Array], None]
) -> None:
    clouds = make_planted(5, 1000)
    store, other = make_store(clouds), make_store(clouds)
    q = initial_input_cloud(store, 4)
    assert list(align_on_device(store, q, SMALL.assignment, 0, device=CUDA))[-1] == 5
    list(align(other, q, SMALL.assignment, 0))
    assert_permuted(store.points, clouds)
    errors, wanted = (np.square(s.points - q).sum(2).mean(1) for s in (store, other))
    np.testing.assert_allclose(errors, wanted, rtol=0.01, atol=1e-9)
