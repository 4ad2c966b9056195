"""Assignments of whole batches of clouds at once in torch, on any device: no loop over clouds or leaves.

Here torch is imported, and nowhere else in `assignment`; decoding and looking into archives never come here.
"""
