"""The shelf: which models there are, found by name, verified, and loaded."""

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
    """The cards of all models in `folder` (default: those that ship), by name and version."""
    place = folder or _shipped()
    cards = [read_card(path.parent) for path in place.glob(f"*/{CARD}")]
    return sorted(cards, key=lambda card: (card.name, card.version))


def find(name: str) -> Card:
    """The model of that name (newest version), name and version (film-x4-v7), folder or checkpoint.

    Names of published models mean the pulled file. UsageError lists the known names when there is none.
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
        raise UsageError("This version of the model no longer ships.", name, todo)
    known = ", ".join(card.full_name for card in cards) or "none"
    todo = (
        f"Known models: {known}; restore models list shows published ones, too. "
        f"Or give a checkpoint, or a folder with {CARD} and {WEIGHTS}."
    )
    raise UsageError("Unknown model.", name, todo)


def _check_text(name: str) -> None:
    """UsageError for a name that no plan and no record could hold: both are text in UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        what = "The model's name is no text in UTF-8, and the job's record could not name it."
        raise UsageError(what, name, "Give the file or folder another name.") from error


def _pulled(model: KnownModel) -> Card:
    """The card of a published model, if it was pulled and is still what it was."""
    path = model.path(pulled_folder())
    if model.runs == "no":
        what = f"restore has no network for {model.name} ({model.architecture}) yet."
        raise UsageError(what, "", "restore models list shows those that it runs.")
    if not path.is_file():
        todo = f"restore models pull {model.name} fetches it ({model.terms})."
        raise UsageError("The model is known, but not here.", model.name, todo)
    card = checkpoint.read_card(path)
    if model.sha256 not in (None, card.sha256):
        todo = f"restore models pull {model.name} fetches it again."
        raise UsageError(f"Damaged weights: SHA-256 is {card.sha256}.", str(path), todo)
    return card.model_copy(update={"name": model.name, "licence": model.terms})


def _with_terms(card: Card) -> Card:
    """The card with the published file's licence, if its hash says that it is one."""
    same = [model for model in known_models() if model.sha256 == card.sha256]
    return card.model_copy(update={"licence": same[0].terms}) if same else card


def verify(card: Card) -> None:
    """UsageError unless the weights are there and have the hash that the card states."""
    try:
        found = digest_file(card.weights)
    except OSError as error:
        todo = "Install restore again, or choose another model."
        raise UsageError(f"No weights: {error.strerror}.", str(card.weights), todo) from error
    if found != card.sha256:
        raise UsageError(
            f"Damaged weights: SHA-256 is {found}, the card says {card.sha256}.",
            str(card.weights),
            "Install restore again (or restore the model's folder from where it came).",
        )


def load(card: Card) -> nn.Module:
    """The network in fp32 on the CPU, in evaluation mode; the hash is checked first.

    Upscalers take windows of luma [N, frames, H, W], whatever they were made for.
    """
    from restore.nets import catalog

    verify(card)
    if card.file is not None:
        return checkpoint.load(card.file).eval()
    try:
        net = catalog.build(card.architecture, card.arguments)
        net.load_state_dict(checkpoint.read_safetensors(card.weights), strict=True)
    except KeyError as error:
        known = f"This version of restore knows {', '.join(sorted(catalog.NETS))}."
        raise UsageError(f"Unknown network {error}.", str(card.folder / CARD), known) from error
    except (TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        todo = f"Use the {CARD} and {WEIGHTS} that belong together."
        raise UsageError(
            f"Card and weights do not fit: {reason}", str(card.folder), todo
        ) from error
    return catalog.for_luma(card.architecture, net).eval()


def _shipped() -> Path:
    """`_models` inside an installed package, `models` beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "_models"
    return inside if inside.is_dir() else package.parent / "models"
