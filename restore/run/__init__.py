"""Doing what the plan says: segments through decoder, stages and encoder, with receipts and resume."""
