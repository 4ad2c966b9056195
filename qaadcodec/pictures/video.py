"""Pictures that move as MP4, by the program ffmpeg."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Numbers
from qaadcodec.errors import EnvironmentFailure

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 18  # x264's constant rate factor: no difference is seen
COLOURS = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
PLAIN = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact")  # nothing of when and where


def ffmpeg() -> str:
    """Where the program is; EnvironmentFailure where it is not installed."""
    found = shutil.which("ffmpeg")
    if found is None:
        raise EnvironmentFailure(
            "MP4 is written by ffmpeg, which is not on the PATH",
            hint="install it (apt install ffmpeg, brew install ffmpeg), or write .gif or .png",
        )
    return found


def mp4(frames: Iterable[Image], milliseconds: int) -> bytes:
    """The bytes of a film (H.264, 4:2:0), which browsers, slides and players show.

    Args:
        frames: at least one, all of one size; sides that are odd are made even by the colours at their end.
        milliseconds: that each is shown.

    Raises:
        EnvironmentFailure: ffmpeg is not installed, or cannot do it; the message has its own last line.
    """
    program = ffmpeg()
    with tempfile.TemporaryDirectory() as folder:
        target, log = Path(folder, "film.mp4"), Path(folder, "log.txt")
        code = film(program, frames, milliseconds, target, log)
        if code or not target.exists():
            lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), "no reason was given")
            raise EnvironmentFailure(f"ffmpeg could not write MP4: {last}", hint="write .gif or .png instead")
        return target.read_bytes()


def film(program: str, frames: Iterable[Image], milliseconds: int, target: Path, log: Path) -> int:
    """Let ffmpeg write a file, and what it says into a log; its exit code. It never outlives the frames."""
    running: subprocess.Popen[bytes] | None = None
    try:
        with open(log, "wb") as said:
            for frame in frames:
                pixels = even(np.asarray(frame.convert("RGB")))
                if running is None:
                    height, width, _ = pixels.shape
                    command = [program, *arguments(width, height, milliseconds), str(target)]
                    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said)
                assert running.stdin is not None
                running.stdin.write(pixels.tobytes())
    except BrokenPipeError:
        pass  # it ended early; its code tells
    except BaseException:
        if running is not None:
            running.kill()
        raise
    finally:
        if running is not None and running.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                running.stdin.close()
            running.wait()
    assert running is not None  # there is a frame
    return running.returncode


def arguments(width: int, height: int, milliseconds: int) -> list[str]:
    """What ffmpeg is told, in front of the name of the film."""
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"1000/{milliseconds}", "-i", "-"]
    coded = ["-c:v", "libx264", "-crf", str(QUALITY), "-vf", "scale=out_color_matrix=bt709", "-pix_fmt", "yuv420p"]
    return ["-v", "error", *raw, "-an", *coded, *COLOURS, *PLAIN, "-movflags", "+faststart"]


def even(pixels: Numbers) -> Numbers:
    """A picture (h, w, 3) with even sides, as 4:2:0 needs them: the last row and column are repeated."""
    height, width, _ = pixels.shape
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
