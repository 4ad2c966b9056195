"""What was found out about a set before it is learnt, as the part of a checkpoint: its poses, and what was noticed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from qaadcodec.archive import Poses
from qaadcodec.clouds import Normalisation
from qaadcodec.sets.align import Frame
from qaadcodec.sets.looks.finding import Finding
from qaadcodec.work.state import State


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A set that was looked at.

    Attributes:
        frame: the common frame of its clouds; None where they are learnt as they lie.
        findings: what was noticed, and has been told.
    """

    frame: Frame | None = None
    findings: list[Finding] = field(default_factory=list)

    def state(self) -> State:
        """For a checkpoint; a run that goes on need not look again."""
        numbers = {"findings": [asdict(finding) for finding in self.findings], "frame": None}
        if (frame := self.frame) is None:
            return State(numbers)
        poses, norm = frame.poses, frame.normalisation
        described = {
            "kind": poses.kind,
            "exponent": poses.exponent,
            "offset": norm.offset.tolist(),
            "scale": norm.scale,
        }
        arrays = {name: getattr(poses, name) for name in ("shifts", "turns", "scales")}
        return State(numbers | {"frame": described}, arrays)

    @classmethod
    def of(cls, state: State, clouds: int) -> LookedAt:
        """What `state` was made of, for a set of so many clouds.

        Raises:
            EnvironmentFailure: the checkpoint is damaged.
        """
        with state.going_on() as found:
            findings = [
                Finding(
                    told["kind"], told["text"], told["hint"], tuple((path, number) for path, number in told["clouds"])
                )
                for told in found.numbers["findings"]
            ]
            frame, described = None, found.numbers["frame"]
            if described is not None:
                shapes = {"shifts": (clouds, 3), "turns": (clouds, 3), "scales": (clouds,)}
                arrays = {name: found.array(name, np.empty(shape, np.int64)) for name, shape in shapes.items()}
                frame = Frame(
                    Normalisation(np.array(described["offset"]), described["scale"]),
                    Poses(described["kind"], described["exponent"], **arrays),
                )
        return cls(frame, findings)
