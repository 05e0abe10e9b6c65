"""Facts about models as plain values: what `restore models list` and `show` print."""

from __future__ import annotations

from restore.models.card import Card
from restore.models.known import KnownModel


def card_facts(card: Card) -> dict[str, object]:
    """A model's card as plain values."""
    return {
        "name": card.full_name,
        "task": card.task,
        "scale": card.scale,
        "frames": card.frames,
        "architecture": card.architecture,
        "conditioning": card.conditioning,
        "lines": [card.range.min_lines, card.range.max_lines] if card.range else None,
        "licence": card.licence,
        "sha256": card.sha256,
        "bytes": card.weights.stat().st_size if card.weights.is_file() else None,
        "folder": str(card.folder),
    }


def published_facts(model: KnownModel, pulled: bool) -> dict[str, object]:
    """A published model as plain values."""
    return {
        "name": model.name,
        "task": model.task,
        "scale": model.scale,
        "architecture": model.architecture,
        "licence": model.terms,
        "sha256": model.sha256,
        "bytes": model.size,
        "address": model.address,
        "runs": model.runs,
        "state": "pulled" if pulled else "known",
    }


def task_label(model: Card | KnownModel) -> str:
    """The task with the scale of upscalers: "upscale x4"."""
    task = model.task.partition(" (")[0]
    return f"{task} x{model.scale}" if task == "upscale" and model.scale else task
