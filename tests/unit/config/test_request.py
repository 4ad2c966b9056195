"""A request: what it makes of its preset, what it refuses at once, and the text that an archive keeps of it."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from qaadcodec.config import PRESETS, Request, SizeConfig, TrainingConfig, preset
from qaadcodec.config.request import LONGEST_TEXT
from qaadcodec.errors import UsageError

AIMS: list[tuple[dict[str, Any], SizeConfig]] = [
    ({"quality": 20.0}, SizeConfig(quality=20.0)),
    ({"target_bytes": 5000}, SizeConfig(bytes=5000)),
    ({"target_ratio": 12.5}, SizeConfig(ratio=12.5)),
    ({"target_error": ("n_em_kd", 1e-3)}, SizeConfig(metric="n_em_kd", error=1e-3)),
]


@pytest.mark.parametrize("name", PRESETS)
def test_with_nothing_else_it_is_the_preset(name: str) -> None:
    assert Request(preset=name).recipe() == PRESETS[name]
    assert Request(preset=name).fixed == frozenset()
    assert Request().preset == "default"


def test_options_replace_what_the_preset_has_and_nothing_else() -> None:
    base = preset("fast")
    changed = Request(preset="fast", points=99, latent_size=8, patches=4, epochs=7, budget_seconds=2.5).recipe()
    assert changed.network == replace(base.network, latent_size=8, patches=4)
    assert changed.training == replace(base.training, epochs=7)
    assert (changed.assignment, changed.coding, changed.size) == (base.assignment, base.coding, base.size)


def test_settings_change_the_preset_and_options_come_after_them() -> None:
    request = Request(latent_size=5, settings={"network.latent_size": 9, "training.epochs": 7, "network.film": False})
    assert (request.recipe().network.latent_size, request.recipe().network.film) == (5, False)
    assert request.recipe().training == TrainingConfig(epochs=7)


def test_what_is_given_of_the_network_is_remembered() -> None:
    """A quality or a target chooses the rest."""
    assert Request(epochs=7, points=50).fixed == frozenset()
    assert Request(patches=64).fixed == {"patches"}  # even where it is what there was
    settings = {"network.head_widths": [8], "training.epochs": 7, "network.film": True}
    assert Request(settings=settings).fixed == {"head_widths", "film"}
    assert Request(latent_size=5, patches=3, settings=settings).fixed == {
        "head_widths",
        "film",
        "latent_size",
        "patches",
    }


@pytest.mark.parametrize(("aims", "size"), AIMS, ids=str)
def test_a_quality_or_a_target_takes_the_place_of_the_presets_quality(aims: dict[str, Any], size: SizeConfig) -> None:
    recipe = Request(patches=4, **aims).recipe()
    assert recipe == replace(Request(patches=4).recipe(), size=size)
    assert recipe.size.chooses


def test_a_metric_that_was_set_stays_where_none_is_given() -> None:
    settings = {"size.metric": "n_em_kd"}
    assert Request(quality=20.0, settings=settings).recipe().size == SizeConfig(quality=20.0, metric="n_em_kd")
    assert Request(target_error=("em_kd", 1.0), settings=settings).recipe().size.metric == "em_kd"


def test_the_presets_quality_can_be_taken_away() -> None:
    request = Request(settings={"size.quality": None})
    assert request.recipe() == replace(preset("default"), size=SizeConfig())
    assert not request.recipe().size.chooses
    assert replace(request, target_bytes=900).recipe().size == SizeConfig(bytes=900)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"preset": "best"}, "unknown preset 'best'; presets are fast, default, max, paper"),
        ({"points": 1}, "points is 1, and must be at least 2"),
        ({"budget_seconds": 0.0}, "budget is 0.0, and must be above 0 seconds"),
        ({"budget_seconds": math.nan}, "budget is nan, and must be above 0 seconds"),
        ({"patches": 0}, "patches is 0, and must be from 1 to 65536"),
        ({"latent_size": 5000}, "latent size is 5000, and must be from 1 to 4096"),
        ({"epochs": 0}, "epochs is 0, and must be at least 1"),
        ({"quality": 101.0}, "quality is 101.0, and must be from 0 to 100"),
        ({"target_bytes": 0}, "target size is 0, and must be at least 1 byte"),
        ({"target_ratio": -2.0}, "target ratio is -2.0, and must be above 0"),
        ({"target_error": ("emd", 1.0)}, 'metric is \'emd\', and must be "em_kd" or "n_em_kd"'),
        ({"target_error": ("em_kd", 0.0)}, "target error is 0.0, and must be above 0"),
        ({"settings": {"network.patchs": 3}}, "there is no setting 'network.patchs'"),
        ({"settings": {"network.film": 1}}, "film is 1, and must be true or false"),
        ({"target_bytes": 5000, "target_ratio": 3.0}, "size.bytes and size.ratio exclude each other"),
        ({"quality": 50.0, "target_error": ("em_kd", 1.0)}, "size.quality and size.error exclude each other"),
        ({"quality": 50.0, "settings": {"size.ratio": 3.0}}, "size.quality and size.ratio exclude each other"),
        ({"settings": {"size.quality": 5, "size.bytes": 900}}, "size.quality and size.bytes exclude each other"),
        ({"settings": {"size.bytes": 900, "size.error": 1.0}}, "size.bytes and size.error exclude each other"),
        ({"target_ratio": 3.0, "settings": {"size.error": 1.0}}, "size.ratio and size.error exclude each other"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_at_once(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Request(**values)
    assert str(caught.value) == message
    if "exclude" in message:
        assert caught.value.hint == "give one quality or target"


@pytest.mark.parametrize("aims", [aims for aims, _ in AIMS], ids=str)
def test_uniform_numbers_have_no_quality(aims: dict[str, Any]) -> None:
    """Their bits are what they are."""
    preset = r'^the preset paper has coding.numbers="uniform", and a quality or a target takes "entropy"$'
    with pytest.raises(UsageError, match=preset):
        Request(preset="paper", **aims)
    with pytest.raises(UsageError, match=preset):
        Request(preset="paper", settings={"size.quality": 50})
    with pytest.raises(UsageError, match=r"^numbers is 'uniform', and must be \"entropy\" for a quality or a target$"):
        Request(settings={"coding.numbers": "uniform"}, **aims)
    assert Request(preset="paper", settings={"coding.numbers": "entropy"}, **aims).recipe().size.chooses


def test_it_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Request().quality = 5  # type: ignore[misc]


@pytest.mark.parametrize("aims", [{}, *(aims for aims, _ in AIMS), {"settings": {"size.bytes": 900}}], ids=str)
def test_the_same_request_at_another_quality(aims: dict[str, Any]) -> None:
    """Everything else stays; its quality or target gives way."""
    settings = {"network.film": False, "size.metric": "n_em_kd", **aims.get("settings", {})}
    asked = Request(preset="fast", points=50, epochs=3, patches=9, **{**aims, "settings": settings})
    at = asked.at(45.0)
    wanted = Request(preset="fast", points=50, epochs=3, patches=9, quality=45.0, settings={"network.film": False})
    assert at == wanted
    assert at.recipe().size == SizeConfig(quality=45.0)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (Request(), "default"),
        (
            Request(preset="paper", points=50, latent_size=3, patches=4, epochs=9, budget_seconds=5.0),
            "paper training.epochs=9",
        ),
        (Request(quality=40.0), "default size.quality=40"),
        (Request(quality=62.5), "default size.quality=62.5"),
        (Request(preset="max", target_bytes=20_000), "max size.bytes=20000"),
        (Request(target_ratio=80.0), "default size.ratio=80"),
        (Request(target_ratio=math.inf), "default size.ratio=Infinity"),
        (Request(target_error=("n_em_kd", 0.004)), 'default size.error=0.004 size.metric="n_em_kd"'),
        (
            Request(preset="fast", settings={"assignment.pair_swaps": False, "network.head_widths": [8]}),
            "fast assignment.pair_swaps=false network.head_widths=[8]",
        ),
        (
            Request(quality=40, settings={"network.film": False, "training.optimiser": "adam"}),
            'default size.quality=40 network.film=false training.optimiser="adam"',
        ),
        (Request(settings={"size.quality": None}), "default size.quality=null"),
    ],
    ids=str,
)
def test_the_text_that_an_archive_keeps(request_: Request, text: str) -> None:
    """What is not told by other parts of the header: preset, quality or target, and single settings."""
    assert str(request_) == text


def test_the_text_fits_into_the_header() -> None:
    settings = {f"training.{name}": value for name, value in TrainingConfig().to_dict().items()}
    request = Request(settings={**settings, "network.shared_widths": 16 * [1000]})
    text = str(request)
    assert len(text) == LONGEST_TEXT == 256
    assert text.startswith("default training.epochs=1200 training.batch=4 ")
    with pytest.raises(UsageError, match=r"^the text of a request may be cut: it has 256 characters$"):
        Request.of_text(text)


def test_a_text_that_ends_within_a_number_is_not_taken_for_another_number() -> None:
    widths = {"network.shared_widths": [8] * 16, "network.head_widths": [8] * 16}
    rates = {"training.points_per_step": 2048, "training.learning_rate": 0.00123456789}
    text = str(Request(quality=40, settings=widths | rates | {"assignment.greedy_leaf": 1024}))
    assert text.endswith(" assignment.greedy_leaf=10")
    with pytest.raises(UsageError, match=r"^the text of a request may be cut"):
        Request.of_text(text)


def test_an_alignment_is_kept_in_the_text_and_comes_back() -> None:
    asked = Request(align="rigid", epochs=3)
    assert str(asked) == 'default clouds.align="rigid" training.epochs=3'
    assert Request.of_text(str(asked)).recipe() == asked.recipe()
    assert Request().recipe().clouds.align == "auto"
    assert Request(preset="paper").recipe().clouds.align == "none"
    with pytest.raises(UsageError, match="align is 'affine', and must be none or shift or rigid or similarity or auto"):
        Request(align="affine")


def test_rows_are_kept_in_the_text_and_come_back() -> None:
    asked = Request(rows="material")
    assert str(asked) == 'default assignment.rows="material"'
    assert Request.of_text(str(asked)).recipe() == asked.recipe()
    assert Request().recipe().assignment.rows == "even"
    with pytest.raises(UsageError, match="rows is 'odd', and must be even or material"):
        Request(rows="odd")
    with pytest.raises(
        UsageError, match=r"rows is 'material', and must be even where registration, .* is false, as in"
    ):
        Request(rows="material", preset="paper")


def test_material_rows_have_settings_of_their_own_unless_others_are_given() -> None:
    even, material = Request().recipe(), Request(rows="material").recipe()
    assert (material.training.across, material.coding.loss) == (10.0, 1.0) != (even.training.across, even.coding.loss)
    assert Request(settings={"assignment.rows": "material"}).recipe() == material
    given = Request(rows="material", settings={"training.across": 4.0}).recipe()
    assert (given.training.across, given.coding.loss) == (4.0, 1.0)
    assert Request(rows="even").recipe() == even
