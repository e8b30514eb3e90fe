"""Training objectives: the loss of each network for one batch."""
