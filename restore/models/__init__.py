"""The shelf of models: which there are, what their cards say, and their networks."""

from restore.models.card import CARD, WEIGHTS, Card, Readout, WorkingRange, read_card
from restore.models.known import KnownModel, known_model, known_models, pulled_folder
from restore.models.lookup import find, load, shelf, verify

__all__ = [
    "CARD",
    "WEIGHTS",
    "Card",
    "KnownModel",
    "Readout",
    "WorkingRange",
    "find",
    "known_model",
    "known_models",
    "load",
    "pulled_folder",
    "read_card",
    "shelf",
    "verify",
]
