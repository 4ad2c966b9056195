"""Values of options: what is understood, and what is said about the rest; and how options reach a command together."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from qaadcodec.cli.options import (
    Ways,
    bundle,
    byte_count,
    duration,
    force_option,
    learning_options,
    limit,
    quiet_option,
    seed_number,
    seed_option,
    setting,
    ways,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("1h30m5s", 5405),
        ("1.5h", 5400),
        (".5m", 30),
        ("45", 45),
        ("2H", 7200),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "10x", "5m1h", "-3s", "1 h", "nan", "inf", "1e3s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration such as 10m, 90s or 1h30m"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("120000", 120000),
        ("20K", 20000),
        ("500k", 500000),
        ("1.5M", 1500000),
        (".5m", 500000),
        ("2G", 2 * 10**9),
        (" 30kB ", 30000),
        ("12B", 12),
        ("0.0015k", 2),
    ],
)
def test_sizes(text: str, count: int) -> None:
    assert byte_count(text) == count


@pytest.mark.parametrize(
    "text",
    ["", "0", "0K", "0.4", "-5", "x", "K", "20 K", "1e6", "20Ki", "20T", "1.2.3", "1.", "nan", "inf", 400 * "9"],
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a size such as 500K, 1\.5M or 120000"):
        byte_count(text)


def test_limits() -> None:
    assert limit("em_kd=0.001") == ("em_kd", 0.001)
    assert limit(" n_em_kd =2e-3") == ("n_em_kd", 0.002)


@pytest.mark.parametrize("text", ["em_kd", "em_kd=", "em_kd=low", "em_kd=nan", "0.001"])
def test_what_is_no_limit(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not of the form METRIC=VALUE, such as em_kd=0\.001"):
        limit(text)


def test_seeds() -> None:
    assert seed_number("0") == 0
    assert seed_number(str(2**63 - 1)) == 2**63 - 1
    for text in ("-1", str(2**63), "1.5", "x"):
        with pytest.raises(click.BadParameter, match=r"is not a whole number from 0 to 2\^63 - 1"):
            seed_number(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("0.5", 0.5),
        ("[64, 64]", [64, 64]),
        ('"adam"', "adam"),
        ("adam", "adam"),
        ("a=b", "a=b"),
        ("[6", "[6"),
    ],
)
def test_settings_are_json_or_else_text(text: str, value: object) -> None:
    assert setting(f"group.key={text}") == ("group.key", value)


@pytest.mark.parametrize("text", ["", "training.optimiser", "training.optimiser="])
def test_what_is_no_setting(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not of the form KEY=VALUE, such as assignment\.pair_swaps=false"):
        setting(text)


def test_options_of_a_bundle_reach_the_command_as_one_argument() -> None:
    got: list[Any] = []

    @click.command()
    @click.argument("what")
    @bundle(
        "pair",
        lambda given: (list(given), given["left"] + given["right"]),
        click.option("--left", type=int, default=1),
        click.option("--right", type=int, default=2),
    )
    @click.option("--other")
    def command(what: str, pair: tuple[list[str], int], other: str | None) -> None:
        got.append((what, pair, other))

    runner = CliRunner()
    assert runner.invoke(command, ["x", "--right", "5", "--other", "o"]).exit_code == 0
    assert runner.invoke(command, ["y"]).exit_code == 0
    assert got == [("x", (["left", "right"], 6), "o"), ("y", (["left", "right"], 3), None)]
    shown = runner.invoke(command, ["--help"]).output
    assert shown.index("--left") < shown.index("--right") < shown.index("--other")


def test_ways_are_those_that_a_command_has_options_for() -> None:
    got: list[Ways] = []

    @click.command()
    @ways(seed_option("Seed."), force_option, quiet_option)
    def few(ways: Ways) -> None:
        got.append(ways)

    @click.command()
    @learning_options
    def many(ways: Ways) -> None:
        got.append(ways)

    runner = CliRunner()
    assert runner.invoke(few, ["--seed", "7", "-f"]).exit_code == 0
    assert runner.invoke(few, ["--device", "cpu"]).exit_code == 2
    assert runner.invoke(many, ["--device", "cpu", "--skip-bad", "-v", "--json", "--debug"]).exit_code == 0
    assert got == [Ways(seed=7, force=True), Ways(device="cpu", skip_bad=True, verbose=True, as_json=True)]
