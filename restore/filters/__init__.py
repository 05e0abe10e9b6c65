"""Tensor mathematics of the treatments: pure functions of arrays, without state, files or devices."""
