"""Training of matteo's networks: the network, data, losses, the loop, export. PyTorch lives here and nowhere else."""
