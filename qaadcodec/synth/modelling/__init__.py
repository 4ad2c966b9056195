"""Solids given by distance fields, and their surfaces as meshes."""
