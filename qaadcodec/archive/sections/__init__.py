"""The four sections of an archive: weights, input cloud, latents, names."""
