"""The settings of a training run: train.toml as a frozen value; unknown keys are refused."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
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

from restore.ageing.draw import AgeingRanges
from restore.ageing.ranges import rising
from restore.errors import UsageError
from restore.models import Readout
from restore.old_keys import renaming_warning, with_new_keys
from restore.store import reading_failed
from restore.training.renamed_keys import RENAMED_KEYS

_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_WITH_INFINITY = ConfigDict(frozen=True, extra="forbid")
"""For bounds, which may be infinite: `inf` in TOML."""

Model = TypeVar("Model", bound=BaseModel)

Warn = Callable[[str], None]
"""Takes a sentence about a key that was renamed."""

Bounds = Annotated[tuple[float, float], AfterValidator(rising)]
"""minimum and maximum, both allowed"""

Weight = Annotated[float, Field(ge=0)]


class PairSettings(BaseModel):
    """Shots with their ground truth, made once; patches are cut from them.

    The task "upscale" ages them. The task "deinterlace" makes fields of them, and uses only `shots`,
    `frames`, `height`, `width` and `max_frame_step`.
    """

    model_config = _STRICT

    shots: int = Field(gt=0)
    """number of shots; the training clips are used in turn"""
    frames: int = Field(default=16, gt=0)
    """frames of each shot"""
    height: int = Field(default=384, gt=0)
    width: int = Field(default=512, gt=0)
    """size of the sharp excerpt in pixels, cropped to a multiple of the scale"""
    max_frame_step: int = Field(default=3, gt=0)
    """frames of the clip are taken 1 to this many apart: slow and fast motion"""
    scale: int | None = Field(default=None, gt=0)
    """how many times smaller the aged picture is; a multiple of the network's scale (default: the
    network's scale). The ground truth is scaled down to the network's output size"""
    scene_line_share: float = Field(default=0.0, ge=0, le=1)
    """share of shots with lines of the scene (wires, poles), which must not be taken for scratches"""
    lettering_share: float = Field(default=0.0, ge=0, le=1)
    """share of shots with lettering (title cards, signs), whose strokes must not be taken for hairs"""
    photo_share: float = Field(default=0.0, ge=0, le=0.9)
    """share of shots made from photographs (data/photos) instead of films"""
    repeat_chance: float = Field(default=0.1, ge=0, le=1)
    """chance that a window repeats a frame, as in films converted to another frame rate"""


class FieldSettings(BaseModel):
    """How progressive shots become fields, and which of the two networks trains (task "deinterlace")."""

    model_config = _STRICT

    stage: Literal["estimate", "refine"]
    """"estimate" trains the network that estimates rows from five fields; "refine" the one that refines
    such estimates, which `init` must contain"""
    static_share: float = Field(default=0.08, ge=0, le=1)
    """share of shots in which nothing moves"""
    film_share: float = Field(default=0.08, ge=0, le=1)
    """share of shots in which two or three fields in turn come from one frame, as in telecined film"""
    chroma_share: float = Field(default=0.15, ge=0, le=1)
    """share of shots that show a chroma plane at half size instead of luma: other kinds of pictures"""
    grain_share: float = Field(default=0.3, ge=0, le=1)
    """share of shots with grain, which is part of the ground truth"""
    noise_share: float = Field(default=0.3, ge=0, le=1)
    """share of shots with the noise of tape, which is not"""
    compressed_share: float = Field(default=0.5, ge=0, le=1)
    """share of shots stored as interlaced MPEG-2"""
    quantizer: Bounds = (2, 10)
    """of MPEG-2"""


class BinSettings(BaseModel):
    """The grid of chroma bins (task "colorize"); a network with initial weights keeps its own bins."""

    model_config = _STRICT

    spacing: float = Field(default=0.04, gt=0)
    """distance between neighbors in Cb and Cr, nominal +-0.5"""
    min_share: float = Field(default=1e-4, ge=0)
    """bins with a smaller share of the training pixels are left out"""
    mean_weight: Weight = 0.0
    """weight of the mean color's square error (in bins), next to the cross-entropy"""


class LossSettings(BaseModel):
    """Weights of the loss terms added to L1 (task "upscale"); 0: the term is off.

    `vif`, `detail` and `ssim` need patches that are 48 samples wide or more at the network's output
    size (`training/perceptual_losses.py`).
    """

    model_config = _STRICT

    gradient: Weight = 0.1
    """L1 of the gradients"""
    fourier: Weight = 0.05
    """L1 of the Fourier spectrum"""
    log_mse: Weight = 0.0
    """logarithm of the mean square error, which is PSNR up to sign and scale"""
    vif: Weight = 0.0
    """1 - visual information fidelity"""
    detail: Weight = 0.0
    """share of the ground truth's wavelet detail that is missing"""
    ssim: Weight = 0.0
    """1 - structural similarity"""


