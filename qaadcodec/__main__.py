"""`python -m qaadcodec` is the `qaad` command."""

from __future__ import annotations

import signal
import sys

if __name__ == "__main__":
    # Ctrl-C while modules are imported ends the process without a traceback; there is nothing to clear up yet.
    if early := signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from qaadcodec.cli.main import run

    if early:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run())
