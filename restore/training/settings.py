"""What a training run needs to know: train.toml as a frozen value; unknown keys are refused."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from restore.ageing.draw import Spread
from restore.ageing.ranges import rising
from restore.errors import UsageError
from restore.models import Readout
from restore.store import reading_failed

_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_OPEN = ConfigDict(frozen=True, extra="forbid")
"""For bounds, which may be infinite: a TOML file says inf."""

Model = TypeVar("Model", bound=BaseModel)

Bounds = Annotated[tuple[float, float], AfterValidator(rising)]
"""least and greatest, both allowed"""

Weight = Annotated[float, Field(ge=0)]


class PairSettings(BaseModel):
    """Aged shots made once, from which patches are cut (task "upscale")."""

    model_config = _STRICT

    shots: int = Field(gt=0)
    """how many; they go round the training clips"""
    frames: int = Field(default=16, gt=0)
    height: int = Field(default=384, gt=0)
    width: int = Field(default=512, gt=0)
    """size of the sharp excerpt in pixels; what is beyond a multiple of the scale is cut off"""
    greatest_step: int = Field(default=3, gt=0)
    """frames of the clip are taken 1 to this many apart: slow and fast motion"""
    scale: int | None = Field(default=None, gt=0)
    """how much smaller the aged picture is; a multiple of the net's scale, its own by default. The
    truth is shrunk to what the net gives: for the same aged film the sharper, the larger this is"""
    wires: float = Field(default=0.0, ge=0, le=1)
    """how many shots get lines of the scene (wires, poles) that a network must not take for scratches"""
    titles: float = Field(default=0.0, ge=0, le=1)
    """how many shots get lettering (title cards, signs), whose strokes a network must not take for hairs"""
    photos: float = Field(default=0.0, ge=0, le=0.9)
    """how many shots are takes of photographs (data/photos) laid side by side, beside those of films"""
    repeat_chance: float = Field(default=0.1, ge=0, le=1)
    """how often a window's neighbors repeat a frame, as films brought to another rate do"""


class BinSettings(BaseModel):
    """The grid of chroma bins (task "colorize"), for a net that does not start from one with bins."""

    model_config = _STRICT

    spacing: float = Field(default=0.04, gt=0)
    """distance of neighbors in Cb and Cr, nominal +-0.5"""
    least_share: float = Field(default=1e-4, ge=0)
    """a bin with a smaller share of the training pixels is left out"""


class ValidationSettings(BaseModel):
    """How the running average of the weights is tried on what is kept aside."""

    model_config = _STRICT

    every: int = Field(default=250, ge=0)
    """steps between two trials; 0: none, and every film trains"""
    count: int = Field(default=12, gt=0)
    """aged shots (task "upscale") or photographs (task "colorize") in a trial, always the same"""


class LayerBounds(BaseModel):
    """What the mean and the variance of a layer's activations may be."""

    model_config = _OPEN

    mean: Bounds
    variance: Bounds


class MonitorSettings(BaseModel):
    """What a sound run looks like. The defaults are wide: they catch what is broken, not what is odd."""

    model_config = _OPEN

    on_fault: Literal["warn", "stop", "ignore"] = "warn"
    """"stop" ends the run before the fault reaches a checkpoint; "ignore" looks at nothing"""
    every: int = Field(default=50, ge=16)
    """steps between two looks into the layers; the loss is looked at in every step"""
    mean: Bounds = (-100.0, 100.0)
    variance: Bounds = (0.0, 10_000.0)
    """of the activations of every layer, over batch, channels and place"""
    layers: dict[str, LayerBounds] = Field(default_factory=dict)
    """prefix of layer names -> other bounds for them (the longest prefix counts)"""
    dead: float = Field(default=0.8, ge=0, lt=1)
    """greatest share of a layer's channels that are constant in two looks running"""
    gradient: float = Field(default=1_000.0, gt=0)
    """greatest norm of a layer's gradient, before clipping"""
    update: Bounds = (1e-4, 0.2)
    """a step's change of a layer's weights by their norm: least in units of the rate, and greatest"""
    progress: float = Field(default=0.2, ge=0, lt=1)
    """how far a layer's weights get, least, by the length of their way; to and fro is near 0"""
    spike: float = Field(default=8.0, gt=0)
    """how far above the last losses one may lie, in robust standard deviations of their logarithms"""


