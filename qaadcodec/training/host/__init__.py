"""Training on the CPU, and with gradients on mps."""
