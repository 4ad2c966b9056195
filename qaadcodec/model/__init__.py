"""The forms of the folding network, held equal by tests/contracts: for decoding, for training, for other programs.

`network` is the one in torch; `cpu_pass` computes its gradients on the CPU; `numpy_decoder` decodes without torch; and
`torch_decoder` is a module for other people's programs. Import the module that is meant: torch takes long to load.
"""
