"""The sketches of a set's clouds, made when they are asked for; those of the first that are asked for are kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.progress import Run
from qaadcodec.sets.again import read_again
from qaadcodec.sets.sketch import Sketch
from qaadcodec.sets.survey import Survey, check_not_stopped

HELD = 256  # sketches that are kept


class Sketches:
    """Sketches of the clouds of a survey.

    Attributes:
        found: the survey.
        origin: coordinates of sketches count from here, (3,) in input units.
        known: the sketches that are kept, by cloud.
    """

    def __init__(self, found: Survey, run: Run) -> None:
        self.found, self.run = found, run
        self.origin: Doubles = np.median(np.array(found.boxes).mean(1), axis=0)
        self.known: dict[int, Sketch] = {}

    def __getitem__(self, cloud: int) -> Sketch:
        """The sketch of a cloud, in input units from the origin.

        Raises:
            ChangedError: the cloud is not what was surveyed; Interrupted: stopped.
        """
        check_not_stopped(self.run)
        if cloud in self.known:
            return self.known[cloud]
        rng = np.random.default_rng([self.run.seed, 7, cloud])
        sketch = Sketch(read_again(self.found, cloud).points - self.origin, rng)
        self._keep(cloud, sketch)
        return sketch

    def of_all(self, clouds: Sequence[int]) -> list[Sketch]:
        """The sketches of some clouds, which are asked for by all ranks: each makes some of them. Raises as above."""
        ranks = self.run.ranks
        made = ranks.gathered({cloud: self[cloud] for cloud in clouds[ranks.rank :: ranks.size]})
        every = {cloud: sketch for each in made for cloud, sketch in each.items()}
        for cloud, sketch in every.items():
            self._keep(cloud, sketch)
        return [every[cloud] for cloud in clouds]

    def _keep(self, cloud: int, sketch: Sketch) -> None:
        if len(self.known) < HELD:
            self.known[cloud] = sketch
