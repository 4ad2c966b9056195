"""A set of clouds on its way from files to training."""
