"""A work folder over a whole run: what is kept, what is refused by name, and that damage is a plain error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qaadcodec.arrays import Numbers
from qaadcodec.errors import CloudError, EnvironmentFailure, UsageError
from qaadcodec.files import atomic_output, is_temporary
from qaadcodec.work import folder as folder_module
from qaadcodec.work import session
from qaadcodec.work.asked import Work
from qaadcodec.work.checkpoints import Checkpoints
from qaadcodec.work.folder import WorkFolder
from qaadcodec.work.identity import Known
from qaadcodec.work.session import LeftOutput, checkpointing, left_output, over
from qaadcodec.work.state import State, Table

OPTIONS: dict[str, Any] = {"epochs": 10, "points": None, "set network.shared_widths": [24, 16]}
CLOUDS = [Known("a", 100, 1), Known("b", 200, 2), Known("c", 300, 3)]
OFTEN = Work(every=1e-9)
RESUME = Work(resume=True, every=1e-9)
ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)


class Broken(Exception):
    """The run breaks off."""


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "scans.qaad"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The work folder that goes with the output."""
    return tmp_path / ".scans.qaad.work"


def state() -> State:
    return State({"done": 3, "large": 2**100}, {"q": ROWS[0]}, {"rows": Table.of(ROWS)})


def worked(output: Path, work: Work, do: Callable[[Checkpoints], object], told: list[str] | None = None) -> None:
    """A run that does something with its checkpoints."""
    heard = told if told is not None else list[str]()
    with checkpointing(output, work, OPTIONS, heard.append) as checkpoints:
        do(checkpoints)


def breaking(checkpoints: Checkpoints) -> None:
    checkpoints.of(CLOUDS)
    checkpoints.keep("poses", State({"kind": "rigid"}))
    checkpoints.offer("training", state)
    raise Broken


def never(checkpoints: Checkpoints) -> None:
    raise AssertionError("it began")


def broken_off(output: Path, work: Work = OFTEN, told: list[str] | None = None) -> None:
    """Leave a checkpoint."""
    with pytest.raises(Broken):
        worked(output, work, breaking, told)


def resumed(output: Path, options: dict[str, Any] | None = None, clouds: list[Known] | None = None) -> list[str]:
    """Go on from a checkpoint to the end; what was told."""
    told: list[str] = []
    with checkpointing(output, RESUME, options or OPTIONS, told.append) as checkpoints:
        checkpoints.of(clouds or CLOUDS)
    return told


def test_a_run_that_ends_leaves_nothing(output: Path, folder: Path) -> None:
    with checkpointing(output, OFTEN, OPTIONS, lambda _: None) as checkpoints:
        checkpoints.of(CLOUDS)
        checkpoints.offer("training", state)
        assert sorted(path.name for path in folder.iterdir()) == [
            *("1-clouds-0.safetensors", "1-shared.safetensors", "checkpoint.json", "lock")
        ]
        checkpoints.offer("training", state)
        assert not (folder / "1-shared.safetensors").exists()
        assert checkpoints.written == 2
    assert list(output.parent.iterdir()) == []


def test_a_short_run_never_makes_a_folder(output: Path) -> None:
    with checkpointing(output, Work(), OPTIONS, lambda _: None) as checkpoints:
        checkpoints.change("training", state)
        checkpoints.offer("training", state)
        assert list(output.parent.iterdir()) == []


def test_none_keeps_nothing(output: Path) -> None:
    with checkpointing(output, Work(keep=False, every=1e-9), OPTIONS, lambda _: None) as checkpoints:
        checkpoints.offer("training", state)
        assert list(output.parent.iterdir()) == []


def test_a_pipe_has_a_work_folder_only_where_one_is_named(tmp_path: Path) -> None:
    with checkpointing(None, OFTEN, OPTIONS, lambda _: None) as checkpoints:
        checkpoints.offer("training", state)
        assert checkpoints.written == 0
    with checkpointing(None, Work(folder=tmp_path / "w", every=1e-9), OPTIONS, lambda _: None) as checkpoints:
        checkpoints.offer("training", state)
        assert checkpoints.written == 1


def test_what_a_run_leaves_is_found(output: Path) -> None:
    told: list[str] = []
    broken_off(output, told=told)
    work = ".scans.qaad.work"
    assert told == [
        f"the last checkpoint is in {output.with_name(work)}; the same command with --resume goes on from it"
    ]
    with checkpointing(output, RESUME, OPTIONS, told.append) as checkpoints:
        checkpoints.of(CLOUDS)
        assert checkpoints.resumed
        assert told[1] == f"going on from the checkpoint in {output.with_name(work)}: training, after 0 s"
        left = checkpoints.look("training")
        assert left is checkpoints.take("training")
        assert left is not None
        assert not checkpoints.has("training")
        assert dict(left.numbers) == {"done": 3, "large": 2**100}
        np.testing.assert_array_equal(left.array("q", np.empty(3, np.float32)), ROWS[0])
        np.testing.assert_array_equal(left.rows("rows", (4, 3), np.float32).whole(), ROWS)
        poses = checkpoints.take("poses")
        assert poses is not None
        assert poses.numbers == {"kind": "rigid"}
    assert list(output.parent.iterdir()) == []


