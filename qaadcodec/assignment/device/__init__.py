"""Assignments of whole batches of clouds at once in torch, on any device, without loops over clouds or leaves.

Nothing else in `assignment` imports torch. Decoding an archive and showing what is in it import nothing from here.
"""
