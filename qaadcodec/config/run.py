"""Choices of a run that are no settings: the device, the seed of everything random, what meshes are taken for."""

DEVICES = ("auto", "cpu", "cuda", "mps")
SAMPLES = ("surface", "vertices")
LARGEST_SEED = 2**63 - 1