def test_tables_are_spread_over_files_and_joined(output: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of tables of unequal length, too: clouds that are not yet there have no rows."""
    monkeypatch.setattr(folder_module, "PART_BYTES", 40)  # two clouds: 12 bytes of rows and 8 of numbers each
    numbers = np.arange(3)

    def breaking(checkpoints: Checkpoints) -> None:
        checkpoints.offer("x", lambda: State(tables={"rows": Table.of(ROWS), "numbers": Table.of(numbers)}))
        raise Broken

    with pytest.raises(Broken):
        worked(output, OFTEN, breaking)
    assert len(list(folder.glob("1-clouds-*"))) == 2
    with checkpointing(output, RESUME, OPTIONS, lambda _: None) as checkpoints:
        left = checkpoints.take("x")
        assert left is not None
        table = left.rows("rows", (4, 3), np.float32)
        for first in range(4):
            for last in range(first, 5):
                np.testing.assert_array_equal(table.block(first, last), ROWS[first:last])
        np.testing.assert_array_equal(left.rows("numbers", (3,), np.int64).whole(), numbers)


def test_seconds_go_on(output: Path, folder: Path) -> None:
    broken_off(output)
    manifest = json.loads((folder / "checkpoint.json").read_text())
    manifest["seconds"] = 1000.0
    (folder / "checkpoint.json").write_text(json.dumps(manifest))
    with checkpointing(output, RESUME, OPTIONS, lambda _: None) as checkpoints:
        assert 1000 <= checkpoints.seconds < 1100


def test_the_next_checkpoint_is_due_after_its_time(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After three minutes, or a third of them at a change of phase, and where it takes long, in 1 % of the time."""
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    def slow() -> State:
        clock[0] += 10.0
        return State()

    with checkpointing(output, Work(), OPTIONS, lambda _: None) as checkpoints:
        for seconds, change, written in (
            *((59.0, True, 0), (2.0, True, 1)),
            *((990.0, False, 1), (20.0, False, 2)),
            *((990.0, True, 2), (20.0, True, 3)),
        ):
            clock[0] += seconds
            (checkpoints.change if change else checkpoints.offer)("training", slow)
            assert checkpoints.written == written


def test_a_checkpoint_is_not_replaced_before_all_of_it_is_taken(output: Path, folder: Path) -> None:
    """A process that is killed while it reads the inputs again must not lose it."""
    broken_off(output)
    before = (folder / "checkpoint.json").read_bytes()

    def reading(checkpoints: Checkpoints) -> None:
        checkpoints.of(CLOUDS)
        checkpoints.take("poses")
        checkpoints.change("normalising")
        assert (folder / "checkpoint.json").read_bytes() == before
        assert checkpoints.take("training") is not None
        checkpoints.change("normalising")
        assert json.loads((folder / "checkpoint.json").read_text())["parts"] == {}
        assert checkpoints.take("normalising") is None

    worked(output, RESUME, reading)


def test_it_stays_where_the_run_is_to_go_on_later(output: Path, folder: Path) -> None:
    def pausing(checkpoints: Checkpoints) -> None:
        checkpoints.of(CLOUDS)
        checkpoints.offer("training", state)
        checkpoints.staying = True

    told: list[str] = []
    worked(output, OFTEN, pausing, told)
    assert told == [f"the last checkpoint stays in {folder}; the same command with --resume goes on from it"]
    assert resumed(output)[0].startswith("going on from")


def test_without_resume_an_unfinished_run_is_told(output: Path, folder: Path) -> None:
    broken_off(output)
    before = sorted(folder.iterdir())
    with pytest.raises(EnvironmentFailure, match=r"work keeps an unfinished run \(training, after 0 s\)") as failure:
        worked(output, OFTEN, never)
    assert failure.value.hint == "--resume goes on with it; delete the folder to start again"
    assert sorted(folder.iterdir()) == before


def test_with_nothing_to_go_on_from_it_starts_anew_and_says_so(output: Path, folder: Path) -> None:
    assert resumed(output) == [f"there is no checkpoint in {folder}: the run starts from the beginning"]
    folder.mkdir()
    (folder / "1-shared.safetensors").write_bytes(b"cut off")  # killed while the first one was written
    assert resumed(output) == [f"there is no checkpoint in {folder}: the run starts from the beginning"]
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 20}, "epochs was 10, and is 20"),
        ({"points": 64}, "points was not given, and is 64"),
        ({"set network.shared_widths": [24]}, r"set network.shared_widths was \[24, 16\], and is \[24\]"),
        ({"set coding.loss": 0.1}, "set coding.loss was not given, and is 0.1"),
        ({"epochs": 20, "points": 64}, "epochs was 10, and is 20; points was not given, and is 64"),
    ],
)
def test_other_options_are_named(output: Path, folder: Path, changes: dict[str, Any], said: str) -> None:
    broken_off(output)
    with pytest.raises(UsageError, match=f"work keeps was begun with other options: {said}$") as failure:
        resumed(output, OPTIONS | changes)
    assert failure.value.hint is not None
    assert "give the same options to go on" in failure.value.hint
    assert (folder / "checkpoint.json").exists()
    resumed(output)


