"""Archives and clouds as pieces of HTML, by which they show themselves in Jupyter: static, and whole in themselves."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.clouds import PointCloud
from qaadcodec.codec.open import OpenArchive
from qaadcodec.errors import QaadError
from qaadcodec.metrics.rate import ratio
from qaadcodec.pictures.colours import PLAIN
from qaadcodec.pictures.draw import look_at, paint
from qaadcodec.pictures.frames import Stand
from qaadcodec.pictures.gather import Given, Shown, shown, spread
from qaadcodec.pictures.libraries import of_the_extra
from qaadcodec.pictures.views import VIEWS
from qaadcodec.report.text import count_of, grouped, numbers, percent, printable, short

SIDE = 220  # pixels of a picture, as it is shown
DENSER = 1.5  # pixels for each of these: screens tend to have more
MOST_POINTS = 30_000  # of a cloud are drawn: it should not be waited for
MOST_CLOUDS = 4  # of an archive
NAMES = 200  # of an archive that are listed

# Colours are those of the notebook, dark or light; the pictures have no ground.
STYLE = "font-family:inherit;color:inherit;line-height:1.4"
CARD = f"display:inline-block;vertical-align:top;margin:0 8px 4px 0;width:{SIDE}px"
CELL = "text-align:left;padding:0 14px 0 0;background:none;border:none;vertical-align:top"


def html_of(thing: object) -> str:
    """See `showing.as_html`."""
    if isinstance(thing, OpenArchive):
        return html_of_archive(thing)
    if isinstance(thing, PointCloud):
        return html_of_cloud(thing)
    raise TypeError(f"an archive or a cloud shows itself, not {type(thing).__name__}")


def html_of_archive(archive: OpenArchive) -> str:
    """Its name and what it takes, pictures of some clouds, facts, and the names of all."""
    header, n, m = archive.header, len(archive), archive.header.points
    error = header.errors.get("n_em_kd")
    facts = [
        ("clouds", f"{count_of(n, 'cloud')} of {count_of(m, 'point')}"),
        ("bytes", f"{grouped(archive.size_bytes)}, ratio {ratio(n, m, archive.size_bytes):.2f}"),
        ("nEM-kD", "not recorded" if error is None else f"{percent(error)} when it was made"),
        ("latent size", grouped(header.network.latent_size)),
        ("preset", header.preset or "not recorded"),
    ]

    def clouds() -> Iterator[Shown]:
        for i in spread(n, MOST_CLOUDS):
            yield shown(f"{i} · {archive.names[i]}", Given(archive.points(i, min(m, MOST_POINTS))))

    rest = f"<li>and {grouped(n - NAMES)} more</li>" if n > NAMES else ""
    listed = "".join(f"<li>{safe(name)}</li>" for name in archive.names[:NAMES])
    names = f'<details><summary>names</summary><ol start="0" style="margin:0 0 0 1em">{listed}{rest}</ol></details>'
    return page(Path(archive.label).name, [*pictures_of(clouds(), ("three-quarter",)), table(facts), names])


def html_of_cloud(cloud: PointCloud) -> str:
    """Its name, pictures from two sides, and facts."""
    points = cloud.points
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    facts = [
        ("points", f"{grouped(len(points))}, {points.dtype}"),
        ("from", numbers(tuple(float(short(value)) for value in low))),
        ("to", numbers(tuple(float(short(value)) for value in high))),
    ]
    if cloud.dropped:
        facts.append(("not kept", ", ".join(cloud.dropped)))
    step = -(-len(points) // MOST_POINTS)
    some = iter([shown("", Given(points[::step]))])
    return page(cloud.name, [*pictures_of(some, ("three-quarter", "side")), table(facts)])


def pictures_of(clouds: Iterator[Shown], views: Sequence[str]) -> list[str]:
    """A card for each cloud and view, in a line; or why there is none."""
    cards = []
    stand = Stand(tuple(VIEWS[view] for view in views))
    size = round(DENSER * SIDE)
    try:
        for cloud in clouds:
            extent = stand.extent([cloud])
            pixel = 2 * max(extent.half_width, extent.half_height) / size
            for view in stand.views:
                frame = stand.frame(cloud, view, pixel, (size, size), 2)
                data = base64.b64encode(png(paint(look_at(cloud.points, frame), PLAIN))).decode("ascii")
                title = safe(cloud.title or str(view))
                cards.append(
                    f'<figure style="{CARD}"><img alt="{title}" width="{SIDE}" height="{SIDE}" '
                    f'src="data:image/png;base64,{data}"><figcaption>{title}</figcaption></figure>'
                )
    except (QaadError, OSError, ValueError) as error:  # an archive that is closed, no Pillow
        hint = f" ({error.hint})" if isinstance(error, QaadError) and error.hint else ""
        return [f"<p>no picture: {safe(str(error))}{safe(hint)}</p>"]
    return [f"<div>{''.join(cards)}</div>"]


def png(picture: Doubles) -> bytes:
    """The bytes of a PNG file in grey with opacity, half as large as one in colour, of a picture by `draw.paint`."""
    with of_the_extra():
        from PIL import Image
    opacity = picture[..., 3]
    grey = np.clip(picture[..., :3].mean(axis=-1) / np.maximum(opacity, 1 / 255), 0, 1)
    stream = BytesIO()
    whole = np.stack([grey, opacity], axis=-1)
    Image.fromarray((255 * whole + 0.5).astype(np.uint8)).save(stream, "PNG", compress_level=9)
    return stream.getvalue()


def table(facts: Sequence[tuple[str, str]]) -> str:
    """Names and values."""
    rows = "".join(
        f'<tr style="background:none"><th scope="row" style="{CELL};font-weight:normal;opacity:0.7">{safe(name)}</th>'
        f'<td style="{CELL}">{safe(value)}</td></tr>'
        for name, value in facts
    )
    return f'<table style="border:none;margin:0"><tbody>{rows}</tbody></table>'


def page(title: str, parts: Sequence[str]) -> str:
    """All of it, under a title."""
    return f'<div style="{STYLE}"><strong>{safe(title)}</strong>{"".join(parts)}</div>'


def safe(text: str) -> str:
    """A text as HTML shows it unchanged: names are data."""
    return escape(printable(text))
