"""`open`: an archive as a sequence of clouds."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from qaadcodec.archive import ArchiveReader, encode
from qaadcodec.clouds import Normalisation
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.open import open as open_archive
from qaadcodec.config import CodingConfig
from qaadcodec.errors import ArchiveError, EnvironmentFailure, UsageError
from qaadcodec.model.numpy_decoder import decode_points


def test_a_cloud_is_what_the_decoder_makes_of_its_latent(archive: Path) -> None:
    with ArchiveReader(archive) as reader, open_archive(archive) as source:
        whole, header = reader.archive(), reader.header
        norm = Normalisation(np.array(header.offset), header.scale)
        for i in range(4):
            normalised = decode_points(header.network, whole.weights, whole.input_cloud, whole.latents[i])
            np.testing.assert_array_equal(source[i], norm.invert(normalised).astype(np.float32))
        assert not np.array_equal(source[0], source[1])


def test_points_that_are_no_numbers_are_refused(archive: Path) -> None:
    with ArchiveReader(archive) as reader:
        whole = reader.archive()
    stream = io.BytesIO()
    encode(replace(whole, header=replace(whole.header, scale=1e300, dtype="float32")), CodingConfig()).write(stream)
    with (
        open_archive(stream) as source,
        pytest.raises(ArchiveError, match=r"cloud 3 \(sub/d\) decodes to 120 points, 120 not finite$"),
    ):
        source.points(-1)


def test_by_integer_name_and_slice(archive: Path) -> None:
    with open_archive(archive) as source:
        assert len(source) == 4
        clouds = [source.points(i) for i in range(4)]
        for i, name in enumerate(("a", "b", "sub/c", "sub/d")):
            np.testing.assert_array_equal(source[i], clouds[i])
            np.testing.assert_array_equal(source[i - 4], clouds[i])
            np.testing.assert_array_equal(source[name], clouds[i])
            np.testing.assert_array_equal(source[np.int64(i)], clouds[i])
            assert source.index_of(name) == i
        np.testing.assert_array_equal(source[1:3], np.stack(clouds[1:3]))
        np.testing.assert_array_equal(source[::-2], np.stack([clouds[3], clouds[1]]))
        assert source[4:].shape == (0, 120, 3)
        assert source[4:].dtype == np.float32
        np.testing.assert_array_equal(np.stack(list(source)), np.stack(clouds))
        np.testing.assert_array_equal(source[:], np.stack(clouds))


@pytest.mark.parametrize("index", [4, -5, 100])
def test_outside_the_range_is_named(archive: Path, index: int) -> None:
    with open_archive(archive) as source:
        with pytest.raises(IndexError) as caught:
            source[index]
        assert isinstance(caught.value, UsageError)
        assert str(caught.value) == f"{archive}: no cloud {index}: indices go from 0 to 3, or from -4 to -1"
        with pytest.raises(IndexError, match=f"no cloud {index}"):
            source.latents([0, index])


def test_a_fraction_is_no_index(archive: Path) -> None:
    with open_archive(archive) as source, pytest.raises(TypeError):
        source[1.5]  # type: ignore[index]


def test_whether_a_name_is_in_it(archive: Path) -> None:
    with open_archive(archive) as source:
        assert "sub/c" in source
        assert "c" not in source


def test_an_unknown_name_gets_a_hint(archive: Path) -> None:
    with open_archive(archive) as source:
        with pytest.raises(UsageError, match=r"scans\.qaad: no cloud is named 'sub'$") as caught:
            source["sub"]
        assert caught.value.hint == "there is sub/c, sub/d"
        with pytest.raises(UsageError, match=r"no cloud is named 'z'$") as caught:
            source["z"]
        assert caught.value.hint == "names go from a to sub/d"


@pytest.mark.parametrize("count", [1, 7, 60, 119, 120])
def test_a_subset_is_evenly_spread_rows_of_the_whole(archive: Path, count: int) -> None:
    rows = [(2 * i + 1) * 120 // (2 * count) for i in range(count)]  # floor((i + 1/2) M / m)
    with open_archive(archive) as source:
        subset = source.points(2, count)
        assert subset.shape == (count, 3)
        np.testing.assert_allclose(subset, source[2][rows], rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [0, -1, 121])
def test_more_points_than_there_are(archive: Path, count: int) -> None:
    with open_archive(archive) as source, pytest.raises(UsageError) as caught:
        source.points(0, count)
    assert str(caught.value) == f"{archive}: {count} points were asked for; it has 1 to 120 per cloud"


def test_metadata(archive: Path) -> None:
    with open_archive(archive) as source:
        assert source.names == ("a", "b", "sub/c", "sub/d")
        assert source.counts == (120, 120, 120, 120)
        assert source.size_bytes == archive.stat().st_size
        assert source.header.clouds == 4
        assert source.input_cloud.shape == (120, 3)
        assert set(source.weights) == set(source.header.network.tensor_shapes())
        np.testing.assert_array_equal(source.latents([-1, 0]), source.latents()[[3, 0]])


def test_a_stream_does_as_well_as_a_path(archive: Path) -> None:
    with open_archive(io.BytesIO(archive.read_bytes())) as from_stream, open_archive(str(archive)) as from_path:
        np.testing.assert_array_equal(from_stream[3], from_path[3])
        assert isinstance(from_path, OpenArchive)


def test_a_missing_file_and_a_closed_one(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"none\.qaad: no such file$"):
        open_archive(tmp_path / "none.qaad")
    with open_archive(archive) as source:
        pass
    with pytest.raises(ValueError, match=r"closed"):
        source.latents([0])


def test_the_decoder_module_is_the_archive(archive: Path) -> None:
    with open_archive(archive) as source:
        module = source.decoder()
        latents = torch.from_numpy(source.latents())
        decoded = module(latents)
        assert decoded.dtype == torch.float64
        np.testing.assert_allclose(decoded.detach().numpy(), source[:], rtol=0, atol=1e-5)


def test_the_decoder_module_is_differentiable_in_everything(archive: Path) -> None:
    """A step against the gradient lowers the error; each gradient equals a difference quotient."""
    with open_archive(archive) as source:
        module = source.decoder()
        target = torch.from_numpy(source[1]).double()
        latents = torch.from_numpy(source.latents([0])).requires_grad_()

    def error() -> torch.Tensor:
        return (module(latents)[0] - target).square().sum(1).mean()

    error().backward()
    for name, tensor in [("latents", latents), *module.named_parameters()]:
        assert tensor.grad is not None, name
        assert float(tensor.grad.abs().max()) > 0, name
        direction = tensor.grad / tensor.grad.norm()
        step = 2e-3
        with torch.no_grad():
            tensor += step * direction
            above = float(error())
            tensor -= 2 * step * direction
            below = float(error())
            tensor += step * direction
        slope = (above - below) / (2 * step)
        assert slope == pytest.approx(float(tensor.grad.norm()), rel=0.05), name


def test_fine_tuning_a_latent_brings_one_cloud_near_another(archive: Path) -> None:
    with open_archive(archive) as source:
        module = source.decoder().requires_grad_(False)
        wanted = torch.from_numpy(source[2]).double()
        latent = torch.from_numpy(source.latents([0])).requires_grad_()
        truth = source.latents([2])
    adam = torch.optim.Adam([latent], lr=0.05)
    errors = []
    for _ in range(150):
        loss = (module(latent)[0] - wanted).square().sum(1).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        errors.append(float(loss.detach()))
    assert errors[-1] < 0.02 * errors[0]
    assert truth.shape == latent.shape
