"""A child process that reads HDF5 files, as its parent sees it: it is asked, watched, and stopped where it is stuck."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats import hdf5_child
from qaadcodec.clouds.formats.hdf5_child import FAILURE, LISTED, NUMBERS, PIECE, REQUEST, RESULT, next_frame, send
from qaadcodec.errors import EnvironmentFailure

PATIENCE = 20  # seconds without a sign of progress, after which the process is stopped
PIPE_BYTES = 1 << 20  # what Linux allows: a cloud of 87 000 points then passes in one go


class Died(Exception):
    """The process ended before it had answered: what it did."""


class Refusal(Exception):
    """What the process says of a file that cannot be read: why, and what to do."""

    def __init__(self, why: str, hint: str | None) -> None:
        super().__init__(why)
        self.hint = hint


class Answer:
    """What came back: of "list" the datasets, of "read" the values."""

    def __init__(self) -> None:
        self.listed: list[Any] = []
        self.values: npt.NDArray[Any] = np.empty(0)
        self._room: memoryview = memoryview(b"")

    def take(self, kind: bytes, size: int, stream: BinaryIO) -> bool:
        """Take a frame in; whether it was the last. Refusal, where it says so."""
        if kind == PIECE:
            read_into(self._room[:size], stream)
            self._room = self._room[size:]
            return False
        values = json.loads(stream.read(size))
        if kind == FAILURE:
            raise Refusal(*values)
        if kind == LISTED:
            self.listed += values
        elif kind == NUMBERS:
            shape, dtype = values
            self.values = np.empty(shape, dtype_of(dtype))
            self._room = memoryview(self.values.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        return kind == RESULT


class Child:
    """A process that runs `hdf5_child.py`.

    Attributes:
        opened: the numbers of the files that are open in it.
        served: those of all that ever were.
        was_idle: whether it was stopped because it showed no progress.
    """

    def __init__(self) -> None:
        import subprocess

        self.opened: set[int] = set()
        self.served: set[int] = set()
        self.was_idle = False
        self._signs = 0  # of life, counted
        self._busy = threading.Event()
        self._patience = PATIENCE
        # Its modules are found where ours are. In a group of its own it hears no Ctrl-C, which is ours to answer.
        command = [sys.executable, "-P", "-S", hdf5_child.__file__, *sys.path]
        apart: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pipesize=PIPE_BYTES,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                **apart,
            )
        except OSError as error:
            raise EnvironmentFailure(f"no process to read HDF5 files can be started: {error.strerror}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            with self._watched(3 * PATIENCE):  # modules have to be found, on slow disks, too
                self._receive()
        except Died as died:
            raise EnvironmentFailure(f"the process that reads HDF5 files does not start: {died}") from died
        except Refusal as refusal:
            raise EnvironmentFailure(f"HDF5 files cannot be read: {refusal}", hint="pip install h5py") from refusal

    def ask(self, request: list[Any], data: bytes | None = None) -> Answer:
        """Send a request, and bytes that go with it, and wait for the answer.

        Raises:
            Refusal: the file cannot be read; Died: the process ended. It is stopped if it shows no progress.
        """
        with self._watched(PATIENCE):
            send(self._requests, REQUEST, request)
            if data is not None:
                send(self._requests, REQUEST, data)
            return self._receive()

    def stop(self) -> None:
        """End the process, whatever it does, and wait for its end."""
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                stream.close()
        self._process.kill()
        self._process.wait()
        self._busy.set()  # whoever watches it sees that it has ended

    def forget(self) -> None:
        """Leave the process to the one that started it: this one is a fork of that."""
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                os.close(stream.fileno())
        self._process.returncode = 0

    def _receive(self) -> Answer:
        answer = Answer()
        while not answer.take(*next_frame(self._answers), self._answers):
            self._signs += 1
        return answer

    @contextlib.contextmanager
    def _watched(self, patience: int) -> Iterator[None]:
        """A block that talks with the process, which is stopped if it shows no progress for so many seconds."""
        self._patience = patience
        self._signs += 1
        self._busy.set()
        try:
            yield
        except Refusal:
            raise
        except (EOFError, OSError):
            raise Died(self._end()) from None
        except BaseException:  # Ctrl-C: what is still to come would be taken for the next answer
            self.stop()
            raise
        finally:
            if self._process.returncode is None:
                self._busy.clear()

    def _watch(self) -> None:
        """Stop the process where it shows no progress. A pause of this one counts as one second."""
        seconds, signs = 0, 0
        while self._process.returncode is None:
            self._busy.wait()
            time.sleep(1)
            seconds, signs = (seconds + 1, signs) if signs == self._signs else (0, self._signs)
            if seconds >= self._patience and self._busy.is_set():
                self.was_idle = True
                self._process.kill()
                return

    def _end(self) -> str:
        """How the process ended, in words."""
        self.stop()
        if self.was_idle:
            return f"made no progress for {self._patience} seconds"
        code = self._process.returncode
        with contextlib.suppress(ValueError):  # a signal that has no name
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"


def read_into(room: memoryview, stream: BinaryIO) -> None:
    """Fill the room from a stream; EOFError if it ends before."""
    while room.nbytes:
        count = stream.readinto(room)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        room = room[count:]


def dtype_of(described: Any) -> np.dtype[Any]:
    """The inverse of `hdf5_child.described`."""
    kind: Any = described
    if isinstance(described, dict):
        kind = {**described, "formats": [dtype_of(field) for field in described["formats"]]}
    elif isinstance(described, list):
        kind = dtype_of(described[0]), tuple(described[1])
    made: np.dtype[Any] = np.dtype(kind)
    return made
