"""Ranks as processes of torch.distributed, which torchrun has started: gloo between CPUs, NCCL between GPUs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from qaadcodec.parallel import cores
from qaadcodec.ranks.leaving import Leaving, LostRank, agents_store
from qaadcodec.ranks.ranks import ALONE, Ranks

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")

LONGEST = timedelta(days=1)  # that one rank may work while others wait; a rank that is gone shows at once


def several() -> bool:
    """Whether this process was started as one of several ranks."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


def is_first() -> bool:
    """Whether this process is the only one, or rank 0."""
    return not several() or os.environ["RANK"] == "0"


@contextmanager
def joined(*, goes_on: bool = True) -> Iterator[Ranks]:
    """The ranks among which this process was started; ALONE where it is the only one.

    Whatever goes wrong within the block ends all ranks with one exit code, and is raised on one of them only.

    Args:
        goes_on: whether the run can go on from a checkpoint when a rank is lost.

    Raises:
        SystemExit: another rank has failed, and has said why.
        LostRank: another rank is gone.
    """
    if not several():
        yield ALONE
        return
    os.environ["OMP_NUM_THREADS"] = str(cores())  # torchrun sets 1
    import torch
    from torch import distributed as dist

    torch.set_num_threads(cores())  # where torch had been imported
    with _lost():
        dist.init_process_group(_backend(), timeout=LONGEST, **_meeting())
    leaving = Leaving(goes_on=goes_on)
    try:
        if (code := leaving.code()) is not None:  # an agent has started all again, though one had failed
            raise SystemExit(code)
        leaving.watch()
        ranks = Group()
        yield ranks
        ranks.gathered(None)  # none closes its connections while another one needs them
    except LostRank as lost:
        found = leaving.explained(lost)
        raise (SystemExit(found) if isinstance(found, int) else found) from lost
    except (KeyboardInterrupt, SystemExit) as ended:  # a signal, which every rank gets
        if dist.get_rank() > 0:
            raise SystemExit(code_of(ended)) from ended
        raise
    except BaseException as error:
        if not leaving.is_first(own := code_of(error)):
            raise SystemExit(leaving.code_of_first(own)) from error
        raise
    finally:
        leaving.close()
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


def code_of(error: BaseException) -> int:
    """The exit code that goes with an exception."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    return 130 if isinstance(error, KeyboardInterrupt) else int(getattr(error, "exit_code", 1))


class Group:
    """The ranks of the process group of torch.distributed.

    Objects travel pickled, as torch.distributed does it: between processes of one run, which trust each other.

    Raises:
        LostRank: (all methods) another rank is gone, or has failed.
    """

    def __init__(self) -> None:
        from torch import distributed as dist

        self.rank, self.size = dist.get_rank(), dist.get_world_size()

    def decided(self, decide: Callable[[], T]) -> T:
        """What `decide` returns on rank 0."""
        from torch import distributed as dist

        found: list[Any] = [decide() if self.rank == 0 else None]
        with _lost():
            dist.broadcast_object_list(found, src=0)
        return found[0]  # type: ignore[no-any-return]

    def gathered(self, own: T) -> list[T]:
        """What every rank has."""
        from torch import distributed as dist

        found: list[Any] = [None] * self.size
        with _lost():
            dist.all_gather_object(found, own)
        return found

    def add(self, numbers: Tensor) -> None:
        """Add up a tensor over all ranks, in place."""
        from torch import distributed as dist

        with _lost():
            dist.all_reduce(numbers)

    def copy_of_first(self, numbers: Tensor) -> None:
        """Give a tensor the values that it has on rank 0."""
        from torch import distributed as dist

        with _lost():
            dist.broadcast(numbers, src=0)


def _meeting() -> dict[str, Any]:
    """Where the ranks find each other: in the agent's store, under names of this attempt alone.

    The agent keeps one store for all attempts. Under PyTorch's own names, a rank that is started again may find the
    address of a process that is gone, and wait for it.
    """
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return {}  # rank 0 keeps the store, and begins a new one
    from torch.distributed import PrefixStore  # type: ignore[attr-defined]

    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    store = PrefixStore(f"qaad/attempt/{attempt}", agents_store(LONGEST))
    return {"store": store, "rank": int(os.environ["RANK"]), "world_size": int(os.environ["WORLD_SIZE"])}


def _backend() -> str:
    """What the ranks talk over; on GPUs, each process takes that of its number on the machine."""
    import torch
    from torch import distributed as dist

    if not torch.cuda.is_available() or not dist.is_nccl_available():
        return "gloo"
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    return "cpu:gloo,cuda:nccl"


@contextmanager
def _lost() -> Iterator[None]:
    """What torch.distributed raises where another rank has gone becomes LostRank."""
    try:
        yield
    except RuntimeError as error:
        raise LostRank(f"the other processes cannot be reached: {str(error).splitlines()[0]}") from error
