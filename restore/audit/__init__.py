"""Comparison of a result with its source: order and times of all frames, and all other streams."""
