"""S3 itself, as far as moto plays it: skipped where moto[server] and s3fs are not installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.remote.fetched import FetchedFile, Kept
from qaadcodec.remote.listing import files_at
from qaadcodec.remote.ranges import RangeFile
from qaadcodec.remote.storage import Missing
from qaadcodec.remote.writing import check_output, output_at

pytest.importorskip("s3fs")
boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto.server")


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        boto3.client("s3").create_bucket(Bucket="scans")
        yield "s3://scans"
    server.stop()


def test_what_is_written_is_listed_fetched_and_read_in_parts(bucket: str) -> None:
    content = bytes(range(256)) * 256
    url = f"{bucket}/set/a b.ply"
    check_output(url, overwrite=False)
    with output_at(url, overwrite=False) as stream:
        stream.write(content)
    found = files_at(f"{bucket}/set/")
    assert found is not None
    assert [(file.url, str(file.relative)) for file in found] == [(url, "a b.ply")]
    assert FetchedFile(url, Kept()).read().read_bytes() == content
    part = RangeFile(url)
    part.seek(40_000)
    assert part.read(300) == content[40_000:40_300]


def test_what_is_there_is_not_overwritten(bucket: str) -> None:
    url = f"{bucket}/twice"
    with output_at(url, overwrite=False) as stream:
        stream.write(b"first")
    with pytest.raises(EnvironmentFailure, match=r"^s3://scans/twice exists already$"):
        check_output(url, overwrite=False)
    assert RangeFile(url).read() == b"first"


def test_what_is_not_there(bucket: str) -> None:
    with pytest.raises(Missing, match=r"^s3://scans/none: no such file$"):
        RangeFile(f"{bucket}/none")
    with pytest.raises(Missing, match=r"^s3://scans/none: no such file$"):
        FetchedFile(f"{bucket}/none", Kept()).read()


def test_a_bucket_of_others(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Missing, match=r"^s3://nobody/a.qaad: no such file$"):
        RangeFile("s3://nobody/a.qaad")
    with pytest.raises(EnvironmentFailure, match=r"^s3://nobody/a.qaad: cannot be written: there is no such bucket$"):
        check_output("s3://nobody/a.qaad", overwrite=False)
