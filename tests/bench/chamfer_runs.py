"""Training on the augmented Chamfer distance with an encoder: of AtlasNetV2, and of our network in the same way.

Both go through the steps of our warm-up (`training/warmup/warm_up.py`), so that nothing but the architecture differs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from atlasnet_v2 import AtlasNetV2, decode, even_patches, random_patches
from bench_sets import BenchSet, Cloud
from torch import Tensor

from qaadcodec.config import NetworkConfig, TrainingConfig
from qaadcodec.metrics.em_kd import em_kd, variance
from qaadcodec.model.cpu_threads import cloud_threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.training.backend import choose_backend
from qaadcodec.training.learner import Learner
from qaadcodec.training.predict import predict
from qaadcodec.training.start import initial_input_cloud
from qaadcodec.training.warmup.pointnet import PointNet
from qaadcodec.training.warmup.warm_up import Sampling, WarmupSteps, encoded

STAGES = ((0.7, 1.0), (0.2, 0.3), (0.1, 0.1))  # shares of the epochs, and of the learning rate in them
PROBES = 2  # clouds that a learning curve looks at
LOOKS = 12  # times that it does


@dataclass
class Trained:
    """A learner, how its clouds are decoded, and how it got there."""

    learner: Learner
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    seconds: float = 0.0
    processor_seconds: float = 0.0
    stretch: float | None = None
    """the energy of eq. 17 of what was assigned (`bench_energies.py`); None where nothing is"""

    def decode(self, i: int) -> Cloud:
        """Cloud i, (M, 3), normalised."""
        return self.image(self.learner.latents[i])

    def image(self, latent: Tensor) -> Cloud:
        """What a latent decodes to."""
        network = self.learner.network
        image = decode if isinstance(network, AtlasNetV2) else predict
        return image(network, self.learner.input_cloud, latent)

    @property
    def parameters(self) -> int:
        """Of the decoder, without encoder, input cloud and latents."""
        return sum(tensor.numel() for tensor in self.learner.network.parameters())


def ours(clouds: BenchSet, config: NetworkConfig, seed: int, device: torch.device) -> Learner:
    """Our network untrained, with the input cloud it starts from and latents of zero."""
    network = FoldingNetwork(config, torch.Generator().manual_seed(seed)).to(device)
    q = torch.from_numpy(initial_input_cloud(clouds.store, config.patches)).to(device)
    return Learner(network, q, torch.zeros(len(clouds.store), config.latent_size, device=device))


def atlasnet(
    clouds: BenchSet, latent_size: int, patches: int, seed: int, device: torch.device, *, deforming: bool
) -> Learner:
    """AtlasNetV2 untrained, of the one kind or the other."""
    generator = torch.Generator().manual_seed(seed)
    network = AtlasNetV2(latent_size, patches, generator, deforming=deforming).to(device)
    q = random_patches(clouds.store.points.shape[1], generator).to(device)
    return Learner(network, q, torch.zeros(len(clouds.store), latent_size, device=device))  # type: ignore[arg-type]


def train_by_chamfer(clouds: BenchSet, learner: Learner, training: TrainingConfig, epochs: int, seed: int) -> Trained:
    """Minimise the augmented Chamfer distance, at rates that fall in STAGES; the encoder is dropped at the end."""
    rng = np.random.default_rng([seed, 10])
    generator = torch.Generator().manual_seed(seed)
    device = learner.latents.device
    squares = Squares.of(learner, seed)
    if squares:
        training = replace(training, input_rate=0.0)  # its points are drawn, not learnt
    encoder = PointNet(learner.network.config.latent_size, generator).to(device)
    trained, watch = Trained(learner), Watch(clouds, epochs)
    batches = -(-len(clouds.store) // training.batch)
    first, ends = 1, np.cumsum([share for share, _ in STAGES])

    def ready() -> None:
        if squares:
            squares.fill()
        learner.latents = encoded(encoder, clouds.store, np.random.default_rng([seed, 11]))

    with cloud_threads() as threads:
        sampling, backend = Sampling(clouds.store, training, rng), choose_backend(device.type)
        steps = WarmupSteps(learner, encoder, sampling, threads, backend)
        for end, (_, factor) in zip((ends * epochs).round().astype(int).tolist(), STAGES, strict=True):
            for epoch in range(first, end + 1):
                for batch in np.array_split(rng.permutation(len(clouds.store)), batches):
                    if squares:
                        squares.draw()
                    steps.step(np.sort(batch), factor)
                if watch.due(epoch):
                    with watch.apart():
                        ready()
                        watch.look(epoch, trained.decode)
            first = end + 1
    ready()
    watch.tell(trained)
    return trained


@dataclass
class Squares:
    """The points of the squares that patch deformation starts from, in place of an input cloud."""

    input_cloud: Tensor
    patches: int
    generator: torch.Generator

    @classmethod
    def of(cls, learner: Learner, seed: int) -> Squares | None:
        """Those of a learner, if it has any."""
        network = learner.network
        if not isinstance(network, AtlasNetV2) or network.structures is None:
            return None
        return cls(learner.input_cloud, network.config.patches, torch.Generator().manual_seed(seed + 1))

    def draw(self) -> None:
        """Random ones, for a step."""
        self.input_cloud.copy_(random_patches(len(self.input_cloud), self.generator))

    def fill(self) -> None:
        """Even ones, to decode."""
        self.input_cloud.copy_(even_patches(len(self.input_cloud), self.patches))


class Watch:
    """A learning curve, and the time of a training without that of looking.

    Attributes:
        curve: LOOKS times in a training the epoch, the mean nEM-kD of the first PROBES clouds, and the seconds that all
            processors together have worked till then.
    """

    def __init__(self, clouds: BenchSet, epochs: int) -> None:
        self._clouds, self._every, self._next = clouds, epochs / LOOKS, epochs / LOOKS
        self.curve: list[tuple[int, float, float]] = []
        self._wall, self._processor = time.perf_counter(), time.process_time()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is done inside takes no time."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self._wall += time.perf_counter() - wall
        self._processor += time.process_time() - processor

    def tell(self, trained: Trained) -> None:
        """Give a training that has ended its curve and its times."""
        trained.curve = self.curve
        trained.seconds, trained.processor_seconds = time.perf_counter() - self._wall, self.processor_seconds

    @property
    def processor_seconds(self) -> float:
        """Of all processors together, so far."""
        return time.process_time() - self._processor

    def due(self, epoch: int) -> bool:
        """Whether it is time to look."""
        return epoch >= self._next - 1e-9

    def look(self, epoch: int, decode: Callable[[int], Cloud]) -> None:
        """Take down one point of the curve; to be called apart."""
        seconds = self.processor_seconds
        originals = [self._clouds.store.points[i] for i in range(min(PROBES, len(self._clouds.store)))]
        errors = [em_kd(decode(i), original) / variance(original) for i, original in enumerate(originals)]
        self.curve.append((epoch, float(np.mean(errors)), round(seconds, 2)))
        while self.due(epoch):
            self._next += self._every
