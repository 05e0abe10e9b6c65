"""Training: clean modern pictures are aged, and a network learns the way back."""
