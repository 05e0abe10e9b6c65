"""The shelf of models: which there are, what their cards say, and their networks."""

from restore.models.card import CARD, WEIGHTS, Card, Readout, WorkingRange, read_card
from restore.models.lookup import find, load, shelf, verify

__all__ = [
    "CARD",
    "WEIGHTS",
    "Card",
    "Readout",
    "WorkingRange",
    "find",
    "load",
    "read_card",
    "shelf",
    "verify",
]
