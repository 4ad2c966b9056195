"""`inspect`: what an archive says of itself, without decoding anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from qaadcodec.archive import CONTENTS, ArchiveReader, Header, coding_name
from qaadcodec.config import Plan, Request, plan
from qaadcodec.config.network import parameters
from qaadcodec.errors import UsageError
from qaadcodec.metrics.names import ADDED
from qaadcodec.metrics.rate import bits_per_point, ratio, ratio_paper, raw_bytes
from qaadcodec.remote.urls import Location, shown
from qaadcodec.sets.pose_extent import PoseExtent
from qaadcodec.version import __version__


@dataclass(frozen=True, slots=True)
class SectionInfo:
    """One section: tag, what it holds, how it is coded, and its bytes."""

    tag: str
    content: str
    coding: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that header and tables of an archive tell. Sizes in bytes, coordinates in input units.

    `poses` tells how the clouds were aligned; None where they were learnt as they lay. `plan` has every setting that
    it was learnt with, where that is known. `remark` tells of the way it was read, where there is something to tell.
    """

    path: str
    version: str
    writer: str
    clouds: int
    points: int
    patches: int
    latent_size: int
    shared_widths: tuple[int, ...]
    head_widths: tuple[int, ...]
    fourier_octaves: int
    film: bool
    displacement: bool
    channels: int
    parameters: int
    bytes: int
    raw_bytes: int
    sections: tuple[SectionInfo, ...]
    ratio: float
    ratio_paper: float
    bits_per_point: float
    bits_per_weight: float
    bits_per_latent: float
    bits_per_input_point: float
    dtype: str
    offset: tuple[float, float, float]
    scale: float
    bounds: tuple[tuple[float, float, float], tuple[float, float, float]]
    preset: str
    seed: int | None
    epochs: int | None
    errors: dict[str, float]
    names: tuple[str, ...]
    counts: tuple[int, ...]
    poses: PoseExtent | None
    plan: Plan | None
    remark: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        whole = asdict(self) | {"plan": None if self.plan is None else self.plan.to_dict()}
        return whole if self.remark else {key: value for key, value in whole.items() if key != "remark"}


def inspect(archive: Location) -> Inspection:
    """Read header, section table, names and poses of an archive; weights, input cloud and latents are not touched.

    Raises:
        EnvironmentFailure: it is missing.
        ArchiveError: it is damaged where it was read, truncated or of an unknown version.
    """
    with ArchiveReader(archive) as reader:
        header, network = reader.header, reader.header.network
        size = reader.size_bytes
        lengths = {CONTENTS.get(section.tag): section.length for section in reader.sections}
        weights = parameters(network)
        return Inspection(
            path=shown(archive),
            version=".".join(map(str, reader.version)),
            writer=header.writer,
            clouds=header.clouds,
            points=header.points,
            patches=network.patches,
            latent_size=network.latent_size,
            shared_widths=network.shared_widths,
            head_widths=network.head_widths,
            fourier_octaves=network.fourier_octaves,
            film=network.film,
            displacement=network.displacement,
            channels=network.channels,
            parameters=weights,
            bytes=size,
            raw_bytes=raw_bytes(header.clouds, header.points),
            sections=tuple(
                SectionInfo(
                    section.tag, CONTENTS.get(section.tag, "unknown"), coding_name(section.coding), section.length
                )
                for section in reader.sections
            ),
            ratio=ratio(header.clouds, header.points, size),
            ratio_paper=ratio_paper(header.clouds, header.points, network),
            bits_per_point=bits_per_point(header.clouds, header.points, size),
            bits_per_weight=8.0 * lengths["weights"] / weights,
            bits_per_latent=8.0 * lengths["latents"] / (header.clouds * network.latent_size),
            bits_per_input_point=8.0 * lengths["input cloud"] / header.points,
            dtype=header.dtype,
            offset=header.offset,
            scale=header.scale,
            bounds=header.bounds,
            preset=header.preset,
            seed=header.seed,
            epochs=header.epochs,
            errors=header.errors,
            names=reader.names,
            counts=reader.counts,
            poses=None if (poses := reader.poses()) is None else PoseExtent.of(poses, header.scale),
            plan=plan_of(header),
            remark=reader.remark,
        )


def plan_of(header: Header) -> Plan | None:
    """The plan that an archive was learnt by; None where it is not known.

    It is made again from the request, N and M. So it is not known where another version made the archive, whose presets
    and choices may differ; where clouds were added, so that N is another; and where the request was too long to keep.
    """
    if header.writer != f"qaad {__version__}" or ADDED in header.errors:
        return None
    try:
        request = Request.of_text(header.preset)
    except UsageError:
        return None
    network = header.network
    request = replace(request, latent_size=network.latent_size, patches=network.patches)  # which are not in the text
    made = plan(request, header.clouds, header.points)
    return made if made.network == network else None
