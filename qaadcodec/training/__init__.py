"""Learning a set: the aligned target store, its first assignment, the loop, and fitting latents alone."""
