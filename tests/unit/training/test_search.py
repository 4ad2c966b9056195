"""Growing until an error is reached: which qualities are learnt, for how long, and what is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from qaadcodec.config.sizing import sized

from qaadcodec.config import CompressConfig, SizeConfig, aimed, preset
from qaadcodec.metrics.sampled import SampledError
from qaadcodec.progress import Notice, StopRequest
from qaadcodec.training import search
from qaadcodec.training.search import QUALITIES, learn_as_asked

CLOUDS, POINTS = 20, 1000
GATHERED: Any = SimpleNamespace(store=SimpleNamespace(points=np.zeros((CLOUDS, POINTS, 3), np.float32)))


@dataclass
class Learning:
    """In place of `learn`: what it was asked for, and an error that halves from call to call."""

    after: Callable[[], None] = lambda: None
    configs: list[CompressConfig] = field(default_factory=list)
    deadlines: list[float | None] = field(default_factory=list)

    def __call__(
        self, gathered: Any, config: CompressConfig, device: str, deadline: float | None, *listening: Any
    ) -> Any:
        assert gathered is GATHERED
        self.configs.append(config)
        self.deadlines.append(deadline)
        self.after()
        em_kd = 0.8 * 0.5 ** len(self.configs)
        return SimpleNamespace(error=SampledError(em_kd, 10 * em_kd, 8), turn=len(self.configs))


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Learning:
    taken = Learning()
    monkeypatch.setattr(search, "learn", taken)
    return taken


def config_for(**aims: Any) -> CompressConfig:
    return aimed(preset("default").with_overrides(latent_size=7), **aims)


def qualities(learning: Learning) -> list[float | None]:
    return [config.size.quality for config in learning.configs]


@pytest.mark.parametrize("aims", [{"quality": 30.0}, {"bytes": 9000}, {"ratio": 25.0}, {}], ids=str)
def test_without_an_error_it_is_learnt_once(learning: Learning, heard: Any, aims: dict[str, Any]) -> None:
    config = config_for(**aims)
    learned, used = learn_as_asked(GATHERED, config, "cpu", 12.5, heard, None)
    assert used == sized(config, CLOUDS, POINTS)
    assert learning.configs == [used]
    assert learning.deadlines == [12.5]
    assert learned.turn == 1
    assert heard.events == []


@pytest.mark.parametrize(
    ("metric", "wanted", "turns"),
    [("em_kd", 0.5, 1), ("em_kd", 0.4, 1), ("em_kd", 0.2, 2), ("em_kd", 0.11, 3), ("n_em_kd", 2.0, 2)],
)
def test_the_first_quality_that_reaches_it_is_the_last(
    learning: Learning, heard: Any, metric: str, wanted: float, turns: int
) -> None:
    config = config_for(metric=metric, error=wanted)
    learned, used = learn_as_asked(GATHERED, config, "cpu", None, heard, None)
    assert qualities(learning) == list(QUALITIES[:turns])
    assert learned.turn == turns
    assert used == learning.configs[-1]
    for made, quality in zip(learning.configs, QUALITIES, strict=False):
        plain = replace(config, size=SizeConfig(quality=quality, given=("latent_size",)))
        assert made == sized(plain, CLOUDS, POINTS)
    assert learning.deadlines == turns * [None]
    factor = 1 if metric == "em_kd" else 10
    assert heard.events == [
        Notice(f"quality {QUALITIES[i]:g}: {metric} {0.4 * factor / 2**i:.4g}, {wanted:g} is wanted: going on")
        for i in range(turns - 1)
    ]


def test_an_error_that_none_reaches_is_warned_of(learning: Learning, heard: Any) -> None:
    learned, _ = learn_as_asked(GATHERED, config_for(metric="em_kd", error=1e-3), "cpu", None, heard, None)
    assert qualities(learning) == list(QUALITIES)
    assert learned.turn == len(QUALITIES)
    assert heard.events[-1] == Notice("quality 100: em_kd 0.05, 0.001 is wanted; it was not reached", warning=True)
    assert [event.warning for event in heard.events] == [False, False, False, True]


def test_a_stop_keeps_what_there_is(learning: Learning, heard: Any) -> None:
    stop = StopRequest()
    learning.after = lambda: stop.set() if len(learning.configs) == 2 else None
    learned, _ = learn_as_asked(GATHERED, config_for(metric="em_kd", error=1e-3), "cpu", None, heard, stop)
    assert learned.turn == 2
    assert heard.notices[-1] == "quality 45: em_kd 0.2, 0.001 is wanted; it was not reached"


def test_a_budget_is_shared(learning: Learning, heard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each quality may take its part of what is left: what one does not need is for the others."""
    now = [100.0]
    took = iter((25.0, 5.0, 35.0, 35.0))

    def work() -> None:
        now[0] += next(took)

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    learning.after = work
    config = replace(config_for(metric="em_kd", error=1e-3), budget_seconds=100.0)
    learn_as_asked(GATHERED, config, "cpu", 200.0, heard, None)
    assert [made.budget_seconds for made in learning.configs] == [25.0, 25.0, 35.0, 35.0]
    assert learning.deadlines == [125.0, 150.0, 165.0, 200.0]


def test_a_budget_that_is_over_is_no_error(learning: Learning, heard: Any) -> None:
    """Reading the clouds took all of it: one quality is learnt as well as nothing allows, and that is the end."""
    config = replace(config_for(metric="em_kd", error=1e-3), budget_seconds=1.0)
    learned, _ = learn_as_asked(GATHERED, config, "cpu", time.monotonic() - 5.0, heard, None)
    assert qualities(learning) == [QUALITIES[0]]
    assert 0 < (learning.configs[0].budget_seconds or 0) < 0.01
    assert learned.turn == 1
    assert heard.notices == ["quality 20: em_kd 0.4, 0.001 is wanted; it was not reached"]
