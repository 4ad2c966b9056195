"""The claim on a place that one run at a time may write to: a locked file that names its process.

The system lets go of the lock when the process ends, however it ends. So a file that is left behind is not locked, and
the next run takes it over.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import reason

LOCKED_BYTE = 1 << 30  # on Windows, where a locked byte cannot be read: far behind the text
LONGEST = 200  # bytes of the text


@contextlib.contextmanager
def claimed(lock: Path, what: str) -> Iterator[bool]:
    """Claim a place for the block.

    Args:
        lock: the file; it is gone afterwards.
        what: what a message calls the place.

    Yields:
        whether a run that had it died without letting go.

    Raises:
        EnvironmentFailure: another process has it, or the file cannot be created.
    """
    held: list[int] = []
    try:
        yield _take(lock, what, held)
    finally:
        try:
            _let_go(lock, held)
        except BaseException:  # a signal: while this clears up, another one does nothing (cli/interrupts.py)
            _let_go(lock, held)
            raise


def _take(lock: Path, what: str, held: list[int]) -> bool:
    """Lock the file, whose descriptor goes to `held`; whether it was left behind."""
    while True:
        try:
            held.append(os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666))
        except OSError as error:
            raise EnvironmentFailure(f"cannot write {lock}: {reason(error)}") from error
        descriptor = held[0]
        if not _lock(descriptor):
            holder = os.pread(descriptor, LONGEST, 0) if hasattr(os, "pread") else os.read(descriptor, LONGEST)
            os.close(held.pop())
            raise EnvironmentFailure(
                f"{what} is in use by another run ({holder.decode(errors='replace').strip() or 'unknown'})",
                hint="wait for its end, or name another output",
            )
        if _is_still(lock, descriptor):
            stale = os.fstat(descriptor).st_size > 0
            os.truncate(lock, 0)
            os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode()[:LONGEST])
            return stale
        os.close(held.pop())  # whoever had it removed it in between: once more


def _let_go(lock: Path, held: list[int]) -> None:
    """Remove the file and free the lock, however far `_take` got, unless another process has the file."""
    if sys.platform == "win32":  # where nobody can remove a file that is open
        while held:
            os.close(held.pop())
        with contextlib.suppress(OSError):
            lock.unlink()
        return
    if not held:  # never had, or a signal came while it was opened
        try:
            held.append(os.open(lock, os.O_RDWR | os.O_CLOEXEC))
        except OSError:
            return
    # Who has the lock already gets it again. Who has opened the file and locks it next, sees then that it is gone.
    if _lock(held[0]) and _is_still(lock, held[0]):
        lock.unlink(missing_ok=True)
    os.close(held.pop())


def _is_still(lock: Path, descriptor: int) -> bool:
    """Whether the path still is the file that is open."""
    try:
        return os.path.samestat(os.stat(lock), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _lock(descriptor: int) -> bool:
    """Lock an open file without waiting; false if another process has. File systems without locks have no claims."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network file system without locks
        return True
    return True
