"""The decoder in formats/js beside qaadcodec: both read a file, and the same of it, or both refuse it."""

from __future__ import annotations

import io
import json
import select
import shutil
import struct
import subprocess
import sys
import warnings
from pathlib import Path
from typing import IO, Any

import numpy as np
from fuzz.archives import OCTAVES, TOLERANCE, WITHIN, checked, is_small, or_refused
from fuzz.bounds import TooMuch

from qaadcodec.archive import ArchiveReader
from qaadcodec.codec.open import OpenArchive

NODE = shutil.which("node")
MEMORY = "--max-old-space-size=512"  # MiB
PATIENCE = 60  # seconds until an answer has to come; a pause of this process counts as one


class Decoder:
    """A process of Node that tries one input after the other; it is started again when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def verdict(self, data: bytes, *, decoded: bool) -> dict[str, Any]:
        """What it says of an input: {fault}, or {names, positions}, the latter of cloud 0 if it is wanted."""
        if self._process is None or self._process.poll() is not None:
            command = [str(NODE), MEMORY, str(Path(__file__).with_name("decoder.mjs"))]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(struct.pack("<IB", len(data), decoded) + data)
        self._process.stdin.flush()
        if not self._answers(self._process.stdout):
            self.stop()
            raise TooMuch(f"{len(data)} bytes kept the decoder busy for {PATIENCE} seconds")
        line = self._process.stdout.readline()
        assert line, f"the decoder ended with {self._process.wait()}"
        found: dict[str, Any] = json.loads(line)
        assert "thrown" not in found, found["thrown"]
        return found

    @staticmethod
    def _answers(stream: IO[bytes]) -> bool:
        """Whether an answer comes in time; on Windows, which tells nothing of pipes, it is waited for without end."""
        return sys.platform == "win32" or any(select.select([stream], [], [], 1.0)[0] for _ in range(PATIENCE))

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


DECODER = Decoder()


def compare_with_javascript(data: bytes) -> None:
    """Both read it, with the same names and cloud 0 near each other, or both refuse it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = or_refused(lambda: checked(data))
        small = ours is not None and is_small(ours.header)
        theirs = DECODER.verdict(data, decoded=small)
        if ours is None:
            assert "fault" in theirs, "the decoder in JavaScript reads what qaadcodec refuses"
            return
        assert "fault" not in theirs, f"only the decoder in JavaScript refuses it: {theirs['fault']}"
        assert list(ours.names) == theirs["names"]
        if not small:
            return
        with ArchiveReader(io.BytesIO(data)) as reader:
            archive = OpenArchive(reader)
            points = or_refused(lambda: archive.points(0))
            positions = np.array([np.nan if x is None else x for x in theirs["positions"]], np.float64).reshape(-1, 3)
            if points is None:
                assert not np.isfinite(positions).all(), "only one decoder finds points that are not finite"
                return
            numbers = [*ours.weights.values(), ours.input_cloud, ours.latents]
            if ours.header.network.fourier_octaves > OCTAVES or max(np.abs(x).max() for x in numbers) > WITHIN:
                return
            size = 1.0 if (pose := archive.pose(0)) is None else pose.scale
            reach = TOLERANCE * ours.header.scale * size
            if np.abs(points - np.asarray(ours.header.offset)).max() > WITHIN * ours.header.scale * size:
                return
            rounding = np.spacing(np.abs(points)).astype(float)
            gap = np.abs(points.astype(float) - positions)
            assert (gap <= reach + 2 * rounding).all(), f"points differ by up to {gap.max()}, of a scale of {reach}"
