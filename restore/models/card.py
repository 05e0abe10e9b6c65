"""A model's card: what model.toml says about it, read strictly."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from restore.errors import UsageError

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
    doubt: float = Field(default=0, ge=0)
    """how much paler color is where the net is unsure: exponent of its certainty (filters/chroma.py)"""
    size: int = Field(gt=0)
    """shorter side of the picture that the net sees, in pixels"""


class Card(BaseModel):
    """What model.toml says about a model, and the folder that it lies in.

    A published checkpoint has no model.toml: its card is made from the weights themselves, and `file`
    names the checkpoint.
    """

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
    range: WorkingRange | None
    """None for checkpoints: nobody has written it down"""
    readout: Readout | None = None
    folder: Path
    file: Path | None = None

    @property
    def full_name(self) -> str:
        """Name and version, as the folder is called: film-x4-v7; a checkpoint's name alone."""
        return self.name if self.file else f"{self.name}-v{self.version}"

    @property
    def weights(self) -> Path:
        """The file with the weights."""
        return self.file or self.folder / WEIGHTS

    @property
    def place(self) -> Path:
        """What a user names instead of the model: its folder, or the checkpoint."""
        return self.file or self.folder


def read_card(folder: Path) -> Card:
    """The card in a model's folder; UsageError names keys that are missing, wrong or unknown."""
    path = folder / CARD
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        if foreign := {"folder", "file"} & set(values):
            raise UsageError(f"Wrong model card: {foreign.pop()}: not a key of it.", str(path))
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
