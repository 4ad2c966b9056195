"""How the command line ends where a signal comes while Python makes a class."""

from __future__ import annotations

import pytest

from qaadcodec.cli import main


class Naming:
    """An attribute that a signal meets while it is named."""

    def __init__(self, signal: BaseException) -> None:
        self._signal = signal

    def __set_name__(self, owner: type, name: str) -> None:
        raise self._signal


def test_a_signal_while_a_class_is_made_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python 3.11 makes a RuntimeError of it."""
    coming: list[BaseException] = [KeyboardInterrupt(), SystemExit(143)]

    def dispatch(arguments: list[str], invocation: object) -> int:
        type("Late", (), {"attribute": Naming(coming.pop(0))})
        return 0

    monkeypatch.setattr(main, "dispatch", dispatch)
    assert main.run(["inspect"]) == 130
    assert capsys.readouterr().err == "qaad: error: interrupted\n"
    with pytest.raises(SystemExit) as ended:
        main.run(["inspect"])
    assert ended.value.code == 143
