"""The sections of an archive: weights, input cloud, latents, poses, names."""
