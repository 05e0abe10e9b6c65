"""Evaluation: how close a restoration is to a known ground truth."""
