"""The start of the `qaad` command and of `python -m qaadcodec`."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Run the command line, and return its exit code.

    While modules are imported, and when all is done, Ctrl-C ends the process as it would any other program, without a
    traceback: there is nothing to clear up.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from qaadcodec.cli.main import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
