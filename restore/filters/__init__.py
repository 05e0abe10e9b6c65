"""The mathematics of the treatments: pure functions of tensors, without state, files or devices."""
