"""What happens to clouds before they are learnt."""

from __future__ import annotations

from dataclasses import dataclass

from qaadcodec.config.checks import Settings, require

ALIGNMENTS = ("none", "shift", "rigid", "similarity", "auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudsConfig(Settings):
    """What happens to clouds before they are learnt.

    Attributes:
        align: the pose of each cloud that is found, taken out before learning and kept beside it (`--align`): "none"; a
            "shift"; "rigid", a shift and a turn; "similarity", which scales, too; "auto" for a shift or a similarity
            where the clouds then lie clearly better over each other, and none elsewhere.
    """

    align: str = "auto"

    def __post_init__(self) -> None:
        require(self.align in ALIGNMENTS, "align", self.align, " or ".join(ALIGNMENTS))
