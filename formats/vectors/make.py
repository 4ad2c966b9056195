"""Makes the golden archives of this folder, and vectors.json, which says what a reader must make of each.

    python formats/vectors/make.py        # from the root of the project; only when the format itself changes

qaadcodec writes the valid files, and the second decoder, decode_qaad.py, computes the points that they hold. Every
damaged file has one fault, and all of its checksums fit unless the fault is a checksum.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from damage import damaged, joined, parts  # noqa: E402
from damage_entropy import damaged_entropy  # noqa: E402
from damage_poses import damaged_poses  # noqa: E402
from decode_qaad import decode  # noqa: E402
from samples import NETWORK, coded, extended, posed, small_archive, uneven_scales, written  # noqa: E402

from qaadcodec.archive import ArchiveReader  # noqa: E402


def valid() -> Iterator[tuple[str, str, bytes]]:
    """Name, what it shows, and bytes of each valid file in codings 0 to 2."""
    plain = written(small_archive())
    header, sections = parts(plain)
    paper = replace(NETWORK, film=False, displacement=False, fourier_octaves=0, shared_widths=(4, 3), head_widths=())
    utm = {"dtype": "float64", "offset": (5e6, 4e5, 312.5), "scale": 0.75}
    yield "minimal", "8-bit weights and latents, 12-bit input cloud", plain
    yield (
        "one-cloud",
        "one cloud, one patch, one point",
        written(small_archive(replace(NETWORK, patches=1), clouds=1, points=1)),
    )
    yield (
        "uneven-patches",
        "7 points in 3 patches: 3, 2 and 2",
        written(small_archive(replace(NETWORK, patches=3), points=7)),
    )
    yield (
        "no-film",
        "the latent shifts the first layer only, no Fourier features, no hidden head layer",
        written(small_archive(paper)),
    )
    yield "float64", "float64 points around 5 million", written(small_archive(**utm))
    yield (
        "odd-bits",
        "3-bit weights, 5-bit latents, 13-bit input cloud",
        written(small_archive(), weight_bits=3, latent_bits=5, input_bits=13),
    )
    yield "coding-float16", "float16 throughout", written(small_archive(), "float16")
    yield "coding-float32", "float32 throughout", written(small_archive(), "float32")
    yield "blocks", "70 clouds in blocks of 64 and 6", written(small_archive(clouds=70))
    yield "extended", "two clouds added in a block of their own; names beyond ASCII, unequal counts", extended(plain)
    yield (
        "ancillary",
        "an unknown ancillary section, which is skipped",
        joined(header, {"note": (77, b"anything")} | sections),
    )
    yield (
        "header-more-keys",
        "a header key that is not known, which is skipped",
        joined(header.replace(b'"writer"', b'"vendor":{"x":[1]},"writer"'), sections),
    )


def valid_entropy() -> Iterator[tuple[str, str, bytes]]:
    """The same of entropy-coded files."""
    lines = replace(NETWORK, shared_widths=(24,), head_widths=(16,))
    plain = coded(small_archive())
    header, sections = parts(plain)
    _, uniform = parts(written(small_archive()))
    offsets = coded(uneven_scales(small_archive(lines, points=40)))
    tables = parts(offsets)[1]["WGTS"][1][: 6 * len(lines.tensor_shapes())]
    kinds = {(bool(rows), bool(columns)) for rows, columns in zip(tables[4::6], tables[5::6], strict=True)}
    assert len(kinds) == 4, "tensors with offsets of rows, of columns, of both and of neither"
    yield "entropy", "entropy-coded weights and latents, input cloud as points", plain
    yield (
        "entropy-one-cloud",
        "one cloud, one patch, one point",
        coded(small_archive(replace(NETWORK, patches=1), clouds=1, points=1)),
    )
    yield (
        "entropy-offsets",
        "tensors whose rows, columns or both have scales of their own",
        offsets,
    )
    yield "entropy-blocks", "70 clouds in blocks of 64 and 6", coded(small_archive(clouds=70))
    yield "entropy-extended", "two clouds added in a block of their own, coded as the others", extended(plain)
    yield (
        "entropy-mixed",
        "each section has a coding of its own: uniform weights and input cloud, entropy-coded latents",
        joined(header, sections | {tag: uniform[tag] for tag in ("WGTS", "INPT")}),
    )


def valid_poses() -> Iterator[tuple[str, str, bytes]]:
    """The same of files with poses."""
    plain = written(posed(small_archive()))
    utm = {"dtype": "float64", "offset": (5e6, 4e5, 312.5), "scale": 0.75}
    yield "poses", "poses that scale, turn (one by half a turn) and shift", plain
    yield "poses-shift", "shifts only", written(posed(small_archive(), "shift"))
    yield "poses-rigid", "shifts and turns, entropy-coded", coded(posed(small_archive(), "rigid"))
    far = posed(small_archive(**utm), far=1e6)
    yield "poses-far", "float64 points, clouds a million times their size apart", written(far)
    yield "poses-groups", "70 clouds in groups of 64 and 6", written(posed(small_archive(clouds=70)))
    yield "poses-extended", "two clouds added, one farther off, so that shifts take a byte more", extended(plain)


def main() -> None:
    """Write all files and vectors.json, and remove vectors that are no longer made."""
    for old in HERE.glob("*.qaad"):
        old.unlink()
    vectors: list[dict[str, Any]] = []
    for name, about, data in chain(valid(), valid_entropy(), valid_poses()):
        (HERE / f"{name}.qaad").write_bytes(data)
        with ArchiveReader(io.BytesIO(data)) as reader:
            facts = {"names": reader.names, "counts": reader.counts}
        shown = sorted({0, len(facts["names"]) - 1})
        clouds = {str(i): decode(data, i).tolist() for i in shown}
        vectors.append({"file": f"{name}.qaad", "about": about, "valid": True} | facts | {"clouds": clouds})
    wide = replace(NETWORK, latent_size=4096, shared_widths=(1,), film=False)
    faults = damaged(
        written(small_archive()),
        written(small_archive(clouds=1), latent_bits=3),
        written(small_archive(wide, clouds=1), weight_bits=2),
    )
    coded_files = coded(small_archive()), coded(small_archive(replace(NETWORK, patches=1)))
    for name, message, data in chain(
        faults, damaged_entropy(*coded_files), damaged_poses(written(posed(small_archive())))
    ):
        (HERE / f"{name}.qaad").write_bytes(data)
        vectors.append({"file": f"{name}.qaad", "valid": False, "message": message})
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in vectors)
    (HERE / "vectors.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
