"""The work folder of an unfinished run: its claim, and checkpoints that a run goes on from after it was killed"""