class Reach(BaseModel):
    """A number to search for: between two ends, by ratio where `log`; whole if both ends are."""

    model_config = _STRICT

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse what nothing lies between."""
        rising((self.low, self.high))
        if self.log and self.low <= 0:
            raise ValueError("with log, both ends are above 0")
        return self


class Choices(BaseModel):
    """A value to choose out of a list."""

    model_config = _STRICT

    choices: tuple[int | float | str, ...] = Field(min_length=1)


def _kind(one: object) -> str:
    """Which of both a table of the space is: what it lacks is then said of that one."""
    return "choices" if isinstance(one, Choices | dict) and "choices" in dict(one) else "reach"


Searched = Annotated[
    Annotated[Reach, Tag("reach")] | Annotated[Choices, Tag("choices")], Discriminator(_kind)
]


class SweepSettings(BaseModel):
    """A search for better settings: which, between what, and how long."""

    model_config = _STRICT

    trials: int = Field(default=20, gt=0)
    steps: int | None = Field(default=None, gt=0)
    """of each trial; the run's own where nothing is said"""
    settled: int = Field(default=5, ge=0)
    """trials that run to their end before others are cut short when they lie behind the median"""
    space: dict[str, Searched] = Field(min_length=1)
    """key of train.toml, tables by points ("arguments.depth", "ageing.grain_chance") -> its values"""


class CardSettings(BaseModel):
    """What the delivered model's card says beside what the run knows."""

    model_config = _STRICT

    licence: str = "MIT"
    least_lines: int = Field(default=96, gt=0)
    greatest_lines: int = Field(default=1080, gt=0)
    readout: Readout | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse a range of heights that holds none."""
        rising((self.least_lines, self.greatest_lines))
        return self


class TrainSettings(BaseModel):
    """One run. Sizes are in the net's input pixels, rates per step."""

    model_config = _STRICT

    task: Literal["upscale", "colorize"]
    architecture: str
    arguments: dict[str, int]
    data: str
    """folder with clips/ and photos/, seen from the current directory; `--data` overrides it"""
    seed: int = Field(default=1, ge=-(2**63), lt=2**63)
    init: str = ""
    """weights to start from (safetensors), in the data folder or seen from the current directory;
    what fits by name is taken; a FilmNet may start from a narrower, shallower one, and a ColorNet
    keeps the bins of the one that it starts from"""
    keep: float = Field(default=0, ge=0, lt=1)
    """the share of `init`, as it is, in the weights that are delivered; the trained ones have the rest"""
    steps: int = Field(gt=0)
    fall: int | None = Field(default=None, gt=0)
    """the last steps, in which the rate falls to zero (half a cosine); all of them by default"""
    batch: int = Field(gt=0)
    """of one step; with several GPUs each gets its share of it"""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """of the network's own arithmetic; weights, losses and updates are fp32 always"""
    patch: int = Field(gt=0)
    rate: float = Field(gt=0)
    slow: dict[str, Weight] = Field(default_factory=dict)
    """prefix of parameter names -> factor on the rate"""
    warmup: int = Field(default=200, ge=0)
    decay: Weight = 0.0
    average: float = Field(default=0.999, ge=0, lt=1)
    """decay of the running average of the weights that is delivered"""
    clip: float = Field(default=1.0, gt=0)
    """greatest norm of the gradient"""
    spectrum: Weight = 0.05
    gradient: Weight = 0.1
    """weights of the spectrum and gradient terms beside L1 (task "upscale")"""
    exactness: Weight = 0.0
    """weight of the logarithm of the square error, which is what PSNR means (task "upscale")"""
    fidelity: Weight = 0.0
    detail: Weight = 0.0
    structure: Weight = 0.0
    """weights of the terms that ask for contrast, detail and likeness of structure (task "upscale",
    `training/fidelity.py`; patches that are 48 samples wide or more at the size that the net gives)"""
    checkpoint_every: int = Field(default=250, gt=0)
    validation: ValidationSettings = ValidationSettings()
    monitor: MonitorSettings = MonitorSettings()
    sweep: SweepSettings | None = None
    pairs: PairSettings | None = None
    stills: int = Field(default=0, ge=0)
    """frames of each film in clips/ that are pictures to learn from beside the photographs (task
    "colorize"); in memory like these, about a megabyte each"""
    bins: BinSettings = BinSettings()
    ageing: Spread = Spread()
    card: CardSettings = CardSettings()


def read_settings(path: Path) -> TrainSettings:
    """The settings in a train.toml; UsageError names every mistake with its place."""
    return checked(TrainSettings, read_table(path), str(path))


def read_sweep(path: Path) -> SweepSettings:
    """The sweep in a file: its table [sweep] if it has one (a train.toml), else the whole file."""
    table = read_table(path)
    return checked(SweepSettings, table.get("sweep", table), str(path))


def read_table(path: Path) -> dict[str, Any]:
    """A TOML file's content; UsageError if it cannot be read or is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"Cannot read the settings: {error.strerror}.", str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"Not TOML: {reading_failed(error)}.", str(path)) from error


def checked(kind: type[Model], table: Mapping[str, Any], where: str) -> Model:
    """Settings of that kind out of plain values; UsageError names every mistake with its place."""
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        )
        raise UsageError(f"Wrong settings: {mistakes}.", where) from error
