"""Measurements that several treatments share: registration, black bars, the jitter of a curve."""
