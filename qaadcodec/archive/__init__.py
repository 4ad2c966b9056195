"""Bytes <-> Archive, by the format that formats/qaad-1.md specifies. numpy, zlib and constriction only."""

from qaadcodec.archive.archive import Archive
from qaadcodec.archive.coding.codings import coding_name
from qaadcodec.archive.coding.grids import Grids, storable
from qaadcodec.archive.frame import Section
from qaadcodec.archive.header import MAX_POINTS, Header
from qaadcodec.archive.reader import CONTENTS, ArchiveReader
from qaadcodec.archive.sections.names import storable_names
from qaadcodec.archive.verify import Check, checks_of, verify
from qaadcodec.archive.writer import check_extendable, extend_archive, quantise, write_archive

__all__ = [
    "CONTENTS",
    "MAX_POINTS",
    "Archive",
    "ArchiveReader",
    "Check",
    "Grids",
    "Header",
    "Section",
    "check_extendable",
    "checks_of",
    "coding_name",
    "extend_archive",
    "quantise",
    "storable",
    "storable_names",
    "verify",
    "write_archive",
]
