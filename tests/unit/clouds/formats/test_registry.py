"""The table of cloud formats: the laws that every record keeps."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click import BadParameter

from qaadcodec.cli.decode import command
from qaadcodec.clouds import FORMATS, WRITTEN, find_clouds, read_cloud, write_cloud
from qaadcodec.clouds.formats import TABLE
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.recognise import recognise

CLOUD = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
SET = np.random.default_rng(1).normal(size=(3, 40, 3)).astype(np.float32)

# Those that are read and written, without LAS, which rounds coordinates to a step and has tests of its own.
BOTH = [TABLE[name] for name in WRITTEN if name in TABLE and name != "las"]

every = pytest.mark.parametrize("format", BOTH, ids=[format.name for format in BOTH])


def suffixes(format: CloudFormat) -> tuple[str, ...]:
    return format.suffixes + format.named_suffixes


def test_the_formats_are_called_by_their_names_in_this_order() -> None:
    assert WRITTEN == ("ply", "npy", "npz", "h5", "xyz", "off", "vtp", "obj", "las", "laz")
    assert tuple(TABLE) == FORMATS
    assert all(format.name == name for name, format in TABLE.items())


def test_no_suffix_and_no_signature_leads_to_two_formats() -> None:
    counts = Counter(suffix for format in TABLE.values() for suffix in suffixes(format))
    assert [suffix for suffix, count in counts.items() if count > 1] == []
    signatures = [signature for format in TABLE.values() for signature in format.signatures]
    clashes = [(a, b) for a in signatures for b in signatures if a is not b and a.startswith(b)]
    assert clashes == []


@pytest.mark.parametrize("format", TABLE.values(), ids=TABLE.keys())
def test_a_record_is_complete(format: CloudFormat) -> None:
    assert format.suffixes[0] == f".{format.name}"  # what `decode` appends to the names of clouds
    assert [s for s in suffixes(format) if s != s.lower() or not s.startswith(".")] == []
    assert format.signatures or format.sniff or format.members
    assert (format.open_arrays is None) == (format.write_many is None) == (format.read is not None)


@every
def test_it_reads_back_what_it_writes(format: CloudFormat, tmp_path: Path) -> None:
    for suffix in suffixes(format):
        write_cloud(tmp_path / f"a{suffix}", CLOUD, format.name)
        (source,) = find_clouds([tmp_path / f"a{suffix}"])
        assert (source.name, source.count(), source.format) == ("a", 40, format)
        np.testing.assert_array_equal(source.load().points.astype(np.float32), CLOUD)


@every
def test_it_knows_what_it_writes_by_the_first_bytes(format: CloudFormat) -> None:
    stream = io.BytesIO()
    write_cloud(stream, CLOUD, format.name)
    assert recognise(stream.getvalue()[:4096], "a") is format
    assert format.is_text == (b"\0" not in stream.getvalue())


@every
def test_only_its_first_suffixes_count_in_a_folder(format: CloudFormat, tmp_path: Path) -> None:
    write_cloud(tmp_path / "cloud.ply", CLOUD, "ply")
    for suffix in suffixes(format):
        write_cloud(tmp_path / f"other{suffix}", CLOUD, format.name)
    found = {source.file.name for source in find_clouds([tmp_path]) if isinstance(source.file, Path)}
    assert found == {"cloud.ply", *(f"other{suffix}" for suffix in format.suffixes)}


@pytest.mark.parametrize("name", [name for name, format in TABLE.items() if format.write_many])
def test_it_reads_back_the_many_that_it_writes(name: str, tmp_path: Path) -> None:
    write_cloud(tmp_path / f"a.{name}", SET, name)
    np.testing.assert_array_equal([s.load().points for s in find_clouds([tmp_path / f"a.{name}"])], SET)
    np.testing.assert_array_equal(read_cloud(find_clouds([tmp_path / f"a.{name}"])[1].path).points, SET[1])


def test_the_choices_of_the_command_line_are_the_formats_that_are_written() -> None:
    (option,) = (p for p in command.params if p.name == "form")
    assert option.type.get_metavar(option) == f"[{'|'.join(WRITTEN)}]"
    assert [option.type.convert(name, option, None) for name in WRITTEN] == list(WRITTEN)
    with pytest.raises(BadParameter, match=r"^'tiff' is not one of 'ply', "):
        option.type.convert("tiff", option, None)
