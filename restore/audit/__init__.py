"""The result against its source: order and times of all frames, and all other streams."""
