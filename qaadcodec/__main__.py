"""`python -m qaadcodec` is the `qaad` command; so is what an installation calls `qaad`."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys
import threading
from typing import NoReturn

# What modules consist of stays as long as the process. Python would look through it again and again for garbage while
# they are imported, and once more at the end, which together takes as long as to import numpy does.
gc.set_threshold(100_000)

NO_MEMORY = b"qaad: error: out of memory\nhint: raise the limit that is set: ulimit -v\n"


def main() -> NoReturn:
    """Run the command line, and leave with its exit code.

    While modules are imported, and when all is done, Ctrl-C ends the process as it would any other program, without a
    traceback: there is nothing to clear up.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        from qaadcodec.cli.main import run

        code = run()
    except MemoryError:  # a limit leaves too little to import what would tell of it
        with contextlib.suppress(OSError):
            os.write(2, NO_MEMORY)
        code = 1
    leave(code)


def leave(code: int) -> NoReturn:
    """End as Python does, but without taking apart all that was imported: the system has it back all the same.

    Threads are waited for, and whoever asked to be called at the end is called. What it is to be looked at after the
    end, as by a profiler or with `python -i`, is left to Python.
    """
    if sys.getprofile() or sys.gettrace() or sys.flags.inspect or not hasattr(threading, "_shutdown"):
        sys.exit(code)
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # Python's own exit code for that
            code = code or 120
    os._exit(code)


if __name__ == "__main__":
    main()
