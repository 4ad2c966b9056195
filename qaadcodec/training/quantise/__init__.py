"""Learning what will be rounded: how coarse, at which price, to which size."""
