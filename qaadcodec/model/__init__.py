"""The folding network: in numpy for decoding, in torch for training. Import the module meant: torch is heavy."""
