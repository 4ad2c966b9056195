"""The version of qaad, which archives name as their writer."""

__version__ = "0.1.0"
