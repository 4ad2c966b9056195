"""The rows of `bin/bench speed` that need a CUDA device, and the network as a Python loop over its patches."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
import torch
from bench_tools import Row, seconds
from torch.nn import functional

from qaadcodec.assignment.device.greedy import greedy
from qaadcodec.config import AssignmentConfig, NetworkConfig, Plan, TrainingConfig
from qaadcodec.metrics.em_kd_bounds import em_kd_bounds
from qaadcodec.model.cpu_threads import cloud_threads
from qaadcodec.model.network import FoldingNetwork, encode_input
from qaadcodec.model.torch_decoder import Decoder
from qaadcodec.sets.store import TargetStore
from qaadcodec.synth.make import make_cloud
from qaadcodec.training.device.steps import Steps
from qaadcodec.training.learner import Learner

CLOUDS, POINTS, BATCH, PER_STEP = 64, 65536, 16, 2048


def multiplications(network: NetworkConfig) -> int:
    """Multiplications per point of one forward pass; the modulation is per cloud and not counted."""
    shapes = network.tensor_shapes()
    shared = sum(prod(s) for name, s in shapes.items() if name.startswith("shared") and name.endswith("weight"))
    return shared + sum(
        prod(s[1:]) for name, s in shapes.items() if name.startswith("head") and name.endswith("weight")
    )


def patch_loop(network: FoldingNetwork, q: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
    """The same network with its heads in a Python loop over patches, as AtlasNet's released code runs them."""
    patches, s, _ = q.shape
    h = encode_input(q.reshape(-1, 3), network.config.fourier_octaves).expand(len(latents), -1, -1)
    for weight, bias in network.modulated(latents):
        h = functional.selu(torch.baddbmm(bias[:, None, :], h, weight.transpose(1, 2)))
    h = h.reshape(len(latents), patches, s, -1)
    out = []
    for k in range(patches):
        f = torch.cat([h[:, k], q[k].expand(len(latents), -1, -1)], dim=2)
        heads = network.heads()
        for j, (weight, bias) in enumerate(heads):
            f = functional.linear(f, weight[k], bias[k])
            f = functional.selu(f) if j + 1 < len(heads) else f
        out.append(q[k] + f)
    return torch.cat(out, dim=1)


def on_device(work: Callable[[], object]) -> Callable[[], None]:
    """The work, and waiting for the device to have done it."""

    def both() -> None:
        work()
        torch.cuda.synchronize()

    return both


def gpu_rows() -> list[Row]:
    """Training steps, Greedy, EM-kD and decoding on the device, beside the rate of its products."""
    device = torch.device("cuda")
    plan = Plan(
        network=NetworkConfig(patches=128),
        training=TrainingConfig(batch=BATCH, points_per_step=PER_STEP),
        assignment=AssignmentConfig(leaf_resolving=False),
    )
    wide = [torch.randn(size, device=device, dtype=torch.bfloat16) for size in ((BATCH * PER_STEP, 256), (256, 128))]
    product = 2 * BATCH * PER_STEP * 256 * 128 / seconds(on_device(lambda: [wide[0] @ wide[1] for _ in range(100)]))
    product *= 100
    network = FoldingNetwork(plan.network, torch.Generator().manual_seed(0)).to(device)
    clouds = np.stack([make_cloud("skulls", i, POINTS, 0) for i in range(4)])
    clouds = clouds[np.arange(CLOUDS) % 4] * 10
    q = torch.from_numpy(clouds[0]).to(device)
    few = q[: (PER_STEP // 128) * 128].reshape(128, -1, 3)
    latents = torch.randn(BATCH, plan.network.latent_size, device=device, requires_grad=True)
    targets = torch.rand(BATCH, few.shape[0] * few.shape[1], 3, device=device)

    def looped() -> None:
        (patch_loop(network, few, latents) - targets).square().sum(-1).mean().backward()

    loop = BATCH * PER_STEP / seconds(on_device(looped), 5)
    with TargetStore(CLOUDS, POINTS) as store, cloud_threads() as threads:
        store.points[:] = clouds
        table = torch.randn(CLOUDS, plan.network.latent_size, device=device)
        with Steps(Learner(network, q, table), store, plan, threads, np.random.default_rng(0), 0) as steps:

            def some() -> None:
                for first in range(0, CLOUDS, BATCH):
                    steps.step(np.arange(first, first + BATCH), 0.1)

            for _ in range(3):
                some()
            rate = CLOUDS * PER_STEP / seconds(on_device(some), 10)
    group = torch.from_numpy(clouds[:4]).to(device)
    aligning = seconds(on_device(lambda: greedy(q.expand_as(group), group, 128)), 3) / 4
    measuring = seconds(on_device(lambda: em_kd_bounds(group, group.roll(1, 0))), 3) / 4
    weights, cloud = network.arrays(), clouds[0]
    decoder = Decoder(plan.network, weights, cloud, (0.0, 0.0, 0.0), 1.0).to(device).requires_grad_(False)
    with torch.no_grad(), torch.autocast("cuda", torch.bfloat16):
        decoding = BATCH * POINTS / seconds(on_device(lambda: decoder.normalised(latents.detach())), 5)
    flops = multiplications(plan.network)
    share = f"{100 * rate * 6 * flops / product:.0f} % of the bfloat16 product rate"
    return [
        Row("GPU: matrix products, bfloat16", product / 1e12, "TFLOP/s"),
        Row("GPU: training step with swaps", rate / 1e6, "M points/s", f"{rate / loop:.1f} × the loop; {share}"),
        Row("GPU: the same with a loop over 128 patches", loop / 1e6, "M points/s", "float32, without swaps"),
        Row("GPU: Greedy, a skull of 65 536 points", aligning, "s"),
        Row("GPU: EM-kD bounds, two skulls of 65 536 points", measuring, "s"),
        Row(
            "GPU: decoding, bfloat16",
            decoding / 1e6,
            "M points/s",
            f"{100 * decoding * 2 * flops / product:.0f} % of the bfloat16 product rate",
        ),
    ]
