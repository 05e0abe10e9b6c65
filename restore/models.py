"""The shelf: which models there are, what their cards say, and their weights."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from restore.errors import UsageError
from restore.store import digest_file

if TYPE_CHECKING:
    from torch import nn

WEIGHTS = "weights.safetensors"
CARD = "model.toml"

_STRICT = ConfigDict(frozen=True, extra="forbid")


class WorkingRange(BaseModel):
    """Lines of input for which the model was made and judged; others work, less well."""

    model_config = _STRICT

    least_lines: int = Field(gt=0)
    greatest_lines: int = Field(gt=0)


class Readout(BaseModel):
    """How a color model's scores become chroma; chosen on photographs it was not trained on."""

    model_config = _STRICT

    temperature: float = Field(gt=0)
    """below 1 the likeliest colors win over the mean of all"""
    saturation: float = Field(ge=0)
    """factor on the chroma"""
    size: int = Field(gt=0)
    """shorter side of the picture that the net sees, in pixels"""


class Card(BaseModel):
    """What model.toml says about a model, and the folder that it lies in."""

    model_config = _STRICT

    name: str
    version: int = Field(gt=0)
    task: Literal["upscale", "colorize"]
    architecture: str
    """a name in `restore.nets.catalog`"""
    arguments: dict[str, int]
    scale: int = Field(gt=0)
    """size factor of the output; 1 for color, which is joined with the film's own luma"""
    frames: int = Field(gt=0)
    """consecutive frames the net sees, the middle one is restored"""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """of weights.safetensors"""
    licence: str
    range: WorkingRange
    readout: Readout | None = None
    folder: Path

    @property
    def full_name(self) -> str:
        """Name and version, as the folder is called: film-x4-v1."""
        return f"{self.name}-v{self.version}"

    @property
    def weights(self) -> Path:
        """The file with the weights."""
        return self.folder / WEIGHTS


def shelf(folder: Path | None = None) -> list[Card]:
    """The cards of all models in `folder` (default: those that ship), by name and version."""
    place = folder or _shipped()
    cards = [read_card(path.parent) for path in place.glob(f"*/{CARD}")]
    return sorted(cards, key=lambda card: (card.name, card.version))


def find(name: str) -> Card:
    """The model of that name (newest version), name and version (film-x4-v1), or folder.

    UsageError lists the known names when there is none.
    """
    cards = shelf()
    named = [card for card in cards if name in (card.name, card.full_name)]
    if named:
        return named[-1]
    if (Path(name) / CARD).is_file():
        return read_card(Path(name))
    known = ", ".join(card.full_name for card in cards) or "none"
    todo = f"Known models: {known}. Or give a folder that holds {CARD} and {WEIGHTS}."
    raise UsageError("Unknown model.", name, todo)


def read_card(folder: Path) -> Card:
    """The card in a model's folder; UsageError names keys that are missing, wrong or unknown."""
    path = folder / CARD
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        if "folder" in values:
            raise UsageError("Wrong model card: folder: not a key of it.", str(path))
        return Card.model_validate({**values, "folder": folder})
    except OSError as error:
        raise UsageError(f"Cannot read the model's card: {error.strerror}.", str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The model's card is not TOML: {error}.", str(path)) from error
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()
        )
        raise UsageError(f"Wrong model card: {mistakes}.", str(path)) from error


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
    """The network in fp32 on the CPU, in evaluation mode; the hash is checked first."""
    from safetensors.torch import load_file

    from restore.nets import catalog

    verify(card)
    try:
        net = catalog.build(card.architecture, card.arguments)
        net.load_state_dict(load_file(card.weights), strict=True)
    except KeyError as error:
        known = f"This version of restore knows {', '.join(sorted(catalog.NETS))}."
        raise UsageError(f"Unknown network {error}.", str(card.folder / CARD), known) from error
    except (TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        todo = f"Use the {CARD} and {WEIGHTS} that belong together."
        raise UsageError(
            f"Card and weights do not fit: {reason}", str(card.folder), todo
        ) from error
    return net.eval()


def _shipped() -> Path:
    """`_models` inside an installed package, `models` beside it in a checkout."""
    inside = Path(__file__).parent / "_models"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "models"
