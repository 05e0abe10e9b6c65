"""Containers: probe, streams, packets, copying, joining, and reading back."""
