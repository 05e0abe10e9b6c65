"""What a training run needs to know: train.toml as a frozen value; unknown keys are refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from restore.errors import UsageError
from restore.models import Readout
from restore.training.degrade.amounts import Spread

_STRICT = ConfigDict(frozen=True, extra="forbid")


class PairSettings(BaseModel):
    """Aged shots made once, from which patches are cut (task "upscale")."""

    model_config = _STRICT

    shots: int = Field(gt=0)
    """how many; they go round the training clips"""
    frames: int = Field(default=16, gt=0)
    height: int = 384
    width: int = 512
    """size of the sharp excerpt in pixels; multiples of the net's scale"""
    greatest_step: int = Field(default=3, gt=0)
    """frames of the clip are taken 1 to this many apart: slow and fast motion"""
    repeat_chance: float = 0.1
    """how often a window's neighbors repeat a frame, as films brought to another rate do"""


class BinSettings(BaseModel):
    """The grid of chroma bins (task "colorize")."""

    model_config = _STRICT

    spacing: float = Field(default=0.04, gt=0)
    """distance of neighbors in Cb and Cr, nominal +-0.5"""
    least_share: float = Field(default=1e-4, ge=0)
    """a bin with a smaller share of the training pixels is left out"""


class CardSettings(BaseModel):
    """What the delivered model's card says beside what the run knows."""

    model_config = _STRICT

    licence: str = "MIT"
    least_lines: int = Field(default=96, gt=0)
    greatest_lines: int = Field(default=1080, gt=0)
    readout: Readout | None = None


class TrainSettings(BaseModel):
    """One run. Sizes are in the net's input pixels, rates per step."""

    model_config = _STRICT

    task: Literal["upscale", "colorize"]
    architecture: str
    arguments: dict[str, int]
    data: str
    """folder with clips/ and photos/, seen from the current directory; `--data` overrides it"""
    seed: int = 1
    init: str = ""
    """weights to start from (safetensors), in the data folder or seen from the current directory;
    what fits by name and shape is taken"""
    steps: int = Field(gt=0)
    batch: int = Field(gt=0)
    patch: int = Field(gt=0)
    rate: float = Field(gt=0)
    slow: dict[str, float] = Field(default_factory=dict)
    """prefix of parameter names -> factor on the rate"""
    warmup: int = 200
    decay: float = 0.0
    average: float = 0.999
    """decay of the running average of the weights that is delivered"""
    clip: float = 1.0
    """greatest norm of the gradient"""
    spectrum: float = 0.05
    gradient: float = 0.1
    """weights of the spectrum and gradient terms beside L1 (task "upscale")"""
    checkpoint_every: int = 250
    pairs: PairSettings | None = None
    bins: BinSettings = BinSettings()
    ageing: Spread = Spread()
    card: CardSettings = CardSettings()


def read_settings(path: Path) -> TrainSettings:
    """The settings in a train.toml; UsageError names every mistake with its place."""
    try:
        return TrainSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"Cannot read the settings: {error.strerror}.", str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"Not TOML: {error}.", str(path)) from error
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()
        )
        raise UsageError(f"Wrong settings: {mistakes}.", str(path)) from error
