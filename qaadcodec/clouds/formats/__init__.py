"""The cloud formats, by suffix and by content."""

from __future__ import annotations

from pathlib import Path

from qaadcodec.clouds.formats.xyz import looks_like_text
from qaadcodec.errors import CloudError, UsageError

FORMATS = ("ply", "npy", "npz", "h5", "xyz")

# Suffixes that make a file of a folder a cloud. Of .txt, .csv and the like only those are read that are named
# themselves, for in a folder of scans they tend to be about the scans.
SUFFIXES = {".ply": "ply", ".npy": "npy", ".npz": "npz", ".h5": "h5", ".hdf5": "h5", ".xyz": "xyz"}
_MORE_SUFFIXES = {".txt": "xyz", ".csv": "xyz", ".asc": "xyz", ".hdf": "h5"}

_SIGNATURES = {b"ply\n": "ply", b"ply\r": "ply", b"\x93NUMPY": "npy", b"PK\x03\x04": "npz", b"\x89HDF\r\n\x1a\n": "h5"}
_FOREIGN = {
    b"\x1f\x8b": ("gzip-compressed", "decompress it first: gunzip -c FILE | qaad … -"),
    b"\xfd7zXZ": ("xz-compressed", "decompress it first: xz -dc FILE | qaad … -"),
    b"(\xb5/\xfd": ("zstd-compressed", "decompress it first: zstd -dc FILE | qaad … -"),
    b"LASF": ("a LAS or LAZ file", "convert it to PLY first"),
    b"# .PCD": ("a PCD file", "convert it to PLY first"),
    b"solid ": ("an STL mesh", "convert it to PLY first"),
}


def format_of(path: str | Path) -> str:
    """The format that the suffix of a path to be written stands for; UsageError lists the suffixes there are."""
    suffix = Path(path).suffix.lower()
    try:
        return (SUFFIXES | _MORE_SUFFIXES)[suffix]
    except KeyError:
        known = " ".join(SUFFIXES)
        raise UsageError(
            f"no cloud format has the suffix {suffix!r} of {path}" if suffix else f"{path} has no suffix",
            hint=f"name it with one of {known}, or give --format",
        ) from None


def sniff(start: bytes, label: str) -> str:
    """The format of a file without a telling suffix, by its first bytes; CloudError if it is none of ours."""
    for signature, format in _SIGNATURES.items():
        if start.startswith(signature):
            return format
    if not start:
        raise CloudError(f"{label}: is empty (0 bytes)")
    for signature, (what, hint) in _FOREIGN.items():
        if start.startswith(signature):
            raise CloudError(f"{label}: is {what}, which qaad does not read", hint=hint)
    if looks_like_text(start):
        return "xyz"
    raise CloudError(f"{label}: is not a cloud that qaad reads", hint=f"it reads {', '.join(FORMATS)}")


def input_format(path: Path, start: bytes, label: str) -> str:
    """The format of a file that was named itself: by its suffix, else by its first bytes."""
    return (SUFFIXES | _MORE_SUFFIXES).get(path.suffix.lower()) or sniff(start, label)
