"""Doing what the plan says: segments through decoder, treatments and encoder, with receipts and resume."""
