"""The ranges from which the amounts of a shot are drawn."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from restore.ageing.amounts import Ageing
from restore.media.ffmpeg.compress import COARSEST


def rising(ends: tuple[float, float]) -> tuple[float, float]:
    """The same two numbers; ValueError unless the first is not above the second."""
    if ends[0] > ends[1]:
        raise ValueError(f"the range from {ends[0]:g} to {ends[1]:g} is empty")
    return ends


Range = Annotated[tuple[float, float], AfterValidator(rising)]
Chance = Annotated[float, Field(ge=0, le=1)]

_QUANTIZERS = {"h264_crf": "h264", "mpeg_quantizer": "mpeg2", "jpeg_quantizer": "jpeg"}


class AgeingRanges(BaseModel):
    """Ranges (low, high) of the amounts; in ranges from zero, small amounts are drawn more often.

    The `*_chance` fields say how often a damage happens. The units are those of `Ageing`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    clean_chance: Chance = 0.12
    """share of films with almost no damage"""
    clean_share: Range = (0.0, 0.3)
    """share of the drawn damage that those films have"""

    response_jitter: float = 0.25
    plain_stock_chance: Chance = 0.2
    mixed_stock_chance: Chance = 0.2
    """share with an arbitrary positive mix of red, green and blue: filters, worn duplicates"""
    gamma: Range = (0.65, 1.5)
    contrast: Range = (-0.4, 0.9)
    black: Range = (0.0, 0.15)
    white: Range = (0.8, 1.0)
    vignette: Range = (0.0, 0.4)
    vignette_chance: Chance = 0.5
    weave: Range = (0.0, 0.75)
    weave_chance: Chance = 0.3
    weave_jump: Range = (0.05, 1.0)
    halation: Range = (0.0, 0.35)
    halation_chance: Chance = 0.4
    halation_radius: Range = (1.5, 8.0)

    blur: Range = (0.0, 1.4)
    blur_chance: Chance = 0.85
    blur_stretch: Range = (0.5, 2.0)
    blur_stretch_chance: Chance = 0.3
    defocus: Range = (0.0, 1.8)
    defocus_chance: Chance = 0.15
    intermediate_scale: Range = (0.6, 2.5)
    intermediate_scale_chance: Chance = 0.35
    sharpening: Range = (0.0, 0.8)
    sharpening_chance: Chance = 0.25
    sharpening_radius: Range = (0.6, 1.8)

    grain: Range = (0.0, 0.08)
    grain_chance: Chance = 0.9
    grain_size: Range = (0.0, 1.3)
    grain_white: Range = (0.0, 1.0)
    grain_white_chance: Chance = 0.4
    grain_midtone: Range = (0.0, 1.0)
    grain_tilt: Range = (-0.6, 1.0)
    grain_tilt_chance: Chance = 0.35
    grain_intermediate_chance: Chance = 0.6
    """share of the films that are scaled in two steps"""
    generations: Range = (1.0, 3.0)
    generation_chance: Chance = 0.2
    generation_blur: Range = (0.25, 0.6)
    generation_contrast: Range = (0.0, 0.25)
    generation_grain: Range = (0.0, 0.025)
    fixed_noise: Range = (0.0, 0.03)
    fixed_noise_chance: Chance = 0.12
    fixed_noise_frames: Range = (4.0, 48.0)

    flicker: Range = (0.0, 0.08)
    flicker_chance: Chance = 0.3
    flicker_drift: Range = (0.0, 0.08)
    flicker_slope: Range = (0.0, 0.08)
    dust: Range = (0.0, 0.01)
    dust_chance: Chance = 0.3
    dust_size: Range = (0.5, 3.0)
    blotches: Range = (0.0, 0.015)
    blotch_chance: Chance = 0.12
    blotch_size: Range = (3.0, 9.0)
    hairs: Range = (0.0, 1.5)
    hair_chance: Chance = 0.12
    gate_hairs: Range = (1.0, 3.0)
    gate_hair_chance: Chance = 0.08
    scratches: Range = (0.0, 4.0)
    scratch_chance: Chance = 0.25
    scratch_strength: Range = (0.05, 0.5)
    scratch_width: Range = (0.5, 2.0)
    scratch_breaks: Range = (0.0, 0.7)

    tape_chance: Chance = 0.1
    """share of films that were on television or video tape (and deinterlaced later)"""
    bandwidth: Range = (0.0, 2.0)
    ringing: Range = (0.0, 0.8)
    ringing_distance: Range = (1.0, 3.0)
    line_noise: Range = (0.0, 0.03)
    line_jitter: Range = (0.0, 0.0)
    """not drawn by default: the drawn amounts of older settings stay the same"""
    dropouts: Range = (0.0, 0.01)

    codec_weights: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1, max_length=5)
    ] = (
        0.15,
        0.45,
        0.15,
        0.15,
        0.1,
    )
    """weights of none, h264, mpeg2, jpeg, mpeg4; missing ones count as 0"""
    recompression_chance: Chance = 0.15
    """share of the compressed films that were compressed once before"""
    h264_crf: Range = (12.0, 34.0)
    mpeg_quantizer: Range = (2.0, 12.0)
    jpeg_quantizer: Range = (2.0, 10.0)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse ranges that contain amounts which `Ageing` refuses."""
        if not sum(self.codec_weights):
            raise ValueError("codec_weights: at least one must be above 0")
        for name, value in self:
            if isinstance(value, tuple) and len(value) == 2 and name != "codec_weights":
                for end in value:
                    _check(name, end)
        return self


def _check(name: str, end: float) -> None:
    """ValueError if the end of a range is not a valid amount."""
    if name in _QUANTIZERS and not 0 <= end <= COARSEST[_QUANTIZERS[name]]:
        raise ValueError(f"{name}: 0 to {COARSEST[_QUANTIZERS[name]]}, not {end:g}")
    if name == "clean_share" and not 0 <= end <= 1:
        raise ValueError(f"{name}: 0 to 1, not {end:g}")
    field = Ageing.model_fields.get(name)
    if field is None:
        return
    value = round(end) if field.annotation is int else end
    try:
        Ageing.model_validate({name: value})
    except ValidationError as error:
        raise ValueError(f"{name}: {error.errors()[0]['msg']}") from error
