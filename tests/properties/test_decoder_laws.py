"""Laws of decoding: any rows of any cloud come out as they do when all are decoded, whatever K and M."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import NetworkConfig
from qaadcodec.model.numpy_decoder import CHUNK, chunks, decode_points

LAW = settings(deadline=None, derandomize=True, max_examples=60)

Drawn = tuple[NetworkConfig, dict[str, np.ndarray], np.ndarray, np.ndarray]


@st.composite
def networks(draw: st.DrawFn) -> Drawn:
    """A small network with random weights, an input cloud and a latent."""
    config = NetworkConfig(
        latent_size=draw(st.integers(1, 4)),
        patches=draw(st.integers(1, 12)),
        shared_widths=draw(st.sampled_from([(6,), (8, 5)])),
        head_widths=draw(st.sampled_from([(), (4,), (3, 5)])),
        fourier_octaves=draw(st.integers(0, 4)),
        film=draw(st.booleans()),
        displacement=draw(st.booleans()),
    )
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    weights = {
        name: (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)
        for name, shape in config.tensor_shapes().items()
    }
    cloud = rng.uniform(-1, 1, (draw(st.integers(1, 40)), 3)).astype(np.float32)
    return config, weights, cloud, rng.standard_normal(config.latent_size).astype(np.float32)


@LAW
@given(networks(), st.data())
def test_some_rows_are_those_of_the_whole(drawn: Drawn, data: st.DataObject) -> None:
    config, weights, cloud, latent = drawn
    rows = np.array(sorted(data.draw(st.lists(st.integers(0, len(cloud) - 1), max_size=12))), np.int64)
    whole = decode_points(config, weights, cloud, latent)
    part = decode_points(config, weights, cloud, latent, rows)
    assert part.shape == (len(rows), 3)
    assert np.abs(part - whole[rows]).max(initial=0) < 1e-5


@LAW
@given(networks())
def test_a_patch_does_not_see_the_points_of_others(drawn: Drawn) -> None:
    config, weights, cloud, latent = drawn
    bounds = patch_offsets(len(cloud), config.patches)
    whole = decode_points(config, weights, cloud, latent)
    first = slice(bounds[0], bounds[1])
    moved = cloud.copy()
    moved[bounds[1] :] += 0.5
    again = decode_points(config, weights, moved, latent)
    assert np.abs(again[first] - whole[first]).max() < 1e-6
    if bounds[1] < len(cloud):
        assert np.abs(again[bounds[1] :] - whole[bounds[1] :]).max() > 1e-3


@LAW
@given(st.lists(st.integers(0, 2 * CHUNK + 3) | st.integers(0, 4), min_size=1, max_size=8))
def test_chunks_cover_every_position_within_its_patch(sizes: list[int]) -> None:
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    covered = np.zeros(bounds[-1], np.bool_)
    for patches, positions in chunks(bounds):
        assert 0 < positions.size <= CHUNK
        assert ((bounds[patches, None] <= positions) & (positions < bounds[patches + 1, None])).all()
        covered[positions] = True
    assert covered.all()
