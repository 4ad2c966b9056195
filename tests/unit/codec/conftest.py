"""A set of four tiny clouds, its archive, and a configuration that learns it in a moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.clouds import write_cloud
from qaadcodec.codec import compress
from qaadcodec.config import AssignmentConfig, CodingConfig, CompressConfig, NetworkConfig, TrainingConfig
from qaadcodec.events import Event, Notice

POINTS = 120
NAMES = ("a", "b", "sub/c", "sub/d")


def tiny_config() -> CompressConfig:
    return CompressConfig(
        preset="",
        network=NetworkConfig(latent_size=3, patches=4, shared_widths=(12, 8), head_widths=(6,), fourier_octaves=1),
        assignment=AssignmentConfig(greedy_leaf=32, leaf=32, resolve_every=2),
        training=TrainingConfig(epochs=3, batch=2, points_per_step=64),
        coding=CodingConfig(loss=0.01),  # what three epochs learn has to survive the rounding
    )


def shape(i: int, points: int = POINTS, detail: float = 0.1) -> npt.NDArray[np.float64]:
    """Cloud i of a family of ellipsoids that differ by about `detail`."""
    rng = np.random.default_rng([17, i])
    sphere = rng.standard_normal((points, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    half_axes: npt.NDArray[np.float64] = np.array([1.0, 0.7, 0.5]) + detail * rng.uniform(-1, 1, 3)
    return sphere * half_axes


def put(path: Path, points: npt.NDArray[np.floating]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_cloud(path, points, path.suffix[1:])
    return path


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Notice)]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def tiny() -> CompressConfig:
    return tiny_config()


@pytest.fixture
def make_shape() -> Callable[..., npt.NDArray[np.float64]]:
    return shape


@pytest.fixture
def put_cloud() -> Callable[[Path, npt.NDArray[np.floating]], Path]:
    """Writes a cloud in the format of the suffix, folders and all."""
    return put


def write_set(folder: Path) -> Path:
    for i, name in enumerate(NAMES):
        put(folder / f"{name}.ply", shape(i).astype(np.float32))
    return folder


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder of four clouds, 120 points each: a, b, sub/c and sub/d."""
    return write_set(tmp_path / "scans")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with scans/ and their archive scans.qaad, not to be changed."""
    folder = tmp_path_factory.mktemp("codec")
    compress([write_set(folder / "scans")], folder / "scans.qaad", config=tiny_config(), device="cpu")
    return folder


@pytest.fixture(scope="session")
def archive(made: Path) -> Path:
    return made / "scans.qaad"


@pytest.fixture
def only_inputs_left() -> Callable[[Path, set[str]], None]:
    """Asserts that a folder holds just these entries: no output, no temporary file, hidden ones included."""

    def check(folder: Path, expected: set[str]) -> None:
        assert {path.name for path in folder.iterdir()} == expected

    return check
