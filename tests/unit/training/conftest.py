"""Threads of two sorts, and a planted set of clouds that share one shape, for the tests of the training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest
import torch

from qaadcodec.config import NetworkConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.training.learner import Learner
from qaadcodec.training.step import Threads
from qaadcodec.training.targets import TargetStore

Array = npt.NDArray[np.float32]


@pytest.fixture
def run() -> Iterator[Threads]:
    """Two threads that compute in float32 whatever the processor could do."""
    with ThreadPoolExecutor(2) as pool:
        yield Threads(pool, 2, torch.float32)


@pytest.fixture
def run_bfloat16() -> Iterator[Threads]:
    with ThreadPoolExecutor(2) as pool:
        yield Threads(pool, 2, torch.bfloat16)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As in training: torch's own threads gain nothing on tensors this small, and wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def planted(clouds: int, points: int, seed: int = 0) -> Array:
    """Clouds on the surface of ellipsoids whose three half-axes vary from cloud to cloud, rows shuffled."""
    rng = np.random.default_rng(seed)
    made = np.empty((clouds, points, 3), np.float32)
    for i in range(clouds):
        sphere = rng.standard_normal((points, 3))
        sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
        made[i] = sphere * rng.uniform(0.4, 1.0, 3)
    return made


@pytest.fixture
def make_store() -> Iterator[Callable[[Array], TargetStore]]:
    """Puts clouds (N, M, 3) into a store that is closed at the end of the test."""
    stores = []

    def make(clouds: Array) -> TargetStore:
        stores.append(TargetStore(clouds.shape[0], clouds.shape[1]))
        stores[-1].points[:] = clouds
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def make_planted() -> Callable[..., Array]:
    return planted


def loud(config: NetworkConfig, clouds: int, points: int, seed: int = 0) -> Learner:
    """A learner of which no tensor is nought."""
    generator = torch.Generator().manual_seed(seed)
    network = FoldingNetwork(config, generator)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor += 0.2 * torch.randn(tensor.shape, generator=generator)
    q = torch.rand(points, 3, generator=generator) * 2.0 - 1.0
    return Learner(network, q, torch.randn(clouds, config.latent_size, generator=generator))


@pytest.fixture
def make_loud() -> Callable[..., Learner]:
    return loud


def sorted_rows(cloud: Array) -> Array:
    """Rows in lexicographic order: equal for clouds that are permutations of each other, and only for those."""
    return np.asarray(cloud)[np.lexsort(np.asarray(cloud).T)]


@pytest.fixture
def assert_permuted() -> Callable[[Array, Array], None]:
    """Asserts that each cloud of one array is a permutation of the rows of the same cloud of the other, bit for bit."""

    def check(now: Array, before: Array) -> None:
        assert len(now) == len(before)
        for i in range(len(before)):
            np.testing.assert_array_equal(sorted_rows(now[i]), sorted_rows(before[i]), err_msg=f"cloud {i}")

    return check
