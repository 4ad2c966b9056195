"""The threads of a training on the CPU: each takes whole clouds; and the type in which they multiply."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from qaadcodec.parallel import cores


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads that take whole clouds each, and the type in which products are computed."""

    pool: ThreadPoolExecutor
    count: int
    dtype: torch.dtype


@contextmanager
def cloud_threads() -> Iterator[Threads]:
    """Threads over clouds, in place of torch's own inside each operation, for which these sizes are too small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    count = cores()
    with ThreadPoolExecutor(count, thread_name_prefix="training") as pool:
        try:
            yield Threads(pool, count, product_dtype())
        finally:
            torch.set_num_threads(before)


def product_dtype() -> torch.dtype:
    """bfloat16 on processors that multiply it natively (2.4 times the points per second there), else float32."""
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return torch.bfloat16 if native is not None and native() else torch.float32
