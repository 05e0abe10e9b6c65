"""Faults: real processes, killed, starved and refused."""
