"""What reaches a person on stderr: one voice, and nothing that could drive a terminal."""

from __future__ import annotations

import click
import pytest

from qaadcodec.cli.main import run
from qaadcodec.cli.voice import complain, in_our_voice, say
from qaadcodec.errors import ThresholdMissed


def test_an_error_and_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    complain("scans/a.ply: vertex 17 has a NaN coordinate", "--skip-bad leaves it out")
    complain("no more")
    assert capsys.readouterr() == (
        "",
        "qaad: error: scans/a.ply: vertex 17 has a NaN coordinate\n"
        "hint: --skip-bad leaves it out\n"
        "qaad: error: no more\n",
    )


def test_names_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("wrote \x1b[31mred\n\u202eé.ply")
    assert capsys.readouterr().err == "qaad: wrote \\x1b[31mred\\n\\u202eé.ply\n"


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    say("wrote out.ply", quiet=True)
    assert capsys.readouterr() == ("", "")


def test_sentences_of_click_lose_capital_and_full_stop() -> None:
    assert in_our_voice(click.UsageError("Missing option '-o'.")) == ("missing option '-o'", None)


def test_what_may_have_been_meant_is_in_the_hint(capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in [
        (["compres"], ("no such command 'compres'", "did you mean compress? qaad --help shows the usage")),
        (["demode"], ("no such command 'demode'", "did you mean decode, demo or encode? qaad --help shows the usage")),
        (["xyz"], ("no such command 'xyz'", "qaad --help shows the usage")),
        (
            ["compress", "a", "-o", "b", "--preste", "fast"],
            (
                "no such option '--preste'",
                "did you mean --preset, --resume or --processes? qaad compress --help shows the usage",
            ),
        ),
        (["inspect", "a", "--colour"], ("no such option '--colour'", "qaad inspect --help shows the usage")),
        (["-v"], ("-v goes with --version, or behind the name of a command", "qaad --help shows the usage")),
        (["--debug"], ("no command was named", "qaad --help shows the usage")),
    ]:
        assert run(words) == 2
        assert capsys.readouterr().err == f"qaad: error: {said[0]}\nhint: {said[1]}\n"


def test_a_bug_is_a_message_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("qaadcodec.cli.main.dispatch", lambda *_: 1 // 0)
    assert run(["inspect", "x.qaad"]) == 1
    assert capsys.readouterr().err == (
        "qaad: error: unexpected ZeroDivisionError: integer division or modulo by zero\n"
        "hint: this is a bug; --debug shows where, please report it with that\n"
    )


def test_debug_shows_the_traceback_and_keeps_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise ThresholdMissed("mean em_kd is 0.002, above 0.001")

    monkeypatch.setattr("qaadcodec.cli.main.dispatch", fail)
    monkeypatch.setenv("QAAD_DEBUG", "1")
    assert run(["eval", "x.qaad"]) == 5
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):\n")
    assert shown.endswith("\nqaad: error: mean em_kd is 0.002, above 0.001\n")
    monkeypatch.setenv("QAAD_DEBUG", "0")
    assert run(["eval", "x.qaad"]) == 5
    assert capsys.readouterr().err == "qaad: error: mean em_kd is 0.002, above 0.001\n"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "qaad: error: interrupted\n"),
        (
            MemoryError(),
            1,
            "qaad: error: out of memory\nhint: use fewer points (--points), or a machine with more memory\n",
        ),
        (
            RuntimeError("can't start new thread"),
            1,
            "qaad: error: out of memory\nhint: use fewer points (--points), or a machine with more memory\n",
        ),
        (
            ImportError("libtorch_cpu.so: failed to map segment from shared object"),
            1,
            "qaad: error: out of memory\nhint: use fewer points (--points), or a machine with more memory\n",
        ),
        (
            ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"),
            1,
            "qaad: error: this needs torch, which is not installed\nhint: pip install torch\n",
        ),
        (
            FileNotFoundError(2, "No such file or directory", "a.ply"),
            1,
            "qaad: error: a.ply: no such file or directory\n",
        ),
    ],
)
def test_codes_of_what_is_not_ours(
    error: BaseException, code: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise error

    # What cannot be written any more is thrown away, which here would be pytest's own capture.
    monkeypatch.setattr("qaadcodec.cli.main.discard", lambda stream: None)
    monkeypatch.setattr("qaadcodec.cli.main.dispatch", fail)
    assert run([]) == code
    assert capsys.readouterr().err == message
