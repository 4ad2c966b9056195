"""Which format a file is of: by its suffix, or by its first bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from qaadcodec.clouds.formats import TABLE
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import plain_name, unpacked
from qaadcodec.errors import CloudError

BYTES_TO_RECOGNISE = 4096

# The suffixes that make a file of a folder a cloud, and all suffixes that a file may have that is named itself.
IN_FOLDERS = {suffix: format for format in TABLE.values() for suffix in format.suffixes}
NAMED = IN_FOLDERS | {suffix: format for format in TABLE.values() for suffix in format.named_suffixes}

_ZIP = b"PK\x03\x04"
_FOREIGN = {
    b"\x1f\x8b": ("gzip-compressed twice", "decompress it once: gunzip FILE"),
    b"\xfd7zXZ": ("xz-compressed", "decompress it first: xz -dc FILE | qaad … -"),
    b"(\xb5/\xfd": ("zstd-compressed", "decompress it first: zstd -dc FILE | qaad … -"),
}

_BY_CLOUDCOMPARE = "convert it first: CloudCompare -SILENT -O FILE -C_EXPORT_FMT PLY -SAVE_CLOUDS"
_BY_GMSH = "mesh it first: gmsh FILE -2 -o OUT.stl"
_BY_SLICER = "segment it first, in 3D Slicer for example, and export the surfaces as .vtp"
# How files that tell what they are by their suffix become something that is read.
CONVERTED = {
    **dict.fromkeys((".fbx", ".ptx", ".shp", ".dxf"), _BY_CLOUDCOMPARE),
    **dict.fromkeys((".stp", ".step", ".igs", ".iges", ".brep"), _BY_GMSH),
    **dict.fromkeys((".nii", ".nrrd", ".mha", ".dcm"), _BY_SLICER),
    **dict.fromkeys((".vtu", ".vts", ".vti", ".vtr", ".vtm"), "in ParaView, Extract Surface and save it as .vtp"),
    **dict.fromkeys((".blend", ".max", ".mb", ".c4d"), "export it as PLY from the program that it is of"),
    ".bag": "convert it first: rosrun pcl_ros bag_to_pcd FILE TOPIC OUT/",
}


def format_of_input(place: Place) -> CloudFormat:
    """The format of a file that was named itself: by its suffix, or by its first bytes where the suffix is unknown.

    A pipe has no suffix that counts. Of a file that is packed, the suffix in front of .gz counts, and the bytes that it
    unpacks to.
    """
    if known := NAMED.get(plain_name(place.name).suffix.lower()):
        return known
    with unpacked(place).opened() as stream:
        start = stream.read(BYTES_TO_RECOGNISE)
        if start.startswith(_ZIP) and (members := members_of(stream)) and (package := packaged(members)):
            return package
    try:
        return recognise(start, place.label)
    except CloudError as error:
        suffix = plain_name(place.name).suffix.lower()
        if start and suffix in CONVERTED:
            raise CloudError(f"{place.label}: qaad does not read {suffix} files", hint=CONVERTED[suffix]) from error
        raise


def members_of(stream: BinaryIO) -> list[str] | None:
    """The names of the members of a zip; None of what is no whole zip."""
    import zipfile  # imported when a zip is met, because most inputs are none

    try:
        with zipfile.ZipFile(stream) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None


def packaged(members: Sequence[str]) -> CloudFormat | None:
    """The format of which a zip with members of these names is a file; None where it is a zip of clouds."""
    return next((format for format in TABLE.values() if format.members and format.members(members)), None)


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
    raise CloudError(f"{label}: is not a cloud that qaad reads", hint=f"it reads {', '.join(TABLE)}")