@pytest.mark.parametrize(
    ("clouds", "said"),
    [
        (CLOUDS[:2], "c is missing"),
        ([*CLOUDS, Known("d", 1, 1)], "d is new"),
        ([CLOUDS[0], Known("b", 200, 3), CLOUDS[2]], "b is changed"),
        ([CLOUDS[0], Known("b", 201, 2), CLOUDS[2]], "b is changed"),
        ([Known("x", 100, 1), *CLOUDS[1:]], "a is missing; x is new"),
        (CLOUDS[::-1], "they come in another order"),
        ([Known(str(i), 1, 1) for i in range(5)], "a, b, c are missing; 0, 1, 2 and 2 more are new"),
    ],
)
def test_other_clouds_are_named(output: Path, folder: Path, clouds: list[Known], said: str) -> None:
    broken_off(output)
    with pytest.raises(CloudError, match=f"work keeps was begun with other clouds: {said}$"):
        resumed(output, clouds=clouds)
    assert (folder / "checkpoint.json").exists()


def test_another_version_is_refused(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_off(output)
    monkeypatch.setattr(session, "__version__", "9.9")
    with pytest.raises(UsageError, match=r"was begun by qaad .*, and this is 9\.9"):
        resumed(output)


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path, output: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("…", encoding="utf-8")
    with pytest.raises(EnvironmentFailure, match=r"mine is no work folder of qaad: it holds thesis\.tex"):
        worked(output, Work(folder=mine), never)
    assert [path.name for path in mine.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("name", ["checkpoint.json", "output.json"])
def test_what_a_kill_in_the_middle_of_a_file_leaves_is_its_own(output: Path, folder: Path, name: str) -> None:
    broken_off(output)
    with atomic_output(folder / name, overwrite=True) as stream:
        (half,) = (path for path in folder.iterdir() if is_temporary(path.name))
        stream.write((folder / "checkpoint.json").read_bytes())
    half.write_bytes(b'{"')  # as it is when the process is gone before the file has its name
    if name == "output.json":
        (folder / name).unlink()
    resumed(output)
    assert list(output.parent.iterdir()) == []


def test_a_folder_in_use_is_refused(output: Path, folder: Path) -> None:
    def second(checkpoints: Checkpoints) -> None:
        with pytest.raises(EnvironmentFailure, match=r"work is in use by another run \(process "):
            worked(output, Work(folder=folder, resume=True), never)

    worked(output, Work(folder=folder), second)


def test_a_folder_that_is_named_is_made_at_once(tmp_path: Path, output: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentFailure, match=r"cannot .*/file/w: not a directory"):
        worked(output, Work(folder=tmp_path / "file" / "w"), never)


def test_a_disk_that_is_full_does_not_end_the_run(output: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with checkpointing(output, OFTEN, OPTIONS, told.append) as checkpoints:
        checkpoints.offer("training", state)
        before = {path.name for path in folder.iterdir()}
        with monkeypatch.context() as patch:
            patch.setattr(folder_module, "write_tensors", full)
            checkpoints.offer("training", state)
            checkpoints.offer("training", state)
        assert told == [f"no checkpoint can be written to {folder}: no space left on device; the run goes on without"]
        assert {path.name for path in folder.iterdir()} == before
        checkpoints.offer("training", state)
        assert checkpoints.written == 2


def harmed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def harm(data: bytes) -> bytes:
        values = json.loads(data)
        change(values)
        return json.dumps(values).encode()

    return harm


def first_file(**changes: object) -> Callable[[bytes], bytes]:
    return harmed(lambda values: values["files"][0].update(changes))


MANIFESTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[:-5],
    "no JSON": lambda data: b"checkpoint",
    "no text": lambda data: b"\xff\xfe",
    "a list": lambda data: b"[]",
    "deep nesting": lambda data: b"[" * 100_000,
    "a long number": lambda data: b"1" * 10_000,
    "another format": harmed(lambda values: values.update(format="qaad work 2")),
    "no files": harmed(lambda values: values.pop("files")),
    "more than there is": harmed(lambda values: values.update(more=1)),
    "seconds of text": harmed(lambda values: values.update(seconds="x")),
    "negative seconds": harmed(lambda values: values.update(seconds=-1)),
    "parts of numbers": harmed(lambda values: values.update(parts={"training": 3})),
    "clouds of text": harmed(lambda values: values.update(clouds="abc")),
    "a cloud of text": harmed(lambda values: values.update(clouds=["abc"])),
    "a file elsewhere": first_file(name="../x.safetensors"),
    "an absolute file": first_file(name="/x.safetensors"),
    "a file of another kind": first_file(name="checkpoint.json"),
    "a file that is missing": first_file(name="9-shared.safetensors"),
    "a size of text": first_file(bytes="x"),
    "another size": first_file(bytes=7),
    "another checksum": first_file(crc32=7),
    "clouds of a file": first_file(clouds=[1]),
}


@pytest.mark.parametrize("harm", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_makes_no_sense_is_told(output: Path, folder: Path, harm: Callable[[bytes], bytes]) -> None:
    broken_off(output)
    path = folder / "checkpoint.json"
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(EnvironmentFailure, match=r"work.*: the checkpoint is damaged: ") as failure:
        resumed(output)
    assert failure.value.hint == "delete the folder, and start again without --resume"


@pytest.mark.parametrize("name", ["1-shared.safetensors", "1-clouds-0.safetensors"])
def test_a_file_that_is_cut_or_missing_is_told(output: Path, folder: Path, name: str) -> None:
    broken_off(output)
    path = folder / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(EnvironmentFailure, match=rf"{name}: the checkpoint is damaged: it has \d+ bytes, and \d+ were"):
        resumed(output)
    path.unlink()
    with pytest.raises(EnvironmentFailure, match=f"damaged: {name} cannot be read: no such file or directory"):
        resumed(output)


@pytest.mark.parametrize("like", [np.empty(4, np.float32), np.empty(3), np.empty((1, 3), np.float32)])
def test_an_array_of_another_kind_is_told(output: Path, like: Numbers) -> None:
    broken_off(output)

    def take(checkpoints: Checkpoints) -> None:
        left = checkpoints.take("training")
        assert left is not None
        left.array("q", like)

    with pytest.raises(EnvironmentFailure, match=r"damaged: q is float32 \(3,\), and should be "):
        worked(output, RESUME, take)


def test_numbers_that_are_missing_are_told(output: Path) -> None:
    broken_off(output)

    def take(checkpoints: Checkpoints) -> None:
        left = checkpoints.take("training")
        assert left is not None
        with left.going_on():
            left.numbers["epochs"]

    with pytest.raises(EnvironmentFailure, match="damaged: epochs is missing"):
        worked(output, RESUME, take)


def test_an_output_that_the_run_had_written_is_known_again(output: Path, folder: Path) -> None:
    output.write_bytes(b"the archive")
    assert left_output(output, RESUME) is LeftOutput.UNKNOWN
    broken_off(output)
    assert left_output(output, RESUME) is LeftOutput.OTHER
    WorkFolder(folder).note_output("e0a04c8b6ba8a3e8a96ba6f5e0b3a3e3f5e3d6a0c3d7d3c9e7f1d0b6a5c4e3d2", whole=True)
    assert left_output(output, RESUME) is LeftOutput.OTHER
    for whole, left in ((False, LeftOutput.PART), (True, LeftOutput.WHOLE)):
        WorkFolder(folder).note_output(hashlib.sha256(b"the archive").hexdigest(), whole=whole)
        assert left_output(output, RESUME) is left
    over(output, RESUME)
    assert [path.name for path in output.parent.iterdir()] == ["scans.qaad"]
    over(output, RESUME)


def test_a_folder_goes_in_an_order_that_a_kill_does_no_harm_in(
    output: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the manifest, so that no checkpoint without its files is gone on from; last what is noted of the output."""
    broken_off(output)
    WorkFolder(folder).note_output("0", whole=True)
    gone: list[str] = []
    unlink = Path.unlink

    def noted(path: Path, missing_ok: bool = False) -> None:
        gone.append(path.name)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", noted)
    WorkFolder(folder).delete()
    assert (gone[0], gone[-1], len(gone)) == ("checkpoint.json", "output.json", 4)


def test_a_name_that_is_too_long_has_a_work_folder(tmp_path: Path) -> None:
    output = tmp_path / f"{'s' * 250}.qaad"
    broken_off(output)
    assert len(resumed(output)) == 1
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_without_a_folder_keep_nothing() -> None:
    checkpoints = Checkpoints()
    checkpoints.offer("training", state)
    checkpoints.change("training", state)
    assert (checkpoints.written, checkpoints.take("training"), checkpoints.resumed) == (0, None, False)
