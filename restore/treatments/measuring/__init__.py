"""Measurements that several treatments share: registration, black bars, what of a curve is unrest."""
