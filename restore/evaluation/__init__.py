"""Evaluation: how near a restoration comes to a known truth."""
