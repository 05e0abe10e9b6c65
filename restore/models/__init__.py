"""Models: those that ship, published ones, their cards, and their networks."""

from restore.models.card import CARD, WEIGHTS, Card, Readout, WorkingRange, read_card
from restore.models.known import KnownModel, known_model, known_models, pulled_folder
from restore.models.lookup import find, load, shelf, verify
from restore.models.retired import HISTORY, RetiredModel, retired_by_hash, retired_models

__all__ = [
    "CARD",
    "HISTORY",
    "WEIGHTS",
    "Card",
    "KnownModel",
    "Readout",
    "RetiredModel",
    "WorkingRange",
    "find",
    "known_model",
    "known_models",
    "load",
    "pulled_folder",
    "read_card",
    "retired_by_hash",
    "retired_models",
    "shelf",
    "verify",
]
