"""What compress, encode, decode and verify say at their end, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qaadcodec.report.tables import facts, table, wrapped
from qaadcodec.report.text import count_of, duration, grouped, percent, printable, short

if TYPE_CHECKING:
    from qaadcodec.codec.compressed import CompressSummary
    from qaadcodec.codec.decode import DecodeSummary
    from qaadcodec.codec.grown import EncodeSummary
    from qaadcodec.codec.verify import Verification


def compress_lines(summary: CompressSummary, *, width: int | None = None) -> list[str]:
    """What the set became, in lines of that many columns; of any where it is None, here and below."""
    early = ", finished early" if summary.interrupted else ""
    return facts(
        [
            ("archive", summary.path),
            ("clouds", clouds_of(summary.clouds, summary.points)),
            *left_out(summary.skipped),
            ("bytes in", f"{grouped(summary.bytes_in)} (float32 positions)"),
            ("bytes out", grouped(summary.bytes_out)),
            ("ratio", f"{summary.ratio:.2f} (bytes in over bytes out)"),
            ("paper's ratio", f"{summary.ratio_paper:.2f} (floats, as the paper counts them)"),
            ("bits per point", short(summary.bits_per_point)),
            ("nEM-kD", f"{percent(summary.n_em_kd)} (mean of {count_of(summary.sample, 'cloud')})"),
            ("EM-kD", em_kd(summary.em_kd, summary.em_kd_root)),
            ("time", f"{duration(summary.seconds)}, {count_of(summary.epochs, 'epoch')}{early}"),
        ],
        width=width,
    )


def encode_lines(summary: EncodeSummary, *, width: int | None = None) -> list[str]:
    """What the archive has become."""
    of_new = f"(mean of {count_of(summary.sample, 'new cloud')})"
    return facts(
        [
            ("archive", summary.path),
            ("added", count_of(summary.added, "cloud") + (", finished early" if summary.interrupted else "")),
            *left_out(summary.skipped),
            ("clouds", clouds_of(summary.clouds, summary.points)),
            ("bytes added", grouped(summary.bytes_added)),
            ("bytes out", grouped(summary.bytes_out)),
            *(() if summary.n_em_kd is None else (("nEM-kD", f"{percent(summary.n_em_kd)} {of_new}"),)),
            ("EM-kD", em_kd(summary.em_kd, summary.em_kd_root)),
            ("time", duration(summary.seconds)),
        ],
        width=width,
    )


def decode_line(summary: DecodeSummary) -> str:
    """`wrote out.ply: 1 cloud of 16 384 points`."""
    first = summary.paths[0] if summary.paths else "nothing"
    more = f" and {count_of(len(summary.paths) - 1, 'more file')}" if len(summary.paths) > 1 else ""
    return f"wrote {first}{more}: {clouds_of(summary.clouds, summary.points)}"


def verify_lines(verification: Verification, *, width: int | None = None) -> list[str]:
    """Every check, and the verdict."""
    rows = [(check.content, grouped(check.bytes), f"{check.crc32:08x}", "ok") for check in verification.checks]
    decoded = "" if verification.decoded is None else f", {count_of(verification.decoded, 'cloud')} decoded"
    return [
        *table(rows, "lrll", header=("content", "bytes", "CRC-32", ""), width=width, optional=(2,)),
        *wrapped([f"{printable(verification.path)}: undamaged, {grouped(verification.bytes)} bytes{decoded}"], width),
    ]


def clouds_of(clouds: int, points: int) -> str:
    """`64 clouds of 16 384 points`."""
    return f"{count_of(clouds, 'cloud')} of {count_of(points, 'point')}"


def em_kd(mean_square: float | None, root: float | None) -> str:
    """A mean squared distance with its root, which is in the units of the input."""
    return f"{short(mean_square)} squared units of the input, root {short(root)}"


def left_out(skipped: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The clouds that could not be used, and why."""
    if not skipped:
        return []
    reasons = [why if why.startswith(path) else f"{path}: {why}" for path, why in skipped]
    return [("left out", count_of(len(skipped), "cloud")), *(("", reason) for reason in reasons)]
