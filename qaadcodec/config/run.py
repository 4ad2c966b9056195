"""Choices of a run that are no settings: device, seed, what meshes are taken for, what PSNRs are relative to."""

DEVICES = ("auto", "cpu", "cuda", "mps")
SAMPLES = ("surface", "vertices")
PEAKS = ("box", "spacing")
LARGEST_SEED = 2**63 - 1
