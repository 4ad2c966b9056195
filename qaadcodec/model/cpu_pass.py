"""The matched error and its gradients on the CPU: one cloud at a time forward and back, clouds in parallel threads.

Autograd runs each operation on the whole batch, whose features do not fit the cache. Here a thread takes one cloud
through the network and back while its features are in the cache; only the small tensors around that (modulated
weights, encoded input points) go through autograd. Matrix products run in bfloat16, with sums in float32, where the
processor has them: the errors that training reduces are many times the rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from qaadcodec.config.network import POSITION
from qaadcodec.model.across import pull
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork, Layers, encode_input
from qaadcodec.model.numpy_layers import SELU_ALPHA, SELU_SCALE


def cloud_by_cloud(
    network: FoldingNetwork, q: Tensor, latents: Tensor, targets: Tensor, threads: Threads, across: float = 1.0
) -> tuple[Tensor, Tensor]:
    """`training.host.loss.matched_error` on the CPU: the same arguments, and the same results.

    Where neither q nor the heads want a gradient, as while latents are fitted to a network that stays, theirs are not
    computed.
    """
    encoded = encode_input(q.reshape(-1, POSITION), network.config.fourier_octaves)
    (first, bias), *others = network.heads()
    features = network.config.shared_widths[-1]
    # What q adds to the first head layer is the same for every cloud.
    base = torch.baddbmm(bias[:, None, :], q, first[:, :, features:].transpose(1, 2))
    heads = [first[:, :, :features], *(weight for weight, _ in others)]
    shared = network.modulated(latents)
    frozen = not any(tensor.requires_grad for tensor in (q, base, *heads, *(bias for _, bias in others)))
    loss, predictions = CloudByCloud.apply(  # type: ignore[no-untyped-call]
        Batch(targets, threads, across, len(shared), network.config.displacement, frozen),
        q,
        encoded,
        base,
        *(weight for weight, _ in shared),
        *(bias for _, bias in shared),
        *heads,
        *(bias for _, bias in others),
    )
    return loss, predictions


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step is about besides its differentiable tensors.

    Attributes:
        targets: (B, K·s, C), or (B, K·s, C + 1) with normals.
        threads: the threads that share the clouds.
        across: what the part of a gap along the normal counts.
        depth: number of shared layers.
        displacement: whether the network's output is added to the input point.
        frozen: whether the gradients of the shared layers are all that is wanted.
    """

    targets: Tensor
    threads: Threads
    across: float
    depth: int
    displacement: bool
    frozen: bool


