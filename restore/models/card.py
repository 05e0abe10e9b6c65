"""A model's card: the content of model.toml; unknown keys are refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from restore.errors import UsageError
from restore.old_keys import with_new_keys

WEIGHTS = "weights.safetensors"
CARD = "model.toml"

_STRICT = ConfigDict(frozen=True, extra="forbid")

_RENAMED = {"range.least_lines": "range.min_lines", "range.greatest_lines": "range.max_lines"}
"""Keys of the first release, read for one more release."""


class WorkingRange(BaseModel):
    """Heights of input for which the model was made and tested; others work less well."""

    model_config = _STRICT

    min_lines: int = Field(gt=0)
    max_lines: int = Field(gt=0)


class Readout(BaseModel):
    """How a color model's scores become chroma; chosen on photographs that it was not trained on."""

    model_config = _STRICT

    temperature: float = Field(gt=0)
    """below 1 the most likely colors count more than the mean of all"""
    saturation: float = Field(ge=0)
    """factor on the chroma"""
    doubt: float = Field(default=0, ge=0)
    """exponent of the certainty that chroma is multiplied by: paler color where the network is uncertain"""
    size: int = Field(gt=0)
    """shorter side of the network's input, in pixels"""


class Card(BaseModel):
    """The content of a model's model.toml, and its folder.

    A published checkpoint has no model.toml: its card is made from the weights, and `file` is the
    checkpoint.
    """

    model_config = _STRICT

    name: str
    version: int = Field(gt=0)
    task: Literal["upscale", "colorize", "deinterlace", "pixcolor", "prsr"]
    architecture: str
    """a name in `restore.nets.catalog`"""
    arguments: dict[str, int]
    scale: int = Field(gt=0)
    """size factor of the output; 1 for color, which is joined with the film's own luma"""
    frames: int = Field(gt=0)
    """consecutive frames of the network's input (for deinterlacing, fields), of which the middle one is
    restored"""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """of weights.safetensors"""
    licence: str
    range: WorkingRange | None
    """None for checkpoints: it is not known"""
    readout: Readout | None = None
    conditioning: str | None = None
    """the color model whose features the network gets"""
    conditioning_sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """of that model's weights: with others, the features are not those that the network learned from"""
    folder: Path
    file: Path | None = None

    @property
    def full_name(self) -> str:
        """Name and version, as the folder is called: film-x4-v7; of a checkpoint the name only."""
        return self.name if self.file else f"{self.name}-v{self.version}"

    @property
    def weights(self) -> Path:
        """The file with the weights."""
        return self.file or self.folder / WEIGHTS

    @property
    def place(self) -> Path:
        """Its folder, or the checkpoint: users can name it instead of the model."""
        return self.file or self.folder


def read_card(folder: Path) -> Card:
    """The card in a model's folder; UsageError names keys that are missing, wrong or unknown."""
    path = folder / CARD
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        what = f"Cannot read the model's card: {error.strerror}."
        raise UsageError(what, str(path), code="card-invalid") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"The model's card is not TOML: {error}."
        raise UsageError(what, str(path), code="card-invalid") from error
    if reserved := {"folder", "file"} & set(values):
        what = f"Wrong model card: {reserved.pop()}: not a key of model.toml."
        raise UsageError(what, str(path), code="card-invalid")
    try:
        values, _ = with_new_keys(values, _RENAMED, str(path))
        return Card.model_validate({**values, "folder": folder})
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()
        )
        what = f"Wrong model card: {mistakes}."
        raise UsageError(what, str(path), code="card-invalid") from error
