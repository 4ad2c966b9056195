"""The process that reads HDF5 files for `hdf5_process.py`: where libhdf5 crashes on a file, this is all that ends.

It is run as a script and imports nothing of qaad, so that it starts in a sixth of a second. A request is a frame of
JSON on stdin, [what to do, number of the file, …]; a file that is in memory follows as a frame of bytes. An answer is
frames on stdout, of which the last is RESULT or FAILURE. Numbers come in pieces, so that memory stays bounded and
whoever waits sees progress.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import os
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

FRAME = struct.Struct("<cQ")  # kind and length of what follows
REQUEST, RESULT, FAILURE, LISTED, NUMBERS, PIECE = b"?", b"=", b"!", b"+", b"#", b"."

PIECE_BYTES = 1 << 24
LISTED_AT_ONCE = 256  # datasets
DEEPEST = 64  # groups within groups

# What the process may take beyond what it has when a request comes. Linux alone keeps a process to it.
SPARE_BYTES = 1 << 26
CPU_SECONDS = 120  # of one request: a net under whoever waits, should it be killed


class Refused(Exception):
    """A file that is not read: why, without its name, and what to do."""

    def __init__(self, why: str, hint: str | None = None) -> None:
        super().__init__(why, hint)


def send(stream: BinaryIO, kind: bytes, payload: Any = None) -> None:
    """Write a frame; what is neither bytes nor an array becomes JSON."""
    if hasattr(payload, "__array__"):
        data = payload.reshape(-1).view("u1").data
    else:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    stream.write(FRAME.pack(kind, len(data)))
    stream.write(data)
    stream.flush()


def next_frame(stream: BinaryIO) -> tuple[bytes, int]:
    """Kind and length of the next frame, which is still to be read; EOFError where there is none."""
    head = stream.read(FRAME.size)
    if len(head) < FRAME.size:
        raise EOFError
    kind, size = FRAME.unpack(head)
    return kind, size


def described(dtype: Any) -> Any:
    """A type of numpy for JSON; one with Python objects is "O", whatever else is in it. See `dtype_of`."""
    if dtype.hasobject:
        return "O"
    if dtype.names:
        fields = [dtype.fields[name] for name in dtype.names]
        formats, offsets = [described(kind) for kind, *_ in fields], [offset for _, offset, *_ in fields]
        return {"names": dtype.names, "formats": formats, "offsets": offsets, "itemsize": dtype.itemsize}
    return [described(dtype.subdtype[0]), dtype.subdtype[1]] if dtype.subdtype else dtype.str


class Files:
    """The open files, by their numbers."""

    def __init__(self) -> None:
        self._open: dict[int, Any] = {}
        self._sizes: dict[int, int] = {}

    def open(self, number: int, path: str | None, data: bytes) -> None:
        """Open a file, or the bytes of one."""
        import h5py

        self._sizes[number] = len(data) if path is None else os.path.getsize(path)
        limit(2 * self._sizes[number])
        self._open[number] = h5py.File(io.BytesIO(data) if path is None else path, "r", locking=False)

    def close(self, number: int) -> None:
        """Let go of a file."""
        self._open.pop(number).close()

    def listed(self, number: int, key: str) -> Iterator[Any]:
        """Name, shape, type and chunks of every dataset at or below the key."""
        import h5py

        limit(2 * self._sizes[number])
        node, path = found(self._open[number], key)
        if isinstance(node, h5py.Dataset):
            yield listing(path, node)
        elif isinstance(node, h5py.Group):
            for name, dataset in datasets_below(node, path):
                yield listing(name, dataset)
        else:
            raise Refused(f"{path} is neither a dataset nor a group")

    def pieces(self, number: int, key: str, index: list[Any]) -> Iterator[Any]:
        """What the selection is, [shape, type], and then its values in C order, in pieces along the first axis.

        Args:
            index: [start, stop] of the axes, or null for all of one; axes that are not there are whole.
        """
        dataset, path = found(self._open[number], key)
        listing(path, dataset)  # refuses what is not in the file
        if dataset.dtype.hasobject:
            raise Refused(f"{path} holds no numbers")
        whole = [None] * (len(dataset.shape) - len(index))
        spans = [slice(*(span or (None,))).indices(n)[:2] for span, n in zip(index + whole, dataset.shape, strict=True)]
        (start, stop), *others = [(a, max(a, b)) for a, b in spans]
        shape = [stop - start, *(b - a for a, b in others)]
        yield [shape, described(dataset.dtype)]
        chunk: Any = dataset.chunks or (1,)
        row: int = max(1, math.prod(shape[1:]) * dataset.dtype.itemsize)
        rows: int = max(1, PIECE_BYTES // row // chunk[0]) * chunk[0]
        limit(3 * (min(rows, shape[0]) * row + math.prod(chunk) * dataset.dtype.itemsize))
        while start < stop and all(shape):
            end = min(stop, (start // rows + 1) * rows)
            yield dataset[(slice(start, end), *(slice(a, b) for a, b in others))]
            start = end


def found(h5: Any, key: str) -> tuple[Any, str]:
    """What a key names, and its path. Links that are not hard ones are not followed: they may lead to any file."""
    import h5py

    node, path = h5["/"], ""
    for name in (part for part in key.split("/") if part not in ("", ".")):
        link = node.get(name, getlink=True) if isinstance(node, h5py.Group) else None
        if link is None:
            held = ", ".join(map(str, itertools.islice(h5, 8))) or "nothing"
            raise Refused(f"holds no {key!r}", f"it holds {held}")
        path = f"{path}/{name}"
        if not isinstance(link, h5py.HardLink):
            raise Refused(f"{path} is a link, and links are not followed", "name the dataset itself")
        node = node[name]
    return node, path or "/"


def datasets_below(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The datasets below a group with their paths, each once. Links that are not hard ones are not followed."""
    import h5py

    seen: set[Any] = set()
    below = [(group, path.rstrip("/"))]
    while below:
        group, path = below.pop()
        if path.count("/") > DEEPEST:
            raise Refused(f"has groups more than {DEEPEST} deep")
        for name in group:
            if not isinstance(name, str):
                raise Refused(f"the name {name!r} in {path or '/'} is not UTF-8")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            item = group[name]
            state = h5py.h5o.get_info(item.id)
            if (state.fileno, state.addr) in seen:
                continue
            seen.add((state.fileno, state.addr))
            if isinstance(item, h5py.Group):
                below.append((item, f"{path}/{name}"))
            elif isinstance(item, h5py.Dataset):
                yield f"{path}/{name}", item


