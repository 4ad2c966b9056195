"""Bijections between clouds: patches, k-d subspaces, linear assignment, QAAD-Greedy and QAAD-Reassignment."""
