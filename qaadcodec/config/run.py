"""What the run of a training may be told, besides the settings: where to compute, and the seed of everything random."""

DEVICES = ("auto", "cpu", "cuda", "mps")
LARGEST_SEED = 2**63 - 1
