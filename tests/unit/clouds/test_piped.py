"""What comes through pipes: as a whole, within bounds; devices are refused."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, piped, read_cloud
from qaadcodec.errors import CloudError


class Endless(io.RawIOBase):
    """A stream without end, which counts what was taken from it."""

    def __init__(self, piece: bytes) -> None:
        self.piece, self.taken = piece, 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        self.taken += size
        return (self.piece * (size // len(self.piece) + 1))[:size]


def test_what_is_no_cloud_is_not_read_to_its_end() -> None:
    stream = Endless(b"\0")
    with pytest.raises(CloudError, match=r"^stdin: is not a cloud that qaad reads$"):
        piped.read_pipe(stream, "stdin")  # type: ignore[arg-type]
    assert stream.taken == 4096


@pytest.mark.parametrize("piece", [b"1 2 3\n", b"\x1f\x8b\x08\0"])
def test_what_has_no_end_is_refused(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    monkeypatch.setattr(piped, "MOST", 5 << 20)
    with pytest.raises(CloudError) as caught:
        piped.read_pipe(Endless(piece), "stdin")  # type: ignore[arg-type]
    assert (
        str(caught.value) == "stdin: does not end within 5242880 bytes, and what comes through a pipe is kept in memory"
    )
    assert caught.value.hint == "save it to a file first"


def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xyz")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe.xyz").write_text("1 2 3\n" * 5000 + "4 5 6\n"))
    writer.start()
    cloud = read_cloud(tmp_path / "pipe.xyz")
    writer.join()
    np.testing.assert_array_equal(cloud.points[[0, -1]], [[1, 2, 3], [4, 5, 6]])
    assert len(cloud) == 5001


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "link.ply"])
def test_a_device_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("link.ply").symlink_to("/dev/zero")
    with pytest.raises(CloudError) as caught:
        find_clouds([device])
    assert str(caught.value) == f"{device}: is a device, and clouds are read from files and pipes"
