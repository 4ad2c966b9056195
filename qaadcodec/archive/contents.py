"""The sections that an archive consists of: their tags, and the codings that each of them may have."""

from __future__ import annotations

from collections.abc import Sequence

from qaadcodec.archive.coding.codings import CODINGS, DEFLATE_ID, ENTROPY_ID, POINTS_ID, POSES_ID, coding_name
from qaadcodec.archive.faults import DAMAGED
from qaadcodec.archive.frame import Section
from qaadcodec.errors import ArchiveError

WEIGHTS, INPUT_CLOUD, LATENTS, POSES, NAMES = "WGTS", "INPT", "LATS", "POSE", "NAME"
CONTENTS = {WEIGHTS: "weights", INPUT_CLOUD: "input cloud", LATENTS: "latents", POSES: "poses", NAMES: "names"}
OPTIONAL = {POSES}
KNOWN_CODINGS = {
    WEIGHTS: {*CODINGS, ENTROPY_ID},
    INPUT_CLOUD: {*CODINGS, POINTS_ID},
    LATENTS: {*CODINGS, ENTROPY_ID},
    POSES: {POSES_ID},
    NAMES: {DEFLATE_ID},
}
NEWER = "a newer qaad may read it"


def known_sections(name: str, sections: Sequence[Section]) -> dict[str, Section]:
    """The sections of the file of that name, by tag; ancillary ones that are not known are among them.

    Raises:
        ArchiveError: one that has to be there is missing, one has a coding that is not known there, or a critical
            section is not known.
    """
    found = {section.tag: section for section in sections}
    for section in sections:
        if section.critical and section.tag not in CONTENTS:
            raise ArchiveError(f"{name}: {section} is unknown, and needed to decode", hint=NEWER)
    for tag, content in CONTENTS.items():
        if tag not in found:
            if tag in OPTIONAL:
                continue
            raise ArchiveError(f"{name}: has no section {tag} ({content})", hint=DAMAGED)
        known = KNOWN_CODINGS[tag]
        if found[tag].coding not in known:
            raise ArchiveError(
                f"{name}: {found[tag]} has {coding_name(found[tag].coding)}; "
                f"this reader knows {', '.join(coding_name(i) for i in sorted(known))} there",
                hint=NEWER,
            )
    return found
