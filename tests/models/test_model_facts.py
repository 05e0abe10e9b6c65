"""Facts about models as `restore models list --json` prints them."""

from __future__ import annotations

from restore import models
from restore.models.model_facts import card_facts, published_facts, task_label


def test_a_card_as_plain_values() -> None:
    """Name with version, range of lines, size and hash of the weights."""
    card = models.find("film-x4")
    facts = card_facts(card)
    assert facts["name"] == card.full_name
    assert facts["bytes"] == card.weights.stat().st_size
    assert facts["sha256"] == card.sha256
    assert card.range is not None
    assert facts["lines"] == [card.range.min_lines, card.range.max_lines]


def test_what_is_not_known_is_none() -> None:
    """A card without range and without weights: no lines, no bytes."""
    card = models.find("film-x4").model_copy(update={"range": None, "version": 99})
    gone = card.model_copy(update={"folder": card.folder / "gone"})
    assert (card_facts(card)["lines"], card_facts(gone)["bytes"]) == (None, None)


def test_a_published_model_as_plain_values() -> None:
    """Its address and terms, and whether it was pulled."""
    model = models.known_models()[0]
    facts = published_facts(model, pulled=False)
    assert (facts["name"], facts["address"]) == (model.name, model.address)
    assert (facts["licence"], facts["state"]) == (model.terms, "known")
    assert published_facts(model, pulled=True)["state"] == "pulled"


def test_upscalers_are_shown_with_their_scale() -> None:
    """Color models have none; remarks in brackets are left out."""
    assert task_label(models.find("film-x2-fast")) == "upscale x2"
    assert task_label(models.find("color")) == "colorize"
    model = models.known_models()[0]
    assert task_label(model.model_copy(update={"task": "upscale (anime)", "scale": 4})) == (
        "upscale x4"
    )
