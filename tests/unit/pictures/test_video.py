"""MP4: the frames that were given come back out of the film, and what fails says why."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.pictures.video import even, mp4

needs_sh = pytest.mark.skipif(os.name == "nt", reason="needs programs that are scripts")
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
COLOURS = ((220, 40, 30), (20, 160, 60), (240, 240, 240))


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (65, 48)) -> Image.Image:
    return Image.new("RGB", size, colour)


def pretend(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program called ffmpeg in front of the PATH."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@needs_ffmpeg
def test_the_frames_come_back(tmp_path: Path) -> None:
    data = mp4((plain(colour) for colour in COLOURS), 80)
    assert data == mp4((plain(colour) for colour in COLOURS), 80)
    film = tmp_path / "film.mp4"
    film.write_bytes(data)
    command = ["ffmpeg", "-v", "error", "-i", str(film), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    shown = subprocess.run(command, check=True, capture_output=True).stdout
    frames = np.frombuffer(shown, np.uint8).reshape(len(COLOURS), 48, 66, 3)
    for frame, colour in zip(frames, COLOURS, strict=True):
        np.testing.assert_allclose(frame.mean(axis=(0, 1)), colour, atol=4)


def test_sides_become_even() -> None:
    pixels = np.arange(3 * 5 * 3).reshape(3, 5, 3)
    assert even(pixels).shape == (4, 6, 3)
    np.testing.assert_array_equal(even(pixels)[:3, :5], pixels)
    np.testing.assert_array_equal(even(pixels)[3, 5], pixels[2, 4])
    assert even(pixels[:2, :4]).shape == (2, 4, 3)


def test_without_ffmpeg_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailure, match="MP4 is written by ffmpeg, which is not on the PATH") as failure:
        mp4([plain(COLOURS[0])], 80)
    assert failure.value.hint == "install it (apt install ffmpeg, brew install ffmpeg), or write .gif or .png"


@needs_sh
@pytest.mark.parametrize("script", ["echo first >&2; echo Unknown encoder >&2; exit 1", "echo Unknown encoder"])
def test_the_last_words_of_ffmpeg_are_told(script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pretend(tmp_path, script, monkeypatch)
    with pytest.raises(EnvironmentFailure, match=r"^ffmpeg could not write MP4: Unknown encoder$"):
        mp4((plain(COLOURS[0], (400, 400)) for _ in range(20)), 80)


@needs_sh
def test_it_ends_with_the_frames(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.touch()
    pretend(tmp_path, f"echo $$ > {number}; exec cat > /dev/null", monkeypatch)

    def frames() -> Iterator[Image.Image]:
        yield plain(COLOURS[0])
        while not number.read_text().endswith("\n"):
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mp4(frames(), 80)
    assert not Path("/proc", number.read_text().strip()).exists()
