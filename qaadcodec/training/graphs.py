"""A function of tensors as a CUDA graph: hundreds of small kernels for the price of one launch."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from qaadcodec.errors import SlowerWarning

WARM_UP = 3  # ordinary calls before the capture, in which libraries and optimisers set themselves up
AHEAD = 8  # calls that the host may be ahead of the device: a budget or Ctrl-C must not wait for a long queue


@dataclass(slots=True)
class Recording:
    """What is kept for arguments of certain shapes: where they are put, and the graph that reads them there."""

    arguments: list[Tensor]
    calls: int = 0
    graph: torch.cuda.CUDAGraph | None = None
    result: Tensor | None = None


class Replayed:
    """Calls a function on a CUDA device by replaying a graph of it; on other devices it simply calls it.

    The graph is captured from the function itself, once for each set of argument shapes, after WARM_UP ordinary calls:
    what is replayed is what is called elsewhere. The function may change tensors that it holds, in place, but it must
    not look at values on the host. Where a capture fails nevertheless, every later call is an ordinary one, slower and
    with the same result, and a warning says so.
    """

    def __init__(self, function: Callable[..., Tensor], device: torch.device) -> None:
        self._function, self._device = function, device
        self._recordings: dict[tuple[torch.Size, ...], Recording] = {}
        self._under_way: deque[torch.cuda.Event] = deque()
        self._aside: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._aside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._capturable = True

    @property
    def graphs(self) -> int:
        """How many graphs were captured."""
        return sum(recording.graph is not None for recording in self._recordings.values())

    def __call__(self, *arguments: Tensor) -> Tensor:
        """Call the function.

        Args:
            arguments: on the host; they are copied to the device, and nothing waits for that.

        Returns:
            What the function returned, on the device, in a tensor of its own.
        """
        if self._aside is None:
            return self._function(*(argument.to(self._device) for argument in arguments))
        with torch.cuda.device(self._device):
            if len(self._under_way) >= AHEAD:
                self._under_way.popleft().synchronize()
            result = self._replay(self._placed(arguments), self._aside)
            self._under_way.append(torch.cuda.Event(blocking=True))  # type: ignore[no-untyped-call]
            self._under_way[-1].record()
        return result

    def close(self) -> None:
        """Wait for the last call and give the memory of the graphs back."""
        while self._under_way:
            self._under_way.popleft().synchronize()
        self._recordings.clear()

    def _placed(self, arguments: tuple[Tensor, ...]) -> Recording:
        """The recording for arguments of these shapes, with the arguments in place."""
        shapes = tuple(argument.shape for argument in arguments)
        if shapes not in self._recordings:
            buffers = [torch.empty_like(argument, device=self._device) for argument in arguments]
            self._recordings[shapes] = Recording(buffers)
        recording = self._recordings[shapes]
        for buffer, argument in zip(recording.arguments, arguments, strict=True):
            buffer.copy_(argument.pin_memory(), non_blocking=True)
        return recording

    def _replay(self, recording: Recording, aside: torch.cuda.Stream) -> Tensor:
        recording.calls += 1
        if recording.graph is None and self._capturable and recording.calls > WARM_UP:
            self._capture(recording)
        if recording.graph is not None and recording.result is not None:
            recording.graph.replay()
            return recording.result.clone()  # the next replay overwrites it
        here = torch.cuda.current_stream()
        aside.wait_stream(here)
        with torch.cuda.stream(aside):  # a capture asks for a warm-up on another stream than the default one
            result = self._function(*recording.arguments)
        here.wait_stream(aside)
        return result

    def _capture(self, recording: Recording) -> None:
        """Record the function on the arguments in place; nothing is computed by that."""
        graph = torch.cuda.CUDAGraph()
        try:
            # The outer context brings the present stream back even where the inner one fails to.
            with torch.cuda.stream(torch.cuda.current_stream()), torch.cuda.graph(graph):
                recording.result = self._function(*recording.arguments)
        except RuntimeError as error:
            self._capturable = False
            cause = error.__context__ or error  # what broke the capture, rather than that it was broken
            warnings.warn(f"training without a CUDA graph, which is slower: {cause}", SlowerWarning, stacklevel=2)
        else:
            recording.graph = graph
