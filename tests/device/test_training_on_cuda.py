"""What training on a CUDA device asks of the device itself; skipped by itself where there is none.

tests/contracts runs on CUDA too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from fixtures.training import HOST, Stepping, arrays, begun, matched

from qaadcodec.clouds import write_cloud
from qaadcodec.codec.compress import compress
from qaadcodec.codec.open import open as open_archive
from qaadcodec.config import AssignmentConfig, NetworkConfig, Plan, Request, TrainingConfig
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training import graphs
from qaadcodec.training.backend import device_backend
from qaadcodec.training.device import targets

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.filterwarnings("ignore:Attempting to run cuBLAS", "ignore:Synchronization debug mode"),
]

CUDA = device_backend(torch.device("cuda"))
SMALL = Plan(
    network=NetworkConfig(latent_size=3, patches=4, shared_widths=(32, 16), head_widths=(8,), fourier_octaves=2),
    assignment=AssignmentConfig(greedy_leaf=32, leaf=32, resolve_every=3),
    training=TrainingConfig(batch=3, points_per_step=128, learning_rate=5e-3),
)
STILL = replace(SMALL, assignment=replace(SMALL.assignment, pair_swaps=False, leaf_resolving=False))


def test_a_set_is_learnt_on_either_device_to_the_same_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(6):
        sphere = rng.standard_normal((400, 3))
        sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
        write_cloud(tmp_path / f"{i}.npy", sphere * (1.0, 0.7, 0.5 + 0.05 * i), "npy")
    request = Request(
        latent_size=4,
        patches=4,
        epochs=60,
        settings={
            "size.quality": None,
            "network.shared_widths": [32, 16],
            "network.head_widths": [8],
            "assignment.resolve_every": 5,
            "training.batch": 2,
            "training.points_per_step": 256,
        },
    )
    clouds = [tmp_path / f"{i}.npy" for i in range(6)]
    errors = {}
    for device in ("cpu", "cuda"):
        errors[device] = compress(clouds, tmp_path / f"{device}.qaad", request, run=Run(device=device)).n_em_kd
    assert errors["cuda"] == pytest.approx(errors["cpu"], rel=0.1)
    with open_archive(tmp_path / "cuda.qaad") as archive:
        module = archive.decoder().to("cuda")
        decoded = module(torch.from_numpy(archive.latents()).to("cuda")).detach().cpu().numpy()
        np.testing.assert_allclose(decoded[3], archive[3], rtol=0, atol=1e-4)


def test_replayed_steps_are_the_ordinary_ones(
    make_store: MakeStore, make_planted: Callable[..., Array], threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds, found, captured = make_planted(7, 300), [], []
    for warm_up in (3, 10**9):
        monkeypatch.setattr(graphs, "WARM_UP", warm_up)
        store, stepping = make_store(clouds), Stepping(CUDA, STILL, threads)
        found.append(arrays(stepping.learn(store, epochs=8), store) | {"losses": np.array(stepping.losses)})
        captured.append(stepping.graphs)
    replayed, ordinary = found
    assert captured == [2, 0]  # one for each size of a batch
    for name in replayed:
        np.testing.assert_allclose(replayed[name], ordinary[name], rtol=1e-3, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("share", [0.6, 0.0], ids=["resident", "streamed"])
def test_with_assignments_targets_stay_permutations_and_the_error_falls_as_on_the_cpu(
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    assert_permuted: Callable[[Array, Array], None],
    threads: Threads,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
) -> None:
    monkeypatch.setattr(targets, "RESIDENT_SHARE", share)
    clouds, errors = make_planted(7, 300), []
    for backend in (CUDA, HOST):
        store, stepping = make_store(clouds), Stepping(backend, SMALL, threads)
        errors.append(matched(stepping.learn(store, epochs=40), store))
        assert stepping.graphs == (2 if backend is CUDA else 0)
        assert_permuted(store.points, clouds)
    assert errors[0] == pytest.approx(errors[1], rel=0.15)


def test_a_replayed_step_does_not_wait_for_the_device(
    make_store: MakeStore, make_planted: Callable[..., Array], threads: Threads
) -> None:
    plan = replace(SMALL, assignment=replace(SMALL.assignment, leaf_resolving=False))
    store = make_store(make_planted(3, 300))
    learner = begun(store, plan, device=CUDA.device)
    with CUDA.steps(learner, store, plan, threads, np.random.default_rng(0), 0) as steps:
        for _ in range(graphs.WARM_UP + 1):
            steps.step(np.arange(3), 1.0)
        torch.cuda.set_sync_debug_mode("error")
        try:
            losses = [steps.step(np.arange(3), 1.0)[0] for _ in range(20)]
        finally:
            torch.cuda.set_sync_debug_mode("default")
        assert len({float(loss) for loss in losses}) == 20
