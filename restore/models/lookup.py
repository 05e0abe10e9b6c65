"""Models found by name, verified, and loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import UsageError
from restore.models import published as checkpoint
from restore.models.card import CARD, WEIGHTS, Card, read_card
from restore.models.known import KnownModel, known_model, known_models, pulled_folder
from restore.models.retired import HISTORY, is_retired
from restore.store import digest_file

if TYPE_CHECKING:
    from torch import nn


def shelf(folder: Path | None = None) -> list[Card]:
    """The cards of all models in `folder` (default: those that ship), sorted by name and version."""
    place = folder or _shipped()
    cards = [read_card(path.parent) for path in place.glob(f"*/{CARD}")]
    return sorted(cards, key=lambda card: (card.name, card.version))


def find(name: str) -> Card:
    """The model with that name (newest version), name and version (film-x4-v7), folder or checkpoint.

    The name of a published model means the pulled file. UsageError lists the known names.
    """
    cards = shelf()
    named = [card for card in cards if name in (card.name, card.full_name)]
    if named:
        return named[-1]
    _check_text(name)
    if (Path(name) / CARD).is_file():
        return read_card(Path(name))
    if Path(name).suffix in checkpoint.SUFFIXES or Path(name).is_file():
        return _with_terms(checkpoint.read_card(Path(name)))
    if (published := known_model(name)) is not None:
        return _pulled(published)
    if is_retired(name):
        newest = name.rpartition("-v")[0]
        todo = f"Use --model {newest}, the newest version. {HISTORY}"
        what = "This version of the model no longer ships."
        raise UsageError(what, name, todo, code="model-retired")
    known = ", ".join(card.full_name for card in cards) or "none"
    todo = (
        f"Known models: {known}; restore models list shows published ones, too. "
        f"Or give a checkpoint, or a folder with {CARD} and {WEIGHTS}."
    )
    raise UsageError("Unknown model.", name, todo, code="model-unknown")


def _check_text(name: str) -> None:
    """UsageError for a name that is not UTF-8: it could not be stored in plans and records."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        what = "The model's name is not UTF-8 text."
        todo = "Give the file or folder another name."
        raise UsageError(what, name, todo, code="model-name-not-utf8") from error


def _pulled(model: KnownModel) -> Card:
    """The card of a published model, if it was pulled and is undamaged."""
    path = model.path(pulled_folder())
    if model.runs == "no":
        what = f"restore has no network for {model.name} ({model.architecture}) yet."
        todo = "restore models list shows those that can be used."
        raise UsageError(what, "", todo, code="network-unknown")
    if not path.is_file():
        todo = f"Fetch it: restore models pull {model.name} ({model.terms})."
        what = "This published model has not been pulled."
        raise UsageError(what, model.name, todo, code="model-not-pulled")
    card = checkpoint.read_card(path)
    if model.sha256 not in (None, card.sha256):
        todo = f"Fetch it again: restore models pull {model.name}"
        what = f"The weights are damaged: their SHA-256 is {card.sha256}."
        raise UsageError(what, str(path), todo, code="weights-damaged")
    return card.model_copy(update={"name": model.name, "licence": model.terms})


def _with_terms(card: Card) -> Card:
    """The card with the licence of the published file that has the same hash, if there is one."""
    same = [model for model in known_models() if model.sha256 == card.sha256]
    return card.model_copy(update={"licence": same[0].terms}) if same else card


def verify(card: Card) -> None:
    """UsageError unless the weights exist and have the hash of the card."""
    try:
        found = digest_file(card.weights)
    except OSError as error:
        todo = "Install restore again, or choose another model."
        what = f"Cannot read the weights: {error.strerror}."
        raise UsageError(what, str(card.weights), todo, code="weights-unreadable") from error
    if found != card.sha256:
        raise UsageError(
            f"The weights are damaged: their SHA-256 is {found}, not {card.sha256}.",
            str(card.weights),
            "Install restore again, or copy the model's folder again from its source.",
            code="weights-damaged",
        )


def load(card: Card) -> nn.Module:
    """The network in fp32 on the CPU, in evaluation mode; the hash is verified first.

    Upscalers take windows of luma [N, frames, H, W], also those made for RGB.
    """
    from restore.nets import catalog

    verify(card)
    if card.file is not None:
        return checkpoint.load(card.file).eval()
    try:
        net = catalog.build(card.architecture, card.arguments)
        net.load_state_dict(checkpoint.read_safetensors(card.weights), strict=True)
    except KeyError as error:
        known = f"This version of restore has {', '.join(sorted(catalog.NETS))}."
        what, where = f"Unknown network {error}.", str(card.folder / CARD)
        raise UsageError(what, where, known, code="network-unknown") from error
    except (TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        todo = f"Use a {CARD} and {WEIGHTS} that belong together."
        what = f"Card and weights do not match: {reason}"
        raise UsageError(what, str(card.folder), todo, code="weights-mismatch") from error
    return catalog.for_luma(card.architecture, net).eval()


def _shipped() -> Path:
    """`_models` inside an installed package, `models` next to it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "_models"
    return inside if inside.is_dir() else package.parent / "models"
