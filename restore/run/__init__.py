"""Execution of the plan: segments pass decoder, treatments and encoder, with receipts and resume."""
