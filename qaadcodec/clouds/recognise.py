"""Which format a file is of: by its suffix, or by its first bytes."""

from __future__ import annotations

from qaadcodec.clouds.formats import FORMATS, TABLE
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import plain_name, unpacked
from qaadcodec.errors import CloudError

BYTES_TO_RECOGNISE = 4096

# The suffixes that make a file of a folder a cloud, and all suffixes that a file may have that is named itself.
IN_FOLDERS = {suffix: format for format in TABLE.values() for suffix in format.suffixes}
NAMED = IN_FOLDERS | {suffix: format for format in TABLE.values() for suffix in format.named_suffixes}

_FOREIGN = {
    b"\x1f\x8b": ("gzip-compressed twice", "decompress it once: gunzip FILE"),
    b"\xfd7zXZ": ("xz-compressed", "decompress it first: xz -dc FILE | qaad … -"),
    b"(\xb5/\xfd": ("zstd-compressed", "decompress it first: zstd -dc FILE | qaad … -"),
    b"LASF": ("a LAS or LAZ file", "convert it to PLY first"),
    b"# .PCD": ("a PCD file", "convert it to PLY first"),
    b"solid ": ("an STL mesh", "convert it to PLY first"),
}


def format_of_input(place: Place) -> CloudFormat:
    """The format of a file that was named itself: by its suffix, or by its first bytes where the suffix is unknown.

    A pipe has no suffix that counts. Of a file that is packed, the suffix in front of .gz counts, and the bytes that it
    unpacks to.
    """
    if known := NAMED.get(plain_name(place.name).suffix.lower()):
        return known
    with unpacked(place).opened() as stream:
        return recognise(stream.read(BYTES_TO_RECOGNISE), place.label)


def recognise(start: bytes, label: str) -> CloudFormat:
    """The format of a file that begins so; CloudError if qaad does not read it."""
    for format in TABLE.values():
        if start.startswith(format.signatures):
            return format
    if not start:
        raise CloudError(f"{label}: is empty (0 bytes)")
    for signature, (what, hint) in _FOREIGN.items():
        if start.startswith(signature):
            raise CloudError(f"{label}: is {what}, which qaad does not read", hint=hint)
    for format in TABLE.values():
        if format.sniff and format.sniff(start):
            return format
    raise CloudError(f"{label}: is not a cloud that qaad reads", hint=f"it reads {', '.join(FORMATS)}")
