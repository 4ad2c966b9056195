"""Bytes <-> Archive, by the format that formats/qaad-1.md specifies. Needs numpy, zlib and constriction only.

Writing goes from `encode` (writer.py) to an `Encoded` archive (encoded.py), which writes itself. Reading goes through
`ArchiveReader` (reader.py). Both meet in frame.py, header.py and contents.py, and in the files of sections/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qaadcodec.lazy import index

if TYPE_CHECKING:
    from qaadcodec.archive.archive import Archive
    from qaadcodec.archive.coding.codings import coding_name
    from qaadcodec.archive.coding.grids import Grids, storable
    from qaadcodec.archive.contents import CONTENTS
    from qaadcodec.archive.encoded import Encoded
    from qaadcodec.archive.frame import Section
    from qaadcodec.archive.header import MAX_POINTS, Header
    from qaadcodec.archive.reader import ArchiveReader
    from qaadcodec.archive.sections.names import storable_names
    from qaadcodec.archive.sections.poses import Poses, PoseValues
    from qaadcodec.archive.verify import Check, checks_of, verify
    from qaadcodec.archive.writer import NewClouds, check_extendable, encode, extend

__all__ = [
    "CONTENTS",
    "MAX_POINTS",
    "Archive",
    "ArchiveReader",
    "Check",
    "Encoded",
    "Grids",
    "Header",
    "NewClouds",
    "PoseValues",
    "Poses",
    "Section",
    "check_extendable",
    "checks_of",
    "coding_name",
    "encode",
    "extend",
    "storable",
    "storable_names",
    "verify",
]

index(
    __name__,
    {
        "CONTENTS": "contents",
        "MAX_POINTS": "header",
        "Archive": "archive",
        "ArchiveReader": "reader",
        "Check": "verify",
        "Encoded": "encoded",
        "Grids": "coding.grids",
        "Header": "header",
        "NewClouds": "writer",
        "PoseValues": "sections.poses",
        "Poses": "sections.poses",
        "Section": "frame",
        "check_extendable": "writer",
        "checks_of": "verify",
        "coding_name": "coding.codings",
        "encode": "writer",
        "extend": "writer",
        "storable": "coding.grids",
        "storable_names": "sections.names",
        "verify": "verify",
    },
)
