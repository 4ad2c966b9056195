"""Writing: the same bytes each time, rounded values, more clouds in a copy."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from qaadcodec.archive import Archive, ArchiveReader, Grids, NewClouds, encode, extend, storable, writer
from qaadcodec.archive.sections.input_cloud import patch_sizes
from qaadcodec.config import CodingConfig
from qaadcodec.errors import ArchiveError, UsageError

CODING = CodingConfig(weight_bits=7, latent_bits=6, input_bits=11)


def written(archive: Archive, numbers: str = "uniform") -> bytes:
    stream = io.BytesIO()
    encode(archive, CODING, numbers=numbers).write(stream)
    return stream.getvalue()


def coded(archive: Archive, grids: Grids) -> bytes:
    stream = io.BytesIO()
    encode(archive, grids).write(stream)
    return stream.getvalue()


def extended(data: bytes, n: int = 2, **header: object) -> bytes:
    stream = io.BytesIO()
    latents = np.linspace(-1, 1, 3 * n, dtype=np.float32).reshape(n, 3)
    with ArchiveReader(io.BytesIO(data)) as reader:
        more = extend(reader, NewClouds(latents, tuple(f"new {i}" for i in range(n)), (9,) * n))
        more.with_header(replace(more.header, **header)).write(stream)
    return stream.getvalue()


def same(a: Archive, b: Archive) -> bool:
    arrays = [(a.weights[k], b.weights[k]) for k in a.weights] + [
        (a.input_cloud, b.input_cloud),
        (a.latents, b.latents),
    ]
    facts = (a.header, a.names, a.counts) == (b.header, b.names, b.counts)
    return facts and all(np.array_equal(x, y) for x, y in arrays)


def test_the_same_archive_gives_the_same_bytes(archive: Archive) -> None:
    shuffled = replace(archive, weights=dict(reversed(archive.weights.items())))
    assert written(archive) == written(shuffled)


@pytest.mark.parametrize("numbers", ["uniform", "float16", "float32"])
def test_what_is_decoded_is_what_a_reader_gets(archive: Archive, numbers: str) -> None:
    expected = encode(archive, CODING, numbers=numbers).decoded()
    with ArchiveReader(io.BytesIO(written(archive, numbers))) as reader:
        assert same(reader.archive(), expected)
    assert same(encode(expected, CODING, numbers=numbers).decoded(), expected)
    assert same(expected, archive) == (numbers == "float32")


def test_rounded_values_are_near(archive: Archive) -> None:
    expected = encode(archive, CODING).decoded()
    assert np.abs(expected.input_cloud - archive.input_cloud).max() <= 2.0**-10
    for name, tensor in archive.weights.items():
        assert np.abs(expected.weights[name] - tensor).max() <= np.abs(tensor).max() * 2.0**-5
    assert np.abs(expected.latents - archive.latents).max() <= np.abs(archive.latents).max() * 2.0**-4


def test_sizes_are_those_of_the_specification(archive: Archive) -> None:
    shapes = archive.header.network.tensor_shapes().values()
    rows = [int(np.prod(shape[:-1])) for shape in shapes]
    weights = sum(1 + r + -(-int(np.prod(s)) * 7 // 8) for r, s in zip(rows, shapes, strict=True))
    with ArchiveReader(io.BytesIO(written(archive))) as reader:
        assert reader.section("WGTS").length == weights
        assert reader.section("INPT").length == 1 + 3 + (27 * 11 + 7) // 8
        assert reader.section("LATS").length == 4 + 10 + 4 + (1 + 3 + (9 * 6 + 7) // 8)


def test_an_archive_may_hold_as_many_clouds_as_it_can(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    with ArchiveReader(io.BytesIO(written(archive))) as reader:
        monkeypatch.setattr(writer, "MAX_CLOUDS", reader.header.clouds + 2)
        writer.check_extendable(reader, 2)
        with pytest.raises(UsageError, match="it would hold 6 clouds, and can hold 5"):
            writer.check_extendable(reader, 3)


def test_more_clouds_leave_the_old_ones_as_they_were(archive: Archive) -> None:
    data = written(archive)
    longer = extended(data)
    with ArchiveReader(io.BytesIO(data)) as old, ArchiveReader(io.BytesIO(longer)) as new:
        assert new.header == replace(old.header, clouds=5)
        assert new.names == (*archive.names, "new 0", "new 1")
        assert new.counts == (*archive.counts, 9, 9)
        for tag in ("WGTS", "INPT"):
            assert new.raw_section(new.section(tag)) == old.raw_section(old.section(tag))
        assert new.raw_block(0) == old.raw_block(0)
        np.testing.assert_array_equal(new.latents()[:3], old.latents())
        np.testing.assert_allclose(new.latents([3, 4])[:, 0], [-1, 0.2], atol=2.0**-5)
        assert new.raw_block(1)[1][0] == CODING.latent_bits


def test_more_clouds_may_change_what_the_header_tells(archive: Archive) -> None:
    bounds = ((0.0, 0.0, -2.0), (6e6, 5e5, 2.0))
    with ArchiveReader(io.BytesIO(extended(written(archive), bounds=bounds, writer="me"))) as reader:
        assert (reader.header.bounds, reader.header.writer, reader.header.clouds) == (bounds, "me", 5)
    with pytest.raises(UsageError, match=r"^scale is 1\.5, and cannot become 2\.0"):
        extended(written(archive), scale=2.0)


def test_more_clouds_that_do_not_fit(archive: Archive) -> None:
    with ArchiveReader(io.BytesIO(written(archive))) as reader:
        one = np.zeros((1, 3), np.float32)
        with pytest.raises(UsageError, match="clouds 0 and 3 have the same name 'a'"):
            extend(reader, NewClouds(one, ("a",), (9,)))
        with pytest.raises(UsageError, match=r"latents are float32 \(1, 2\), not float32 \(n, 3\)"):
            extend(reader, NewClouds(one[:, :2], ("x",), (9,)))
        with pytest.raises(UsageError, match="1 latents, 2 names and 1 counts"):
            extend(reader, NewClouds(one, ("x", "y"), (9,)))


def test_damage_is_not_copied(archive: Archive) -> None:
    data = bytearray(written(archive))
    with ArchiveReader(io.BytesIO(data)) as reader:
        data[reader.section("WGTS").offset + 3] ^= 4
    with pytest.raises(ArchiveError, match=r"section WGTS at byte .*: CRC-32 is"):
        extended(bytes(data))


def test_numbers_that_cannot_be_stored(archive: Archive) -> None:
    archive.latents[1, 1] = np.nan
    with pytest.raises(UsageError, match="latents holds values that are not finite, and cannot be stored"):
        written(archive)


def test_grids_give_entropy_coded_sections(archive: Archive, grids: Grids) -> None:
    with ArchiveReader(io.BytesIO(coded(archive, grids))) as reader:
        assert [(s.tag, s.coding) for s in reader.sections] == [("WGTS", 4), ("INPT", 5), ("LATS", 4), ("NAME", 3)]
        for name, tensor in reader.weights().items():
            assert np.abs(tensor - archive.weights[name]).max() <= storable(0.02) / 2
        errors = np.abs(reader.latents() - archive.latents)
        assert (errors <= grids.latents * 0.5001).all()
        assert reader.input_cloud().dtype == reader.latents().dtype == np.float32


def test_what_is_decoded_of_grids_is_what_a_reader_gets(archive: Archive, grids: Grids) -> None:
    expected = encode(archive, grids).decoded()
    with ArchiveReader(io.BytesIO(coded(archive, grids))) as reader:
        assert same(reader.archive(), expected)
    assert same(encode(expected, grids).decoded(), expected)
    assert coded(expected, grids) == coded(archive, grids)


def test_points_change_places_within_their_patches_only(archive: Archive, grids: Grids) -> None:
    read = encode(archive, grids).decoded().input_cloud
    ends = np.cumsum(patch_sizes(9, 2))
    assert ends.tolist() == [5, 9]
    nearest = np.rint(archive.input_cloud / grids.input_cloud) * grids.input_cloud
    for patch in (slice(0, 5), slice(5, 9)):
        assert sorted(map(tuple, read[patch].tolist())) == sorted(map(tuple, nearest[patch].tolist()))


def test_more_clouds_behind_entropy_coded_ones(archive: Archive, grids: Grids) -> None:
    data = coded(archive, grids)
    longer = extended(data)
    with ArchiveReader(io.BytesIO(data)) as old, ArchiveReader(io.BytesIO(longer)) as new:
        for tag in ("WGTS", "INPT"):
            assert new.raw_section(new.section(tag)) == old.raw_section(old.section(tag))
        assert new.raw_block(0) == old.raw_block(0)
        assert new.blocks.prior is not None
        assert old.blocks.prior is not None
        assert new.blocks.prior.to_bytes() == old.blocks.prior.to_bytes()
        np.testing.assert_array_equal(new.latents()[:3], old.latents())
        added = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
        assert (np.abs(new.latents([3, 4]) - added) <= grids.latents * 0.5001).all()


def test_one_more_cloud_takes_few_bytes(archive: Archive, grids: Grids) -> None:
    data = coded(archive, grids)
    assert len(extended(data, n=1)) - len(data) <= 10 + 12 + 16  # directory, block of 3 numbers, name


def test_grids_that_do_not_fit(archive: Archive, grids: Grids) -> None:
    weights = dict(grids.weights)
    del weights["head.0.bias"]
    with pytest.raises(UsageError, match=r"no quantiser step for head\.0\.bias"):
        encode(archive, grids._replace(weights=weights)).decoded()
    with pytest.raises(UsageError, match=r"a quantiser step of 0\.3 cannot be stored as it is"):
        encode(archive, grids._replace(input_cloud=0.3)).decoded()
    with pytest.raises(UsageError, match=r"grids of shape \(2,\), and a latent has 3 numbers"):
        encode(archive, grids._replace(latents=grids.latents[:2])).decoded()
    archive.latents[1, 1] = np.inf
    with pytest.raises(UsageError, match="latents holds values that are not finite, and cannot be stored"):
        encode(archive, grids).decoded()


def test_what_was_decoded_is_encoded_to_the_same_sections(archive: Archive, grids: Grids) -> None:
    encoded = encode(archive, grids)
    assert encode(encoded.decoded(), grids).sections == encoded.sections
