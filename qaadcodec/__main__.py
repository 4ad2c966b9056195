"""`python -m qaadcodec` is the `qaad` command."""

from __future__ import annotations

import sys

from qaadcodec.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
