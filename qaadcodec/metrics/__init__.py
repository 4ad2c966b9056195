"""Errors between clouds, squared or not as their names say, and the rate of an archive."""
