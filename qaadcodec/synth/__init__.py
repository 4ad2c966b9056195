"""Procedural sets of point clouds: any number of clouds of any size, without a download."""

KINDS = ("skulls", "bodies")
