"""Procedural skulls."""
