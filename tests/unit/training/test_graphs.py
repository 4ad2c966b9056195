"""When a function is called, captured and replayed. A CUDA that only keeps the books stands in for the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import pytest
import torch
from torch import Tensor

from qaadcodec.errors import SlowerWarning
from qaadcodec.training import graphs as module
from qaadcodec.training.graphs import AHEAD, WARM_UP, Replayed


class Books:
    """What was asked of CUDA. A replay repeats the function that was captured, on the tensors it was captured with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, function: Callable[..., Tensor]) -> None:
        self.function, self.replays, self.captures, self.waited = function, 0, 0, 0
        self.capturing, self.total = False, torch.zeros(())
        books = self

        class Graph:
            def replay(self) -> None:
                books.replays += 1
                recording = next(r for r in books.replayed._recordings.values() if r.graph is self)
                assert recording.result is not None
                recording.result.copy_(books.function(*recording.arguments))

        class Event:
            def __init__(self, blocking: bool) -> None:
                assert blocking

            def record(self) -> None: ...

            def synchronize(self) -> None:
                books.waited += 1

        class Stream:
            def __init__(self, *device: torch.device) -> None: ...

            def wait_stream(self, other: Stream) -> None: ...

        @contextmanager
        def graph(graph: Graph) -> Iterator[None]:
            self.captures, self.capturing = self.captures + 1, True
            try:
                yield
            finally:
                self.capturing = False

        for name, fake in {
            "CUDAGraph": Graph,
            "Event": Event,
            "Stream": Stream,
            "current_stream": Stream,
            "device": nullcontext,
            "stream": nullcontext,
            "graph": graph,
        }.items():
            monkeypatch.setattr(module.torch.cuda, name, fake)
        monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
        self.replayed = Replayed(self.run, torch.device("cuda"))
        self.replayed._device = torch.device("cpu")

    def run(self, *arguments: Tensor) -> Tensor:
        """The function, which computes nothing while it is captured."""
        return torch.full((), torch.nan) if self.capturing else self.function(*arguments)


def test_every_call_counts_once_and_is_replayed_after_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    total = torch.zeros(())
    books = Books(monkeypatch, lambda x: total.add_(x.sum()).clone())
    for i in range(WARM_UP + 4):
        assert float(books.replayed(torch.full((3,), float(i)))) == 3.0 * sum(range(i + 1))
        assert books.replayed.graphs == (i >= WARM_UP)
    assert (books.captures, books.replays) == (1, 4)


def test_each_set_of_shapes_has_a_graph_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, lambda x, y: x.sum() * y.sum())
    for i in range(WARM_UP + 2):
        for size in (2, 3):
            assert float(books.replayed(torch.full((size,), float(i)), torch.ones(4))) == 4.0 * size * i
    assert books.replayed.graphs == books.captures == 2
    assert books.replays == 4


def test_results_are_left_alone_by_later_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, lambda x: x.sum())
    results = [books.replayed(torch.tensor([float(i)])) for i in range(WARM_UP + 3)]
    assert [float(result) for result in results] == list(range(WARM_UP + 3))


def test_the_host_is_only_so_many_calls_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, lambda x: x.sum())
    for i in range(20):
        books.replayed(torch.ones(1))
        assert books.waited == max(0, i + 1 - AHEAD)
    books.replayed.close()
    assert books.waited == 20
    assert books.replayed.graphs == 0


def test_a_capture_that_fails_leaves_ordinary_calls_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, lambda x: x.sum())

    def failing(*arguments: Tensor) -> Tensor:
        if books.capturing:
            raise RuntimeError("operation not permitted when stream is capturing")
        return books.function(*arguments)

    books.replayed._function = failing
    for i in range(WARM_UP):
        assert float(books.replayed(torch.tensor([i]))) == i
    with pytest.warns(SlowerWarning, match=r"without a CUDA graph, which is slower: operation not permitted"):
        assert float(books.replayed(torch.tensor([7]))) == 7
    for i in range(5):
        assert float(books.replayed(torch.tensor([i]))) == i
        assert float(books.replayed(torch.tensor([i, i]))) == 2 * i
    assert (books.captures, books.replays) == (1, 0)


def test_on_other_devices_the_function_is_called_and_nothing_else() -> None:
    seen = []
    replayed = Replayed(lambda x: seen.append(x) or x.sum(), torch.device("cpu"))
    argument = torch.ones(2)
    for _ in range(WARM_UP + 2):
        assert float(replayed(argument)) == 2.0
    assert all(x is argument for x in seen)
    assert replayed.graphs == 0
