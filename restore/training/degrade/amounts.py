"""How much of every damage: one frozen value a shot, and the ranges from which it is drawn."""

import math
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Generator

from restore.training.degrade.shrink import Kernel
from restore.training.degrade.stock import ORTHOCHROMATIC, PANCHROMATIC, REC709

Codec = Literal["none", "h264", "mpeg2", "jpeg"]
Range = tuple[float, float]

_KERNELS: tuple[Kernel, ...] = ("area", "bilinear", "bicubic", "bicubic-aliased")
_CODECS: tuple[Codec, ...] = ("none", "h264", "mpeg2", "jpeg")


class Ageing(BaseModel):
    """Every amount for one shot; the defaults only take the color. Sizes are in small pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    response: tuple[float, float, float] = REC709
    gamma: float = 1.0
    contrast: float = 0.0
    black: float = 0.0
    white: float = 1.0
    vignette: float = 0.0
    weave: float = 0.0
    halation: float = 0.0
    halation_radius: float = 4.0
    blur: float = 0.0
    kernel: Kernel = "area"
    edging: float = 0.0
    edging_radius: float = 1.0
    grain: float = 0.0
    grain_size: float = 0.6
    grain_midtone: float = 0.5
    flicker: float = 0.0
    dust: float = 0.0
    dust_size: float = 1.5
    scratches: int = 0
    scratch_strength: float = 0.3
    codec: Codec = "none"
    quantizer: int = 20


class Spread(BaseModel):
    """Ranges (low, high) of the amounts; those from zero are drawn mild more often than strong.

    The `*_chance` fields say how often a damage happens at all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    response_jitter: float = 0.25
    plain_stock_chance: float = 0.2
    gamma: Range = (0.65, 1.5)
    contrast: Range = (-0.4, 0.9)
    black: Range = (0.0, 0.15)
    white: Range = (0.8, 1.0)
    vignette: Range = (0.0, 0.4)
    vignette_chance: float = 0.5
    weave: Range = (0.0, 0.75)
    weave_chance: float = 0.3
    halation: Range = (0.0, 0.35)
    halation_chance: float = 0.4
    halation_radius: Range = (1.5, 8.0)
    blur: Range = (0.0, 1.4)
    blur_chance: float = 0.85
    edging: Range = (0.0, 0.8)
    edging_chance: float = 0.2
    edging_radius: Range = (0.6, 1.5)
    grain: Range = (0.0, 0.09)
    grain_chance: float = 0.9
    grain_size: Range = (0.0, 1.3)
    grain_midtone: Range = (0.0, 1.0)
    flicker: Range = (0.0, 0.06)
    flicker_chance: float = 0.3
    dust: Range = (0.0, 0.01)
    dust_chance: float = 0.3
    dust_size: Range = (0.7, 3.0)
    scratches: Range = (0.0, 4.0)
    scratch_chance: float = 0.2
    scratch_strength: Range = (0.05, 0.5)
    codec_weights: tuple[float, float, float, float] = (0.15, 0.5, 0.2, 0.15)
    h264_crf: Range = (12.0, 33.0)
    mpeg_quantizer: Range = (2.0, 12.0)
    jpeg_quantizer: Range = (2.0, 10.0)


def draw(spread: Spread, generator: Generator) -> Ageing:
    """One shot's amounts, from the generator alone."""
    luck = _Luck(generator)
    codec = _CODECS[luck.choice(spread.codec_weights)]
    return Ageing(
        response=_response(spread, luck),
        gamma=math.exp(luck.within((math.log(spread.gamma[0]), math.log(spread.gamma[1])))),
        contrast=luck.within(spread.contrast),
        black=luck.mild(spread.black),
        white=1 - luck.mild((1 - spread.white[1], 1 - spread.white[0])),
        vignette=luck.mild(spread.vignette, spread.vignette_chance),
        weave=luck.mild(spread.weave, spread.weave_chance),
        halation=luck.mild(spread.halation, spread.halation_chance),
        halation_radius=luck.within(spread.halation_radius),
        blur=luck.within(spread.blur) if luck.happens(spread.blur_chance) else 0.0,
        kernel=_KERNELS[luck.choice((1.0, 1.0, 1.0, 0.5))],
        edging=luck.mild(spread.edging, spread.edging_chance),
        edging_radius=luck.within(spread.edging_radius),
        grain=luck.mild(spread.grain, spread.grain_chance),
        grain_size=luck.within(spread.grain_size),
        grain_midtone=luck.within(spread.grain_midtone),
        flicker=luck.mild(spread.flicker, spread.flicker_chance),
        dust=luck.mild(spread.dust, spread.dust_chance),
        dust_size=luck.within(spread.dust_size),
        scratches=round(luck.within(spread.scratches))
        if luck.happens(spread.scratch_chance)
        else 0,
        scratch_strength=luck.within(spread.scratch_strength),
        codec=codec,
        quantizer=_quantizer(codec, spread, luck),
    )


class _Luck:
    """Draws from one generator."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def within(self, span: Range) -> float:
        """Even between the two ends."""
        part = float(torch.rand((), generator=self._generator))
        return span[0] + (span[1] - span[0]) * part

    def mild(self, span: Range, chance: float = 1.0) -> float:
        """Zero by chance, else nearer the low end more often (the square of an even draw)."""
        part, happens = self.within((0, 1)), self.happens(chance)
        return span[0] + (span[1] - span[0]) * part * part if happens else 0.0

    def happens(self, chance: float) -> bool:
        """True with that chance."""
        return self.within((0, 1)) < chance

    def choice(self, weights: tuple[float, ...]) -> int:
        """An index, by weight."""
        return int(torch.multinomial(torch.tensor(weights), 1, generator=self._generator))


def _response(spread: Spread, luck: _Luck) -> tuple[float, float, float]:
    if luck.happens(spread.plain_stock_chance):
        return REC709
    emulsion = (REC709, PANCHROMATIC, ORTHOCHROMATIC)[luck.choice((1.0, 1.0, 1.5))]
    jittered = [
        max(0.0, w + luck.within((-1, 1)) * spread.response_jitter * (w + 0.15)) for w in emulsion
    ]
    whole = sum(jittered)
    return (jittered[0] / whole, jittered[1] / whole, jittered[2] / whole)


def _quantizer(codec: Codec, spread: Spread, luck: _Luck) -> int:
    spans = {"h264": spread.h264_crf, "mpeg2": spread.mpeg_quantizer, "jpeg": spread.jpeg_quantizer}
    return round(luck.within(spans.get(codec, (0.0, 0.0))))
