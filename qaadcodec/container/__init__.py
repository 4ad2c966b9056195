"""Bytes <-> Archive, by the format that formats/qaad-1.md specifies. numpy, zlib and constriction only."""

from qaadcodec.container.archive import Archive
from qaadcodec.container.codings import coding_name
from qaadcodec.container.header import MAX_POINTS, Header
from qaadcodec.container.layout import Section
from qaadcodec.container.names import storable_names
from qaadcodec.container.reader import CONTENTS, ArchiveReader
from qaadcodec.container.steps import Steps, storable
from qaadcodec.container.verify import Check, checks_of, verify
from qaadcodec.container.writer import check_extendable, extend_archive, quantise, write_archive

__all__ = [
    "CONTENTS",
    "MAX_POINTS",
    "Archive",
    "ArchiveReader",
    "Check",
    "Header",
    "Section",
    "Steps",
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
