"""What pictures take from other libraries, and what is said where these are not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qaadcodec.errors import EnvironmentFailure


@contextmanager
def of_the_extra() -> Iterator[None]:
    """Import Pillow and matplotlib in this; EnvironmentFailure says how to get them where one is missing."""
    try:
        yield
    except ImportError as error:
        raise EnvironmentFailure(
            f"pictures need Pillow and matplotlib: {str(error).lower()}",
            hint="pip install 'qaadcodec[pictures]'",
        ) from error


def font_file(*, bold: bool = False) -> Path:
    """DejaVu Sans, which matplotlib brings along: it has most of the world's alphabets."""
    with of_the_extra():
        import matplotlib as mpl
    return Path(mpl.get_data_path()) / "fonts" / "ttf" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