class ValidationSettings(BaseModel):
    """How the averaged weights are validated on data that were held out."""

    model_config = _STRICT

    every: int = Field(default=250, ge=0)
    """steps between two validations; 0: none, and every film trains"""
    count: int = Field(default=12, gt=0)
    """number of shots (tasks "upscale" and "deinterlace") or pictures (task "colorize"), always the same
    ones"""


class LayerBounds(BaseModel):
    """Bounds for the mean and the variance of a layer's activations."""

    model_config = _WITH_INFINITY

    mean: Bounds
    variance: Bounds


class MonitorSettings(BaseModel):
    """Bounds for a healthy run. The defaults are wide: they find what is broken, not what is unusual."""

    model_config = _WITH_INFINITY

    on_fault: Literal["warn", "stop", "ignore"] = "warn"
    """"stop" ends the run before the fault reaches a checkpoint; "ignore" checks nothing"""
    every: int = Field(default=50, ge=16)
    """steps between two checks of the layers; the loss is checked in every step"""
    activation_mean: Bounds = (-100.0, 100.0)
    activation_variance: Bounds = (0.0, 10_000.0)
    """of every layer, over batch, channels and positions"""
    layers: dict[str, LayerBounds] = Field(default_factory=dict)
    """prefix of layer names -> other bounds for these layers (the longest prefix counts)"""
    max_dead_share: float = Field(default=0.8, ge=0, lt=1)
    """largest share of a layer's channels that may be constant in two checks in a row"""
    max_gradient_norm: float = Field(default=1_000.0, gt=0)
    """largest norm of a layer's gradient, before clipping"""
    update_ratio: Bounds = (1e-4, 0.2)
    """norm of a step's weight change divided by the norm of the weights: the minimum is multiplied
    by the learning rate, the maximum is not"""
    min_progress: float = Field(default=0.2, ge=0, lt=1)
    """smallest distance that a layer's weights cover, divided by the length of their path;
    oscillation is near 0"""
    max_loss_deviation: float = Field(default=8.0, gt=0)
    """how far a loss may lie above the last ones, in robust standard deviations of their logarithms"""


class SearchRange(BaseModel):
    """A number between two ends, drawn on a logarithmic scale with `log`; an integer if both ends are."""

    model_config = _STRICT

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse empty ranges."""
        rising((self.low, self.high))
        if self.log and self.low <= 0:
            raise ValueError("with log, both ends must be above 0")
        return self


class SearchChoices(BaseModel):
    """A value from a list."""

    model_config = _STRICT

    choices: tuple[int | float | str, ...] = Field(min_length=1)


def _kind(value: object) -> str:
    """Which of the two a table of the space is, so that errors name the right keys."""
    is_choices = isinstance(value, SearchChoices | dict) and "choices" in dict(value)
    return "choices" if is_choices else "range"


SearchValues = Annotated[
    Annotated[SearchRange, Tag("range")] | Annotated[SearchChoices, Tag("choices")],
    Discriminator(_kind),
]


class SweepSettings(BaseModel):
    """A search for better settings: which keys, which values, how many trials."""

    model_config = _STRICT

    trials: int = Field(default=20, gt=0)
    steps: int | None = Field(default=None, gt=0)
    """steps of each trial (default: those of the run)"""
    startup_trials: int = Field(default=5, ge=0)
    """trials that are never stopped early; later ones are when they are worse than the median"""
    space: dict[str, SearchValues] = Field(min_length=1)
    """key of train.toml -> values; dots separate tables from keys ("arguments.depth")"""


class CardSettings(BaseModel):
    """Further content of the exported model's card, in addition to the data of the run."""

    model_config = _STRICT

    licence: str = "MIT"
    min_lines: int = Field(default=96, gt=0)
    max_lines: int = Field(default=1080, gt=0)
    readout: Readout | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse an empty range of heights."""
        rising((self.min_lines, self.max_lines))
        return self


class TrainSettings(BaseModel):
    """One training run. Sizes are in pixels of the network's input."""

    model_config = _STRICT

    task: Literal["upscale", "colorize", "deinterlace", "pixcolor", "prsr"]
    architecture: str
    """name of the network (`restore/nets/catalog.py`)"""
    arguments: dict[str, int]
    """arguments of the network's constructor"""
    data: str
    """folder with clips/ and photos/, relative to the current directory; `--data` overrides it"""
    seed: int = Field(default=1, ge=-(2**63), lt=2**63)
    init: str = ""
    """initial weights: a safetensors file in the data folder or relative to the current directory, or the
    name of a model that ships. Weights that fit by name and shape are used. A FilmNet may start from a
    narrower and shallower one, and a ColorNet keeps the bins of the one that it starts from"""
    init_share: float = Field(default=0, ge=0, lt=1)
    """export init_share * initial weights + (1 - init_share) * trained weights"""
    steps: int = Field(gt=0)
    batch_size: int = Field(gt=0)
    """samples per step; several processes share them"""
    patch_size: int = Field(gt=0)
    """height and width of a sample"""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """of the network's forward pass; weights, losses and updates are always fp32"""
    learning_rate: float = Field(gt=0)
    warmup_steps: int = Field(default=200, ge=0)
    """first steps, in which the learning rate rises linearly"""
    decay_steps: int | None = Field(default=None, gt=0)
    """last steps, in which the learning rate falls to zero (half a cosine; default: all steps)"""
    learning_rate_factors: dict[str, Weight] = Field(default_factory=dict)
    """prefix of parameter names -> factor for their learning rate"""
    weight_decay: Weight = 0.0
    ema_decay: float = Field(default=0.999, ge=0, lt=1)
    """decay of the exponential moving average of the weights, which is what is exported"""
    max_gradient_norm: float = Field(default=1.0, gt=0)
    """gradients with a larger norm are scaled down to it"""
    checkpoint_every: int = Field(default=250, gt=0)
    """steps between two checkpoints"""
    stills_per_film: int = Field(default=0, ge=0)
    """frames of each film in clips/ that are used as pictures in addition to the photographs (task
    "colorize"); each takes about a megabyte of memory"""
    film_share: float = Field(default=0.0, ge=0, le=1)
    """share of the samples that are frames of films; 0: every photograph and frame is equally likely"""
    conditioning: str = ""
    """name or folder of the color model whose features the network gets (task "pixcolor")"""
    prepared_crops: int = Field(default=0, ge=0)
    """crops whose features are computed once and used several times, each 0.6 megabytes in the work folder
    at a `patch_size` of 224 (task "pixcolor"); 0: every sample is a new crop"""
    refine_weight: Weight = 0.1
    """weight of the refinement's error, next to the negative log likelihood (task "pixcolor")"""
    smallest_crop: float = Field(default=0.4, gt=0, le=1)
    """the smallest crop, as a share of a photograph's shorter side (task "prsr")"""
    loss: LossSettings = LossSettings()
    pairs: PairSettings | None = None
    fields: FieldSettings | None = None
    bins: BinSettings = BinSettings()
    ageing: AgeingRanges = AgeingRanges()
    validation: ValidationSettings = ValidationSettings()
    monitor: MonitorSettings = MonitorSettings()
    sweep: SweepSettings | None = None
    card: CardSettings = CardSettings()


