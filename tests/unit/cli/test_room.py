"""Libraries are not imported where a limit leaves too little memory for them."""

from __future__ import annotations

import sys

import pytest

from qaadcodec.cli import room
from qaadcodec.errors import EnvironmentFailure


@pytest.fixture
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "limit", lambda: 600 << 20)
    monkeypatch.setattr(room, "taken", lambda: 100 << 20)
    monkeypatch.setattr(room, "cores", lambda: 4)


@pytest.mark.usefixtures("_little")
def test_what_is_missing_is_said() -> None:
    room.check("numpy")  # 90 + 4·32 MB
    room.check("llvmlite")
    with pytest.raises(EnvironmentFailure) as failure:
        room.check("torch")  # 550 + 4·70
    assert str(failure.value) == (
        "out of memory: PyTorch takes 830 MB of addresses on 4 cores, "
        "and of the 600 MB that a limit allows 500 are left"
    )
    assert failure.value.hint == f"raise the limit: ulimit -v {930 << 10}, or more"


@pytest.mark.usefixtures("_little")
def test_an_import_is_refused_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with room.checked_imports(), pytest.raises(EnvironmentFailure, match="PyTorch takes"):
        import torch  # noqa: F401
    assert not any(isinstance(finder, room.Checked) for finder in sys.meta_path)


def test_without_a_limit_nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "limit", lambda: None)
    monkeypatch.setattr(room, "taken", lambda: 1 << 50)
    room.check("torch")
    with room.checked_imports():
        assert not any(isinstance(finder, room.Checked) for finder in sys.meta_path)
    assert room.memory_hint() == "use fewer points (--points), or a machine with more memory"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_the_process_has_taken() -> None:
    before = room.taken()
    kept = bytearray(64 << 20)
    assert room.taken() - before >= len(kept) - (1 << 20)


def test_openblas_takes_its_buffer_as_soon_as_numpy_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a limit: what is imported later may leave no room, and OpenBLAS of numpy 1.26 tries for ever."""
    taken: list[bool] = []
    monkeypatch.setattr(room, "multiply", lambda: taken.append(True))
    monkeypatch.setattr(room, "check", lambda library: None)
    finder = room.Checked()
    with monkeypatch.context() as without:
        without.delitem(sys.modules, "numpy")
        finder.find_spec("numpy")
        assert taken == []
    finder.find_spec("json")
    finder.find_spec("csv")
    assert taken == [True]
