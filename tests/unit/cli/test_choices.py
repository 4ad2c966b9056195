"""What the options of single commands make: the request of `compress`, the clouds of `decode`, the errors of `eval`."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from qaadcodec.cli.compress import of_presets, request_options
from qaadcodec.cli.decode import which_options
from qaadcodec.cli.eval_metrics import Asked, asked_options
from qaadcodec.config import Request
from qaadcodec.errors import UsageError
from qaadcodec.metrics.names import MATCHED, METRICS, NEAREST


def parsed(options: Any, argument: str, line: str) -> Any:
    """What the options of a line come to, as the argument of a command."""
    got: list[Any] = []

    @click.command()
    @options
    def command(**values: Any) -> None:
        got.append(values[argument])

    outcome = CliRunner().invoke(command, line.split(), standalone_mode=False)
    if outcome.exception:
        raise outcome.exception
    return got[0]


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("", Request()),
        ("--preset paper --epochs 3 --points 50", Request(preset="paper", epochs=3, points=50)),
        ("--quality 40 --patches 9 --latent-size 5", Request(quality=40.0, patches=9, latent_size=5)),
        ("--target-size 20K --budget 1m30s", Request(target_bytes=20_000, budget_seconds=90.0)),
        ("--target-ratio 80", Request(target_ratio=80.0)),
        ("--target-error n_em_kd=0.004", Request(target_error=("n_em_kd", 0.004))),
        (
            "--set network.film=false --set training.optimiser=adam --set size.quality=null",
            Request(settings={"network.film": False, "training.optimiser": "adam", "size.quality": None}),
        ),
    ],
)
def test_the_request_of_the_options(line: str, request_: Request) -> None:
    assert parsed(request_options, "request", line) == request_


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("--quality 5 --target-size 20K", "--quality and --target-size"),
        ("--target-ratio 5 --target-error em_kd=1", "--target-ratio and --target-error"),
        ("--quality 0 --set size.error=1", "--quality and --set size.error"),
        ("--set size.quality=5 --set size.ratio=2", "--set size.quality and --set size.ratio"),
    ],
)
def test_two_aims_are_refused_by_the_names_of_their_options(line: str, flags: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(request_options, "request", line)
    assert str(caught.value) == f"{flags} exclude each other"
    assert caught.value.hint == "give one of --quality, --target-size, --target-ratio and --target-error"


def test_the_default_of_what_presets_decide() -> None:
    assert of_presets(lambda recipe: recipe.coding.price) == "[default: 3.0]"
    assert of_presets(lambda recipe: recipe.training.batch) == (
        "[default: the preset's: 4 for fast, 4 for default, 4 for max, 16 for paper]"
    )


@pytest.mark.parametrize(
    ("line", "which"),
    [
        ("--index 0", (0,)),
        ("-i 3 -i -1", (3, -1)),
        ("-i 0,1 -i -1,7", (0, 1, -1, 7)),
        ("--range 2:5", (slice(2, 5),)),
        ("--range : --range 0:9:2", (slice(None), slice(0, 9, 2))),
        ("--name sub/c --name b*", ("sub/c", "b*")),
        ("--all", None),
    ],
)
def test_the_clouds_that_are_chosen(line: str, which: object) -> None:
    assert parsed(which_options, "which", line) == which


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "no cloud was chosen"),
        ("--index 0 --all", "--index and --all exclude each other"),
        ("--name a --range 0:1", "--range and --name exclude each other"),
        ("-i 0 --range : --name a -a", "--index and --range and --name and --all exclude each other"),
    ],
)
def test_clouds_are_chosen_in_exactly_one_way(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(which_options, "which", line)
    assert str(caught.value) == message
    assert caught.value.hint == "give one of --index I, --range A:B, --name NAME and --all"


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("", Asked((*MATCHED, *NEAREST))),
        ("--dense d/ --dense e.ply", Asked(METRICS, dense=("d/", "e.ply"))),
        ("--metrics hausdorff,em_kd --metrics chamfer", Asked(("em_kd", "chamfer", "hausdorff"))),
        ("--metrics stray --dense d/", Asked(("stray",), dense=("d/",))),
        ("--dense d/ --fail-above stray=0.01", Asked(METRICS, (("stray", 0.01),), ("d/",))),
        ("--peak spacing --metrics d2_psnr", Asked(("d2_psnr",), peak="spacing")),
        ("--peak 1023", Asked((*MATCHED, *NEAREST), peak=1023.0)),
        ("--fail-above em_kd=1 --fail-above em_kd=2", Asked((*MATCHED, *NEAREST), (("em_kd", 1.0), ("em_kd", 2.0)))),
    ],
)
def test_the_errors_that_are_measured(line: str, asked: Asked) -> None:
    assert parsed(asked_options, "asked", line) == asked


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--metrics emd", "unknown metric 'emd'"),
        ("--fail-above emd=1", "unknown metric 'emd'"),
        ("--metrics stray,off_rms", "off_rms, stray cannot be measured without a dense reference"),
        ("--fail-above stray=0.01", "--fail-above stray=0.01 needs --dense"),
        ("--metrics em_kd --fail-above stray=0.01", "--fail-above stray=0.01 needs stray among the --metrics"),
        (
            "--metrics em_kd --dense d/",
            "the dense reference is for off_rms, off_p99, off_max, cover_rms, cover_p99, cover_max, stray, "
            "and none of them is among the metrics asked for",
        ),
    ],
)
def test_errors_that_cannot_be_measured(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(asked_options, "asked", line)
    assert str(caught.value) == message
