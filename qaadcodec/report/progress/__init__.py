"""Progress of long work: live on a terminal, as plain lines elsewhere."""
