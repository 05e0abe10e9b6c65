"""Training: clean modern frames are aged, and a network learns to remove the damage."""
