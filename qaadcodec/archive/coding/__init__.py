"""Numbers to bytes and back: grids, packed bits, entropy coding."""
