"""The decorator: functions are compiled, even where they cannot be kept on disk."""

from __future__ import annotations

import subprocess
import sys

# Numba keeps nothing of a function that stands in no file.
DOUBLE = """
from qaadcodec.assignment.kernels import compiling

@compiling.compiled
def double(x):
    return 2 * x

print(double(21), double.stats.cache_path, double in compiling.functions, len(double.signatures))
compiling.do_without_disk()
print(double(0.5), len(double.signatures))
"""


def test_a_function_that_cannot_be_kept_is_compiled_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", DOUBLE], capture_output=True, text=True, check=True)
    assert done.stdout == "42 None True 1\n1.0 2\n"
