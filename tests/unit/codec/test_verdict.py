"""What is said of a result: too few epochs, an error that still falls, a size, no likeness, clouds that are worst."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qaadcodec.codec.verdict import ALIKE, BETTER, SAMPLING, epochs, falling, size, unlike, worst
from qaadcodec.metrics.em_kd import em_kd
from qaadcodec.training.course import Course
from qaadcodec.training.likeness import Likeness


def gaining(share: float) -> Likeness:
    """Latents that leave this share of the error of one cloud for all."""
    return Likeness(np.full(4, 0.1 * share), np.full(4, 0.1))


@pytest.mark.parametrize(("done", "planned"), [(1, 1), (2, 2), (108, 1200), (24, 1200), (1, 50)])
def test_epochs_enough(done: int, planned: int) -> None:
    assert epochs(done, planned, stopped=False) is None


def test_few_epochs() -> None:
    finding = epochs(23, 1200, stopped=False)
    assert finding is not None
    assert finding.kind == "epochs"
    assert finding.text == "the budget ended after 23 of 1200 epochs; the clouds will lack their detail"
    assert finding.hint == "--budget or --epochs gives it more time"
    stopped = epochs(0, 3, stopped=True)
    assert stopped is not None
    assert stopped.text == "it was stopped before every cloud was shown once; the clouds will look much alike"


def test_an_error_that_still_falls() -> None:
    course = Course([(k / 10, 2.0 ** -(k / 2)) for k in range(11)])  # an eighth of it was left halfway
    finding = falling(course.fell_to)
    assert finding is not None
    assert finding.kind == "falling"
    assert finding.text == "the error was still falling fast: it came down to 0.18 of what it was halfway"


def test_an_error_that_falls_as_they_do() -> None:
    """By a power law, as measured: with the root of the epochs."""
    assert falling(Course([(k / 20, k**-0.5) for k in range(1, 21)]).fell_to) is None
    assert falling(None) is None


def test_an_archive_larger_than_its_input() -> None:
    assert size(43200, 43200) is None
    finding = size(1200, 43200)
    assert finding is not None
    assert finding.kind == "size"
    assert finding.text == "the archive takes 43200 bytes, and the positions of the clouds take 1200 as float32"


@pytest.mark.parametrize(
    ("n_em_kd", "points", "gained", "said"),
    [
        (0.002, 16384, 1.0, False),  # all clouds are alike, and come back alike
        (0.0099, 16384, 1.0, False),
        (0.0134, 2048, 0.64, True),  # 24 faces, 5 epochs
        (0.0092, 2048, 0.44, False),  # 24 faces, 15 epochs
        (0.0223, 2048, 0.28, False),  # 24 bodies, 5 epochs
        (0.0774, 2048, 0.78, True),  # 24 bodies, 1 epoch
        (0.0227, 2048, 1.08, True),  # 24 faces, 1 epoch
        (0.02, 600, 0.9, False),  # what two samplings of so few points have
        (0.12, 16384, 0.1, True),  # no likeness, though it tells clouds apart
        (5e5, 600, 0.04, True),
        (0.9, 3, 1.0, False),
    ],
)
def test_a_likeness(n_em_kd: float, points: int, gained: float, said: bool) -> None:
    finding = unlike(n_em_kd, points, gaining(gained))
    assert (finding is not None) is said
    if finding is not None:
        assert finding.kind == "likeness"
        alone = f"what comes back is hardly a likeness: nEM-kD is {100 * n_em_kd:.3g} %"
        mean = "do as well" if gained > 1 else f"have {1 / gained:.2g} times the error"
        also = f", and one mean cloud for all would {mean}" if gained > ALIKE else ""
        assert finding.text == alone + also
        assert finding.hint == BETTER


def test_without_time_to_compare_only_what_is_far_off_is_said() -> None:
    assert unlike(0.09, 16384, Likeness()) is None
    assert unlike(0.11, 16384, Likeness()) is not None


def test_the_sphere_that_the_limit_is_of() -> None:
    """What two samplings of it have is below the limit, and above the asymptote."""
    points, found = 500, []
    for seed in range(6):
        clouds = np.random.default_rng(seed).normal(size=(2, points, 3))
        clouds /= np.linalg.norm(clouds, axis=2, keepdims=True)
        found.append(em_kd(*clouds.astype(np.float32)))
    assert 1.0 < np.mean(found) / (2 * math.log(points) / points) < SAMPLING


def test_the_worst_clouds_are_named() -> None:
    own = np.array([0.002, 0.002, 0.12, 0.003, 0.05])
    finding = worst(list("abcde"), Likeness(own, own))
    assert finding is not None
    assert finding.kind == "worst"
    assert finding.text == ("2 of 5 clouds come back much worse than most: c (12 %), e (5 %), the median is 0.3 %")
    assert finding.clouds == (("c", 0.12), ("e", 0.05))
    assert worst(list("abcde"), Likeness(own / 20, own)) is None  # the worst of them is good
    assert worst(list("abcde"), Likeness()) is None