def read_settings(path: Path, warn: Warn = lambda text: None) -> TrainSettings:
    """The settings in a train.toml; `warn` gets a sentence for each key under its old name.

    UsageError lists every mistake with its key.
    """
    table, warnings = with_new_keys(read_table(path), RENAMED_KEYS, str(path))
    if isinstance(table.get("sweep"), dict):
        table["sweep"], more = _with_new_space(table["sweep"])
        warnings += more
    for text in warnings:
        warn(text)
    return checked(TrainSettings, table, str(path))


def read_sweep(path: Path, warn: Warn = lambda text: None) -> SweepSettings:
    """The sweep in a file: its table [sweep] if it has one (a train.toml), else the whole file."""
    table = read_table(path)
    table = table if "sweep" in table else {"sweep": table}
    sweep_keys = {old: new for old, new in RENAMED_KEYS.items() if old.startswith("sweep.")}
    table, warnings = with_new_keys(table, sweep_keys, str(path))
    sweep, more = _with_new_space(table["sweep"])
    for text in warnings + more:
        warn(text)
    return checked(SweepSettings, sweep, str(path))


def _with_new_space(sweep: Any) -> tuple[Any, list[str]]:
    """A sweep's table with the new names of the keys that it searches, and a warning for each old one."""
    space = sweep.get("space") if isinstance(sweep, dict) else None
    if not isinstance(space, dict):
        return sweep, []
    warnings = [renaming_warning(key, RENAMED_KEYS[key]) for key in space if key in RENAMED_KEYS]
    new = {RENAMED_KEYS.get(key, key): values for key, values in space.items()}
    return {**sweep, "space": new}, warnings


def read_table(path: Path) -> dict[str, Any]:
    """The content of a TOML file; UsageError if it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        what = f"Cannot read the settings: {error.strerror}."
        raise UsageError(what, str(path), code="settings-unreadable") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"The settings are not TOML: {reading_failed(error)}."
        raise UsageError(what, str(path), code="settings-unreadable") from error


def checked(kind: type[Model], table: Mapping[str, Any], where: str) -> Model:
    """A value of that kind from plain values; UsageError lists every mistake with its key."""
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        )
        what = f"Wrong settings: {mistakes}."
        todo = "docs/train.md lists the keys."
        raise UsageError(what, where, todo, code="settings-invalid") from error
