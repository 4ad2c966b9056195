"""What pictures take from other libraries, and what is said where these are not installed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qaadcodec.errors import EnvironmentFailure


@contextmanager
def of_the_extra() -> Iterator[None]:
    """Import Pillow and matplotlib in this; EnvironmentFailure says how to get them where one is missing.

    Where there is no home that can be written, matplotlib keeps what it needs in a temporary folder, and warns of that;
    nobody who asked for a picture has use for it.
    """
    log = logging.getLogger("matplotlib")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    except ImportError as error:
        if "map segment" in str(error):  # it is there, and memory for it is not
            raise
        raise EnvironmentFailure(
            f"pictures need Pillow and matplotlib: {str(error).lower()}",
            hint="pip install 'qaadcodec[pictures]'",
        ) from error
    finally:
        log.setLevel(before)


def font_file(*, bold: bool = False) -> Path:
    """DejaVu Sans, which matplotlib brings along: it has most of the world's alphabets."""
    with of_the_extra():
        import matplotlib as mpl
    return Path(mpl.get_data_path()) / "fonts" / "ttf" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
