"""What the paper's sets would take: its networks at the bits per number that archives of ours were measured to take.

    bin/bench papersizes ARCHIVE.qaad...

The paper's ratios count floats, without input cloud and biases; those predicted here are of whole files. A prediction:
nobody trained at these sizes.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from qaadcodec.codec.inspect import Inspection, inspect
from qaadcodec.config import preset
from qaadcodec.config.network import parameters
from qaadcodec.metrics.rate import ratio, ratio_paper

# Name, N, M, latent size, patches (section 4.2), and what is asked of the ratio in true bytes: three times the paper's.
SETS = (
    ("Skulls", 4096, 65536, 10, 16, 9900),
    ("D-Faust", 13744, 131072, 256, 128, 3400),
    ("COMA", 6576, 109568, 256, 128, 2200),
)
HEADER_BYTES, NAME_BYTES = 1000, 2  # the frame and header; a name among thousands that count upwards, deflated


def main() -> None:
    """A table per archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archives", nargs="+")
    for path in parser.parse_args().archives:
        show(inspect(path))


def show(archive: Inspection) -> None:
    """The predictions from the bits of one archive."""
    bits = (archive.bits_per_weight, archive.bits_per_latent, archive.bits_per_input_point)
    print(f"{archive.path}: {bits[0]:.2f} bits a weight, {bits[1]:.2f} a latent number, {bits[2]:.2f} an input point")
    titles = f"{'weights':>11}{'latents':>11}{'input cloud':>13}{'whole file':>12}{'ratio':>8}{'goal':>7}{'paper':>7}"
    print(f"{'':<10}{titles}")
    for name, clouds, points, latent_size, patches, goal in SETS:
        network = replace(preset("paper").network, latent_size=latent_size, patches=patches)
        numbers = (parameters(network), clouds * latent_size, points)
        parts = [round(each * count / 8) for each, count in zip(bits, numbers, strict=True)]
        whole = sum(parts) + HEADER_BYTES + NAME_BYTES * clouds
        paper = ratio_paper(clouds, points, network)
        print(
            f"{name:<10}{parts[0]:>11,}{parts[1]:>11,}{parts[2]:>13,}{whole:>12,}"
            f"{ratio(clouds, points, whole):>8.0f}{goal:>7}{paper:>7.0f}"
        )


if __name__ == "__main__":
    main()
