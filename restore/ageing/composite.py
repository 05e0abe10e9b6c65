"""Composite video: color on a subcarrier within the luma, and what an imperfect decoder leaves of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from restore.ageing.aged_planes import FilmPlanes
from restore.ageing.optics import blur
from restore.filters.composite_signal import CYCLES, GAINS, LINE_CYCLES, System


@dataclass(frozen=True, slots=True)
class Subcarrier:
    """The color subcarrier of a system.

    across   cycles in the width of the picture (720 samples at 13.5 MHz)
    line     cycles in a line of the signal
    lines    lines of a frame
    half     lines from a row of the first field to the row below it, in the second field
    switched whether the sign of V changes with every line
    """

    across: float
    line: float
    lines: int
    half: int
    switched: bool


SUBCARRIERS: dict[System, Subcarrier] = {
    "ntsc": Subcarrier(CYCLES["ntsc"], LINE_CYCLES["ntsc"], 525, 263, False),
    "pal": Subcarrier(CYCLES["pal"], LINE_CYCLES["pal"], 625, 313, True),
}
"""The phase turns by half a cycle in every frame of NTSC, by three quarters in PAL."""


def composite(
    film: FilmPlanes, dot_crawl: float, cross_color: float, system: System, first: int
) -> FilmPlanes:
    """Film in color that was decoded from composite video; `first` is the shot's number of its first frame.

    `dot_crawl` is the share of the modulated color at color edges that stays in the luma, `cross_color` the
    share of fine luma detail that becomes color (1: a decoder with one narrow filter).
    """
    chroma = film.chroma
    if chroma is None or not (dot_crawl or cross_color):
        return film
    carrier = SUBCARRIERS[system]
    period = film.luma.shape[-1] / carrier.across
    waves = _waves(film.luma, carrier, first)
    edges = chroma - blur(chroma, 1.0, 1.5 * period)
    luma = film.luma + dot_crawl * (edges * waves).sum(1, keepdim=True)
    detail = film.luma - blur(film.luma, 0, period / 2)
    gains = torch.tensor(GAINS).to(detail).view(1, 2, 1, 1)
    decoded = blur(2 * detail * waves / gains.square(), 0, 0.75 * period)
    return FilmPlanes(luma, chroma + cross_color * decoded)


def _waves(luma: Tensor, carrier: Subcarrier, first: int) -> Tensor:
    """The subcarrier of Cb and of Cr at every sample, [T, 2, H, W], with their gains."""
    frames, _, height, width = luma.shape
    row, frame = torch.arange(height), torch.arange(first, first + frames)
    line = row // 2 + (row % 2) * carrier.half + frame[:, None] * carrier.lines
    turns = (line.double() * carrier.line)[..., None] + (
        torch.arange(width).double() * carrier.across / width
    )
    phase = 2 * math.pi * (turns % 1)
    sign = 1 - 2 * (line % 2)[..., None] if carrier.switched else 1
    blue, red = (gain * wave for gain, wave in zip(GAINS, (phase.sin(), phase.cos()), strict=True))
    return torch.stack([blue, red * sign], 1).to(luma)
