"""Choices of a run that are no settings: the device it computes on, and the seed of everything random."""

DEVICES = ("auto", "cpu", "cuda", "mps")
LARGEST_SEED = 2**63 - 1
