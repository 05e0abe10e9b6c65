"""Crosstalk of composite video, predicted: dots in luma from its color, rainbows in color from its detail.

Luma has the sharp part of chroma on a subcarrier, chroma has the fine part of luma from it. Within a field
the phase of the subcarrier is known but for an offset, which every field of every frame shows by itself:
nothing is assumed of the order of fields and frames. Rows 0, 2, 4 ... and 1, 3, 5 ... are treated separately.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from restore.clip import Clip
from restore.filters.composite_signal import GAINS, LINE_CYCLES, System
from restore.filters.gaussian import blurred
from restore.filters.resample import subsampling

EDGE = (1.0, 1.5)
"""The blur beyond which chroma counts as sharp: in rows, and along the lines in periods of the subcarrier."""

_BAND = 0.3
"""The blur that is subtracted from luma to see the subcarrier, in periods."""

_LARGEST = 0.12
"""Luma in that band counts up to here (nominal): beyond, it is an edge of the picture."""

_LEAST = 0.5
"""A field has the pattern if it shows at least this share of the expected one."""


@dataclass(frozen=True, slots=True)
class Crosstalk:
    """What is between luma and chroma.

    cycles    periods of the subcarrier in the width of the picture
    crawl     share of the sharp part of chroma that is in luma
    rainbows  share of the fine part of luma that is in chroma
    """

    system: System
    cycles: float
    crawl: float
    rainbows: float


def without_crosstalk(clip: Clip, found: Crosstalk) -> tuple[Clip, Tensor]:
    """The clip without the crosstalk, and the largest dots that its color can make, [T, 1, H, W].

    Fields that do not show the pattern keep every value.
    """
    # one frame at a time: its planes stay in the cache
    places = range(clip.index, clip.index + len(clip))
    frames = [_without_crosstalk(clip.part(place, place + 1), found) for place in places]
    luma, chroma, most = (torch.cat(each) for each in zip(*frames, strict=True))
    return _with(clip, luma, chroma), most


def _without_crosstalk(clip: Clip, found: Crosstalk) -> tuple[Tensor, Tensor, Tensor]:
    """Luma and chroma without the crosstalk, and the largest dots."""
    assert clip.chroma is not None
    period = clip.luma.shape[-1] / found.cycles
    edges = color_edges(clip, period)
    waves = subcarrier(sharp(clip.luma, period), edges, found, _LEAST)
    chroma = clip.chroma
    if found.rainbows:
        luma = torch.sub(clip.luma, dots(edges, waves), alpha=found.crawl)
        colors = rainbows(_with(clip, luma, chroma), waves, period)
        chroma = torch.sub(chroma, colors, alpha=found.rainbows)
        edges = color_edges(_with(clip, clip.luma, chroma), period)
    luma = torch.sub(clip.luma, dots(edges, waves), alpha=found.crawl)
    return luma, chroma, found.crawl * edges.abs().sum(1, keepdim=True)


def color_edges(clip: Clip, period: float) -> Tensor:
    """The sharp part of chroma at the samples of luma, [T, 2, H, W], with the weights of the subcarrier."""
    assert clip.chroma is not None
    across, down = subsampling(clip)
    height, width = clip.luma.shape[-2:]
    weights = torch.tensor(GAINS).to(clip.chroma).view(1, 2, 1, 1)
    fields = 1 if clip.color.fields is None else 2
    result = clip.luma.new_empty(len(clip), 2, height, width)
    for field in range(fields):
        chroma = clip.chroma[..., field::fields, :]
        rows = result[..., field::fields, :]
        if not chroma.numel() or not rows.numel():
            rows.zero_()
            continue
        blur = (EDGE[0] / fields / (1 << down), EDGE[1] * period / (1 << across))
        edges = (chroma - blurred(chroma, *blur)) * weights
        if "left" in clip.color.siting:
            edges = _to_left(edges, 1 << across)
        rows.copy_(functional.interpolate(edges, rows.shape[-2:], mode="bilinear"))
    return result


def sharp(luma: Tensor, period: float) -> Tensor:
    """The part of luma in which a subcarrier of `period` samples is seen; large edges are limited."""
    return (luma - blurred(luma, 0, _BAND * period)).clamp(-_LARGEST, _LARGEST)


@dataclass(frozen=True, slots=True)
class FieldSums:
    """How luma and the edges of color agree in one field of every frame, if the phase is 0 at its first line.

    blue, red  sums over the lines of luma times Cb or Cr on the subcarrier, complex [T, W]
    energy     of the edges of color [T]
    """

    blue: Tensor
    red: Tensor
    energy: Tensor

    def at(self, cycles: float) -> tuple[Tensor, Tensor]:
        """The amplitude and phase (complex, [T]) at this frequency, with the sign of V as it is and opposite.

        1 where all sharp color is in luma.
        """
        width = self.blue.shape[-1]
        turns = (torch.arange(width, dtype=torch.float64) * cycles / width) % 1
        wave = torch.polar(torch.ones_like(turns), -2 * math.pi * turns).to(self.blue)
        blue, red = (self.blue @ wave) * 1j, self.red @ wave
        scale = 2 / (self.energy + 1e-9)
        return (red + blue) * scale, (blue - red) * scale


def field_sums(band: Tensor, edges: Tensor, system: System, field: int) -> FieldSums:
    """The sums over the rows `field`, `field` + 2 ... of the band of luma and the edges of color."""
    own, colors = band[:, 0, field::2], edges[:, :, field::2]
    turns, signs = _lines(system, own.shape[1])
    phases = torch.polar(torch.ones_like(turns), -2 * math.pi * turns)
    both: list[Tensor] = []
    for color, line in ((0, phases), (1, phases * signs)):
        weights = torch.stack([line.real, line.imag]).to(own)
        both.append(torch.complex(*(weights @ (own * colors[:, color])).unbind(1)))
    return FieldSums(both[0], both[1], colors.square().sum((1, 2, 3)))


def subcarrier(band: Tensor, edges: Tensor, found: Crosstalk, least: float = 0.0) -> Tensor:
    """The subcarrier of Cb and of Cr at every sample [T, 2, H, W], with its phase in every field.

    0 in fields that show less than this share `least` of the pattern.
    """
    waves = torch.zeros_like(edges)
    across = (torch.arange(band.shape[-1], dtype=torch.float64) * found.cycles / band.shape[-1]) % 1
    for field in (0, 1):
        own = waves[:, :, field::2]
        if not own.shape[2]:
            continue
        as_is, opposite = field_sums(band, edges, found.system, field).at(found.cycles)
        turned = opposite.abs() > as_is.abs() if found.system == "pal" else as_is.abs() < 0
        size = torch.where(turned, opposite, as_is)
        known = size.abs() >= least * found.crawl
        turns, signs = _lines(found.system, own.shape[2])
        start = 2 * math.pi * turns + torch.angle(size).double()[:, None]
        (row_sin, row_cos), (sin, cos) = (
            (each.sin().to(band), each.cos().to(band)) for each in (start, 2 * math.pi * across)
        )
        row_sin, row_cos = (each[..., None] * known[:, None, None] for each in (row_sin, row_cos))
        flips = (signs * (1 - 2 * turned.double())[:, None]).to(band)[..., None]
        own[:, 0] = row_sin * cos + row_cos * sin
        own[:, 1] = (flips * row_cos) * cos - (flips * row_sin) * sin
    return waves


def dots(edges: Tensor, waves: Tensor) -> Tensor:
    """The edges of color on the subcarrier, [T, 1, H, W]."""
    return torch.addcmul(edges[:, :1] * waves[:, :1], edges[:, 1:], waves[:, 1:])


def rainbows(clip: Clip, waves: Tensor, period: float) -> Tensor:
    """The color of fine detail of the clip's luma, at the samples of its chroma."""
    detail = clip.luma - blurred(clip.luma, 0, period / 2)
    across, down = subsampling(clip)
    fields = 1 if clip.color.fields is None else 2
    assert clip.chroma is not None
    result = torch.empty_like(clip.chroma)
    weights = 2 / torch.tensor(GAINS).to(detail).view(1, 2, 1, 1)
    for field in range(fields):
        rows = (detail * waves)[..., field::fields, :]
        wanted = result[..., field::fields, :]
        if not wanted.numel() or not rows.numel():
            wanted.zero_()
            continue
        rows = functional.pad(rows, (0, 0, 0, -rows.shape[-2] % (1 << down)), mode="replicate")
        lines = sum(rows[..., line :: 1 << down, :] for line in range(1 << down)) * (
            weights / (1 << down)
        )
        color = blurred(lines, 0, 0.75 * period)
        wide = functional.pad(color, (0, -color.shape[-1] % (1 << across), 0, 0), mode="replicate")
        left = "left" in clip.color.siting
        sampled = (
            wide[..., :: 1 << across] if left else functional.avg_pool2d(wide, (1, 1 << across))
        )
        wanted.copy_(sampled[..., : wanted.shape[-2], :])
    return result


def _lines(system: System, count: int) -> tuple[Tensor, Tensor]:
    """The phase of the first lines of a field, in turns, and the sign of V."""
    line = torch.arange(count, dtype=torch.float64)
    turns = (line * LINE_CYCLES[system]) % 1
    return turns, 1 - 2 * (line % 2) if system == "pal" else torch.ones_like(line)


def _to_left(planes: Tensor, step: int) -> Tensor:
    """Planes whose samples lie on the first of `step` columns, as if they lay in the middle of these."""
    if step == 1:
        return planes
    wide = functional.pad(planes, (0, 1, 0, 0), mode="replicate")
    return torch.lerp(planes, wide[..., 1:], (step - 1) / 2 / step)


def _with(clip: Clip, luma: Tensor, chroma: Tensor) -> Clip:
    return Clip(luma, chroma, clip.index, clip.color, clip.sample_aspect)
