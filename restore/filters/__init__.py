"""Tensor mathematics of the stages: pure functions of arrays, without state, files or devices."""
