"""Procedural human bodies in motion."""
