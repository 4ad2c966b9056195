"""Loops over pixels that numba compiles; `ready.kernels` gives them."""
