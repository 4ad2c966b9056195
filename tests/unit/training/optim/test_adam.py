"""Adam by PyTorch's function: the steps of `torch.optim.Adam`, to the bit, without its imports."""

from __future__ import annotations

import subprocess
import sys

import torch

from qaadcodec.training.optim.adam import Adam


def test_its_steps_are_those_of_pytorch() -> None:
    generator = torch.Generator().manual_seed(0)
    start = [torch.randn(shape, generator=generator) for shape in ((4, 3), (5,), (2, 2))]
    ours, theirs = ([tensor.clone().requires_grad_() for tensor in start] for _ in range(2))
    own = Adam([{"params": ours[:2]}, {"params": ours[2:], "lr": 0.3}], lr=0.01)
    other = torch.optim.Adam([{"params": theirs[:2]}, {"params": theirs[2:], "lr": 0.3}], lr=0.01, fused=True)
    for step in range(7):
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            a.grad = None if i == 1 and step % 2 else torch.randn(a.shape, generator=generator)
            b.grad = None if a.grad is None else a.grad.clone()
        for adam in (own, other):
            adam.param_groups[0]["lr"] = 0.01 * (1 + step)
            adam.step()
    for a, b, before in zip(ours, theirs, start, strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, before)
    held = [other.state[tensor][name] for tensor in theirs for name in ("step", "exp_avg", "exp_avg_sq")]
    assert all(torch.equal(mine, its) for mine, its in zip(own.memory().values(), held, strict=True))


def test_a_step_does_not_import_the_compiler() -> None:
    program = (
        "import sys, torch; from qaadcodec.training.optim.adam import Adam; p = torch.ones(3, requires_grad=True);"
        "p.grad = torch.ones(3); Adam([p]).step(); sys.exit('torch._dynamo' in sys.modules or 'sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
