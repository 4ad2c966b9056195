"""Reading an archive: whatever is in it, finite numbers or an ArchiveError, and both decoders of one mind."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from fixtures.second_decoder import second_decoder

from qaadcodec.archive import ArchiveReader, Header, verify
from qaadcodec.archive.archive import Archive
from qaadcodec.codec.inspect import inspect
from qaadcodec.codec.open import OpenArchive
from qaadcodec.config.network import parameters, steps_per_point
from qaadcodec.errors import ArchiveError
from qaadcodec.report.inspection import inspection_lines

# Of archives beyond this, clouds are not decoded: they may ask for as much work as their length justifies.
STEPS, NUMBERS = 1 << 22, 1 << 14
# Where the maths stays within this, float32 comes so near to float64. Networks that were never trained cancel more than
# those of qaad-1.md, "Tolerance".
WITHIN, TOLERANCE, OCTAVES = 8.0, 2.0**-6, 8

Result = TypeVar("Result")


SECOND = second_decoder()


def read_archive(data: bytes) -> None:
    """Open, verify, inspect and decode a file, each as the commands do."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it would be printed
        reader = or_refused(lambda: ArchiveReader(io.BytesIO(data)))
        if reader is None:
            return
        for read in (lambda: reader.names, reader.weights, reader.input_cloud, reader.poses, reader.latents):
            or_refused(read)
        whole = or_refused(lambda: verify(io.BytesIO(data)))
        shown = or_refused(lambda: inspect(io.BytesIO(data)))  # type: ignore[arg-type]
        if shown is not None:
            json.dumps(shown.to_dict())
            assert all("\n" not in line for line in inspection_lines(shown, verbose=True))
        if whole is not None and is_small(reader.header):
            archive = OpenArchive(reader)
            for index in {0, len(archive) - 1}:
                points = or_refused(lambda index=index: archive.points(index))  # type: ignore[misc]
                assert points is None or np.isfinite(points).all()


def compare_decoders(data: bytes) -> None:
    """What is read of a file is the same, to the bit, in qaadcodec and decode_qaad.py; or both refuse it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # the second decoder lets numpy warn of what overflows
        reader = or_refused(lambda: ArchiveReader(io.BytesIO(data)))
        if reader is None:
            _must_be_refused(lambda: SECOND.read_file(data))
            return
        if not is_small(reader.header):
            return
        ours = or_refused(lambda: checked(data))
        if ours is None:
            _must_be_refused(lambda: SECOND.decode(data, 0))
            return
        theirs = _second_reading(data)
        _compare("names", ours.names, tuple(theirs["names"]))
        _compare("counts", ours.counts, tuple(theirs["counts"]))
        _compare("input cloud", ours.input_cloud, theirs["q"])
        _compare("latents", ours.latents, theirs["latents"])
        for name, tensor in ours.weights.items():
            _compare(name, tensor, theirs["weights"][name])
        _compare_points(OpenArchive(reader), theirs, SECOND.decode(data, 0))


def checked(data: bytes) -> Archive:
    """All of an archive, after it was verified."""
    verify(io.BytesIO(data))
    with ArchiveReader(io.BytesIO(data)) as reader:
        return reader.archive()


def _second_reading(data: bytes) -> dict[str, Any]:
    """What the second decoder reads on its way to the points."""
    header, sections = SECOND.read_file(data)
    net, clouds, points = header["network"], header["clouds"], header["points"]
    shapes = SECOND.tensor_shapes(net)
    coding, payload = sections[b"WGTS"]
    if coding == 4:
        weights = SECOND.read_coded_weights(payload, shapes)
    else:
        weights = SECOND.read_all(SECOND.Cursor(payload, "weights"), coding, shapes)
    coding, payload = sections[b"INPT"]
    cursor = SECOND.Cursor(payload, "input cloud")
    if coding == 5:
        small, rest = divmod(points, net["patches"])
        grid = SECOND.read_grid(cursor)
        q = SECOND.read_points(cursor, [small + (k < rest) for k in range(net["patches"])]) * grid
    else:
        q = SECOND.read_all(cursor, coding, {"q": (3, points)})["q"].T
    latents = SECOND.read_latents(sections[b"LATS"], clouds, net["latent_size"])
    names, counts = SECOND.read_names(sections[b"NAME"], clouds, points)
    return {"header": header, "weights": weights, "q": q, "latents": latents, "names": names, "counts": counts}


def _compare(what: str, ours: Any, theirs: Any) -> None:
    if isinstance(ours, tuple):
        assert ours == theirs, f"{what}: {ours} and {theirs}"
    else:
        assert np.array_equal(ours, np.asarray(theirs, np.float32)), f"{what} differs"


def _compare_points(archive: OpenArchive, theirs: dict[str, Any], decoded: Any) -> None:
    header = theirs["header"]
    folded = SECOND.fold(header["network"], theirs["weights"], theirs["q"], theirs["latents"][0])
    numbers = [*theirs["weights"].values(), theirs["q"], theirs["latents"], folded]
    if header["network"]["fourier_octaves"] > OCTAVES or max(np.abs(x).max() for x in numbers) > WITHIN:
        return
    points = or_refused(lambda: archive.points(0))
    if points is None:
        assert not np.isfinite(decoded).all(), "only one decoder finds points that are not finite"
        return
    size = 1.0 if (pose := archive.pose(0)) is None else pose.scale
    rounding = np.spacing(np.abs(decoded)).astype(float)
    near = np.abs(points.astype(float) - decoded) <= TOLERANCE * header["scale"] * size + 2 * rounding
    assert near.all(), (
        f"points differ by up to {np.abs(points - decoded).max()}, of a scale of {header['scale'] * size}"
    )


def is_small(header: Header) -> bool:
    """Whether decoding a cloud is little work."""
    network = header.network
    numbers = max(parameters(network), header.points, header.clouds * network.latent_size)
    return header.points * steps_per_point(network) <= STEPS and numbers <= NUMBERS


def _must_be_refused(read: Callable[[], object]) -> None:
    try:
        read()
    except SECOND.BadFile:
        return
    raise AssertionError("the second decoder reads what qaadcodec refuses")


def or_refused(read: Callable[[], Result]) -> Result | None:
    """What is read; None where it is refused with an error that names the file and says what to do."""
    try:
        return read()
    except ArchiveError as error:
        if not str(error).startswith("stream: "):
            raise AssertionError(f"the message does not begin with the file: {error}") from error
        return None
