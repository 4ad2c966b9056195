"""What people see: progress of long work, tables of results, JSON lines. Renders records, computes nothing."""
