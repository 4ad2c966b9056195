"""Formats that clouds are written in for other programs: VTP, OBJ, LAS and LAZ."""
