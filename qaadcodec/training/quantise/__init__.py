"""Learning numbers that will be rounded: how coarsely, at what price of their bits, and to which size of the file."""