class CloudByCloud(torch.autograd.Function):
    """Computes the gradients together with the loss, since every step wants both; `backward` hands them out."""

    @staticmethod
    def forward(
        ctx: Any, batch: Batch, q: Tensor, encoded: Tensor, base: Tensor, *tensors: Tensor
    ) -> tuple[Tensor, Tensor]:
        targets, threads, depth = batch.targets, batch.threads, batch.depth
        cast = [tensor.to(threads.dtype).contiguous() for tensor in tensors]
        heads = cast[2 * depth :]
        layers = Pass(
            shared=list(zip(cast[:depth], cast[depth : 2 * depth], strict=True)),
            heads=heads[: (len(heads) + 1) // 2],
            biases=[base.to(threads.dtype), *(bias[:, None, :] for bias in heads[(len(heads) + 1) // 2 :])],
            encoded=encoded.to(threads.dtype),
            q=q.detach(),
            across=batch.across,
            displacement=batch.displacement,
            frozen=batch.frozen,
        )
        clouds = len(targets)
        weight = 1.0 / (clouds * targets.shape[1])
        predictions = torch.empty((clouds, targets.shape[1], heads[(len(heads) + 1) // 2 - 1].shape[1]))
        gradients = [torch.empty(tensor.shape) for tensor in tensors[: 2 * depth]]
        errors = torch.zeros(clouds, dtype=torch.float64)

        def work(thread: int) -> Sums:
            sums = Sums.like(layers)
            with torch.no_grad():  # each thread has a gradient mode of its own
                for b in range(thread, clouds, threads.count):
                    errors[b] = layers.run(b, targets[b], weight, predictions[b], gradients, sums)
            return sums

        first, *rest = threads.pool.map(work, range(min(threads.count, clouds)))
        for sums in rest:
            first.add(sums)
        ctx.gradients = (first.q, first.encoded, first.biases[0], *gradients, *first.heads, *first.biases[1:])
        if batch.frozen:
            ctx.gradients = (None, None, None, *gradients, *(None for _ in heads))
        ctx.mark_non_differentiable(predictions)
        return (errors.sum() * weight).float(), predictions

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor | None, ...]:
        return (None, *(None if gradient is None else gradient * outer[0] for gradient in ctx.gradients))


@dataclass(slots=True)
class Sums:
    """Gradients that one thread sums over its clouds, float32."""

    q: Tensor
    encoded: Tensor
    heads: list[Tensor]
    biases: list[Tensor]

    @classmethod
    def like(cls, layers: Pass) -> Sums:
        def zeros(tensor: Tensor) -> Tensor:
            return torch.zeros(tensor.shape)

        biases = [zeros(layers.biases[0]), *(zeros(bias[:, 0]) for bias in layers.biases[1:])]
        return cls(zeros(layers.q), zeros(layers.encoded), [zeros(weight) for weight in layers.heads], biases)

    def add(self, other: Sums) -> None:
        self.q += other.q
        self.encoded += other.encoded
        for mine, theirs in zip(self.heads + self.biases, other.heads + other.biases, strict=True):
            mine += theirs


@dataclass(frozen=True, slots=True)
class Pass:
    """The layers of one step, ready for products: every cloud of the batch goes through them."""

    shared: Layers
    heads: list[Tensor]
    biases: list[Tensor]
    encoded: Tensor
    q: Tensor
    across: float
    displacement: bool
    frozen: bool

    def run(self, b: int, target: Tensor, weight: float, out: Tensor, gradients: list[Tensor], sums: Sums) -> float:
        """Cloud b of the batch, forward and back; returns the sum of gᵀ W g (`across.pull`).

        Args:
            target: (K·s, C) or (K·s, C + 1).
            weight: what one point's squared error counts in the loss.
            out: (K·s, C), takes the predictions.
            gradients: per shared layer those of the weights (B, out, in), then of the biases (B, out); row b is set.
            sums: takes what is summed over clouds.
        """
        features = [self.encoded]
        for layer, bias in self.shared:
            features.append(functional.selu_(torch.addmm(bias[b], features[-1], layer[b].t())))
        patches, s, _ = self.q.shape
        folds = [features[-1].view(patches, s, -1)]
        for j, head in enumerate(self.heads):
            f = torch.baddbmm(self.biases[j], folds[-1], head.transpose(1, 2))
            folds.append(functional.selu_(f) if j + 1 < len(self.heads) else f)
        predicted = folds[-1].float()  # (K, s, C)
        if self.displacement:
            predicted = predicted + functional.pad(self.q, (0, predicted.shape[2] - POSITION))
        out.copy_(predicted.view(out.shape))
        gap = out - target[:, : out.shape[1]]
        weighed = pull(gap, target, self.across)

        grad = (weighed * (2.0 * weight)).view(predicted.shape)
        if self.displacement and not self.frozen:
            sums.q += grad[..., :POSITION]
        grad = grad.to(self.encoded.dtype)
        for j in reversed(range(len(self.heads))):
            if j + 1 < len(self.heads):
                grad = selu_backward(grad, folds[j + 1])
            if not self.frozen:
                sums.heads[j] += torch.bmm(grad.transpose(1, 2), folds[j])
                sums.biases[j] += grad if j == 0 else grad.sum(1)
            grad = torch.bmm(grad, self.heads[j])
        grad = grad.view(patches * s, -1)
        depth = len(self.shared)
        for i in reversed(range(depth)):
            grad = selu_backward(grad, features[i + 1])
            gradients[i][b] = torch.mm(grad.t(), features[i])
            gradients[depth + i][b] = grad.sum(0)
            if i > 0 or not self.frozen:
                grad = torch.mm(grad, self.shared[i][0][b])
        if not self.frozen:
            sums.encoded += grad
        return float((gap * weighed).sum())


def selu_backward(grad: Tensor, result: Tensor) -> Tensor:
    """Gradient before a SELU from the one after it and the SELU's result."""
    product: Tensor = torch.ops.aten.elu_backward(grad, float(SELU_ALPHA), float(SELU_SCALE), 1.0, True, result)
    return product
