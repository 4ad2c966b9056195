"""HDF5 files that crash libhdf5, keep it busy, claim too much or lead to other files are refused, and nothing ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, read_cloud
from qaadcodec.clouds.formats import hdf5_keeper, hdf5_process
from qaadcodec.errors import CloudError, EnvironmentFailure
from qaadcodec.progress import Run
from qaadcodec.sets.survey import survey

CRASH = Path(__file__).parent / "files" / "crash.h5"  # (2, 3, 3) of which libhdf5 2.0 reads the first cloud
SOME = np.arange(30, dtype=np.float32).reshape(10, 3)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with h5py.File("good.h5", "w") as h5:
        h5["a"] = SOME
    yield
    hdf5_keeper.KEEPER.stop()


def refusal(path: str) -> str:
    with pytest.raises(CloudError) as caught:
        read_cloud(path)
    return str(caught.value)


def process() -> subprocess.Popen[bytes]:
    """The process that reads, which has read something."""
    read_cloud("good.h5")
    assert hdf5_keeper.KEEPER.child is not None
    return hdf5_keeper.KEEPER.child._process


CRASHES = pytest.mark.skipif(
    h5py.version.hdf5_version_tuple < (2, 0, 0), reason="an older libhdf5 refuses the file, and goes on"
)


@CRASHES
def test_a_crash_of_the_library_is_an_error_of_the_file() -> None:
    first, bad = find_clouds([CRASH])
    assert len(first.load()) == 3
    with pytest.raises(CloudError, match=r"crash\.h5(::/s)?: ") as caught:
        bad.load()
    assert caught.value.hint is None or "--skip-bad" in caught.value.hint
    assert len(read_cloud("good.h5")) == 10


@CRASHES
def test_only_the_crashing_cloud_is_skipped() -> None:
    Path("b.h5").write_bytes(CRASH.read_bytes())
    with h5py.File("c.h5", "w") as h5:
        h5["points"] = SOME
    found = survey(find_clouds(["good.h5", "b.h5", "c.h5"]), Run(), skip_bad=True)
    assert [source.name for source in found.sources] == ["good", "b/0", "c"]
    ((skipped, why),) = found.skipped
    assert skipped == "b.h5::/s[1]"
    assert why.startswith("b.h5")


@CRASHES
def test_a_process_that_dies_is_no_fault_of_a_file_that_it_reads_alone_again() -> None:
    found = find_clouds(["good.h5"])
    reader = process()
    find_clouds([CRASH])
    reader.send_signal(signal.SIGSEGV)
    assert len(found[0].load()) == 10
    assert reader.returncode == -signal.SIGSEGV


def test_a_process_that_is_stuck_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5_process, "PATIENCE", 1)
    process().send_signal(signal.SIGSTOP)
    assert refusal("good.h5") == ("good.h5: cannot be read: the process that reads it made no progress for 1 seconds")
    assert len(read_cloud("good.h5")) == 10


def test_values_that_are_kept_elsewhere() -> None:
    Path("secret.bin").write_bytes(SOME.tobytes())
    os.mkfifo("pipe")
    with h5py.File("source.h5", "w") as h5:
        h5["a"] = SOME
    with h5py.File("out.h5", "w") as h5:
        h5["a"] = SOME
        h5.create_dataset("external/file", (10, 3), "f4", external=[("secret.bin", 0, 120)])
        h5.create_dataset("external/pipe", (10, 3), "f4", external=[("pipe", 0, 120)])
        layout = h5py.VirtualLayout((10, 3), "f4")
        layout[:] = h5py.VirtualSource("source.h5", "a", (10, 3))
        h5.create_virtual_dataset("virtual/a", layout)
        h5["link"] = h5py.ExternalLink("source.h5", "/a")
        h5["soft"] = h5py.SoftLink("/link")
    elsewhere = "are kept elsewhere, and only the file itself is read"
    assert refusal("out.h5::external/file") == f"out.h5: the values of /external/file {elsewhere}"
    assert refusal("out.h5::external/pipe") == f"out.h5: the values of /external/pipe {elsewhere}"
    assert refusal("out.h5::virtual") == f"out.h5: the values of /virtual/a {elsewhere}"
    assert refusal("out.h5::link") == "out.h5: /link is a link, and links are not followed"
    assert refusal("out.h5::soft") == "out.h5: /soft is a link, and links are not followed"
    np.testing.assert_array_equal(read_cloud("out.h5::a").points, SOME)


def test_groups_without_end() -> None:
    with h5py.File("deep.h5", "w") as h5:
        h5["/".join(["g"] * 3000) + "/a"] = SOME
    assert refusal("deep.h5") == "deep.h5: has groups more than 64 deep"


def test_claims_are_refused_before_there_is_room_for_them() -> None:
    with h5py.File("claims.h5", "w") as h5:
        h5.create_dataset("a", (6 << 20, 3), "f4", chunks=(1 << 20, 3))  # 72 MiB that nobody wrote
        h5.create_dataset("b", (10, 3), "f4", chunks=(10, 3), maxshape=(None, 3))
    size = Path("claims.h5").stat().st_size
    assert refusal("claims.h5::a") == (
        f"claims.h5::/a: declares the shape (6291456, 3), 75497472 bytes, in a file of {size}"
    )
    with h5py.File("chunk.h5", "w") as h5:
        h5.create_dataset("a", data=SOME, chunks=(6 << 20, 3), maxshape=(None, 3), compression="gzip")
    assert refusal("chunk.h5").startswith("chunk.h5::/a: has chunks of 75497472 bytes, in a file of ")


def test_threads_and_forks_read_side_by_side() -> None:
    names = [f"{i}.h5" for i in range(8)]
    for i, name in enumerate(names):
        with h5py.File(name, "w") as h5:
            h5["a"] = np.random.default_rng(i).normal(size=(5, 1000, 3))
    found = find_clouds(names)
    sums: dict[str, float] = {}

    def read() -> None:
        for source in found:
            sums[source.name] = float(source.load().points.sum())

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {
        f"{i}/{k}": float(cloud.sum())
        for i in range(8)
        for k, cloud in enumerate(np.random.default_rng(i).normal(size=(5, 1000, 3)))
    }
    assert sums == pytest.approx(expected)


def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-c", textwrap.dedent(program)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_works_in_a_fork_and_with_a_strange_module_beside_it() -> None:
    Path("json.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    program = """
        import os, qaadcodec.clouds as c
        assert len(c.read_cloud("good.h5")) == 10
        child = os.fork()
        assert len(c.read_cloud("good.h5")) == 10
        if child:
            print(os.waitpid(child, 0)[1], len(c.read_cloud("good.h5")))
    """
    done = run(program, "-P")
    assert (done.stdout, done.stderr) == ("0 10\n", "")


def test_the_end_of_a_program_is_the_end_of_the_process_that_reads() -> None:
    program = """
        import os, signal, qaadcodec.clouds as c
        c.read_cloud("good.h5")
        print(c.formats.hdf5_keeper.KEEPER.child._process.pid, flush=True)
        END
    """
    for end in ("pass", "os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)"):
        reader = int(run(program.replace("END", end)).stdout)
        for _ in range(600):
            try:
                os.kill(reader, 0)
            except ProcessLookupError:
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"the process is there after {end}")


def test_ctrl_c_while_waiting() -> None:
    program = """
        import os, signal, threading, qaadcodec.clouds as c
        signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it is ignored
        c.read_cloud("good.h5")
        keeper = c.formats.hdf5_keeper.KEEPER
        keeper.child._process.send_signal(signal.SIGSTOP)
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            c.read_cloud("good.h5")
        except KeyboardInterrupt:
            print("interrupted", keeper.child, len(c.read_cloud("good.h5")))
    """
    done = run(program)
    assert (done.stdout, done.stderr) == ("interrupted None 10\n", "")


def test_without_h5py_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [place for place in sys.path if "site-packages" not in place])
    hdf5_keeper.KEEPER.stop()
    with pytest.raises(EnvironmentFailure, match=r"^HDF5 files cannot be read: No module named 'h5py'$") as caught:
        read_cloud("good.h5")
    assert caught.value.hint == "pip install h5py"
