"""Loops that numba compiles; `ready.kernels` gives them. Nothing here imports the rest of `assignment`."""
