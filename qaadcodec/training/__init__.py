"""Learning a set: where it starts, the loop, and what it becomes; and fitting the latents of new clouds alone."""
