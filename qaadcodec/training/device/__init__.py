"""Training with everything on a CUDA device."""
