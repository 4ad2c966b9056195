"""LZF, by which PCD files are packed (Lehmann, liblzf): runs of bytes, and repetitions of what came before."""

from __future__ import annotations

from qaadcodec.clouds.packed import check_claim
from qaadcodec.errors import CloudError


def unpacked(data: bytes, size: int, label: str) -> bytes:
    """The bytes that packed data stands for.

    A first byte c below 32 is followed by c + 1 bytes as they are. Any other is a repetition of c / 32 + 2 bytes, or of
    one further byte + 9 where c / 32 is 7, from as far back as the low bits of c and the next byte say, plus one.

    Args:
        size: how many there should be.

    Raises:
        CloudError: there are more or fewer, or more than any format may unpack to; a repetition reaches back before
            the beginning.
    """
    check_claim(size, len(data), label)
    out, at, end = bytearray(), 0, len(data)
    try:
        while at < end and len(out) <= size:
            control = data[at]
            at += 1
            if control < 32:
                out += data[at : at + control + 1]
                at += control + 1
                continue
            length = control >> 5
            if length == 7:
                length += data[at]
                at += 1
            start = len(out) - ((control & 31) << 8) - data[at] - 1
            at += 1
            length += 2
            if start < 0:
                raise CloudError(f"{label}: is damaged: packed byte {at - 1} repeats what is not there")
            piece = out[start : start + length]
            if len(piece) < length:  # it repeats itself
                piece = (piece * (length // len(piece) + 1))[:length]
            out += piece
    except IndexError:
        raise CloudError(f"{label}: is truncated: its packed data ends within a repetition") from None
    if at > end or len(out) != size:
        raise CloudError(f"{label}: is damaged: it unpacks to {len(out)} bytes, and should to {size}")
    return bytes(out)