def listing(path: str, dataset: Any) -> Any:
    """Name, shape, type and chunks of a dataset. One whose values are elsewhere is refused before these are opened."""
    import h5py

    made = dataset.id.get_create_plist()
    if made.get_layout() == h5py.h5d.VIRTUAL or made.get_external_count():
        raise Refused(f"the values of {path} are kept elsewhere, and only the file itself is read", "copy them into it")
    try:
        dtype = described(dataset.dtype)
    except TypeError:  # a type that numpy does not have
        dtype = "O"
    return path, dataset.shape or (), dtype, dataset.chunks


def limit(bytes_more: int) -> None:
    """Let the process take so many bytes, and SPARE_BYTES, more than it has, and CPU_SECONDS."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        lower(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + CPU_SECONDS)
        if sys.platform == "linux":
            with open("/proc/self/statm", "rb") as pages:
                lower(
                    resource.RLIMIT_AS, int(pages.read().split()[0]) * resource.getpagesize() + SPARE_BYTES + bytes_more
                )


def lower(which: int, most: int) -> None:
    """Set a limit of the process, as far as its own limits let it."""
    import resource

    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until no request is left."""
    files = Files()
    while True:
        _, size = next_frame(requests)
        what, number, *rest = json.loads(requests.read(size))
        try:
            if what == "open":
                (path,) = rest
                files.open(number, path, b"" if path is not None else requests.read(next_frame(requests)[1]))
            elif what == "list":
                every = files.listed(number, *rest)
                while some := list(itertools.islice(every, LISTED_AT_ONCE)):
                    send(answers, LISTED, some)
            elif what == "read":
                for place, piece in enumerate(files.pieces(number, *rest)):
                    send(answers, PIECE if place else NUMBERS, piece)
            elif what == "close":
                files.close(number)
            send(answers, RESULT)
        except Refused as refused:
            send(answers, FAILURE, refused.args)
        except Exception as error:  # of a damaged file, h5py raises nearly every kind there is
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            send(answers, FAILURE, [f"is not a whole HDF5 file: {why}", None])


def main() -> None:
    """Run until stdin ends. The arguments are the places where modules are, those of whoever started this process."""
    sys.path[:] = sys.argv[1:]
    answers = sys.stdout.buffer
    if sys.platform == "win32":  # a crash opens no window
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)
    else:  # a crash writes no core, and Ctrl-C is for whoever started this process
        import resource
        import signal

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        import h5py  # noqa: F401
    except ImportError as error:
        send(answers, FAILURE, [str(error), None])
        return
    send(answers, RESULT)
    try:
        serve(sys.stdin.buffer, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # nobody is there any more: what is open needs no end


if __name__ == "__main__":
    main()
