"""An archive in memory: shapes, names and counts have to fit the header."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qaadcodec.archive import Archive
from qaadcodec.errors import UsageError


def test_shapes_have_to_fit_the_header(archive: Archive) -> None:
    with pytest.raises(UsageError, match=r"input cloud is float32 \(8, 3\), and has to be float32 \(9, 3\)"):
        replace(archive, input_cloud=archive.input_cloud[1:])
    with pytest.raises(UsageError, match=r"latents is float64 \(3, 3\), and has to be float32 \(3, 3\)"):
        replace(archive, latents=archive.latents.astype(np.float64))
    with pytest.raises(UsageError, match=r"tensors at odds with the network: head.0.bias$"):
        replace(archive, weights={k: v for k, v in archive.weights.items() if k != "head.0.bias"})
    with pytest.raises(UsageError, match=r"head.0.bias is float32 \(4,\), and has to be float32 \(2, 2\)"):
        replace(archive, weights=archive.weights | {"head.0.bias": np.zeros(4, np.float32)})


def test_names_have_to_fit_the_header(archive: Archive) -> None:
    with pytest.raises(UsageError, match="2 names for 3 clouds"):
        replace(archive, names=archive.names[:2], counts=archive.counts[:2])
    with pytest.raises(UsageError, match="clouds 0 and 1 have the same name 'a'"):
        replace(archive, names=("a", "a", "b"))
