"""Colorize: likely colors for black-and-white and single-tint shots; luma stays the film's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.network import load_network
from restore.treatments.treatment import Decisions, Engine, Treat, Treatment

if TYPE_CHECKING:
    import torch
    from torch import nn


FRAMES_AT_ONCE = 8
"""Frames that the net sees together: small pictures, so memory stays far below the upscaler's."""

ODDEST_ASPECT = 4.0
"""Sample aspects beyond this (or below its inverse) are errors of a header: films have up to 2."""


class ColorizeSettings(BaseModel):
    """The color net's name or folder, the short side it sees, its readout, the frames that agree on color.

    `radius`: how many frames on both sides take part in a frame's color. A shot's decision `mode` is
    `color` (the net decides), `neutral` (no color at all) or `keep` (the source's own chroma).
    """

    model_config = ConfigDict(frozen=True)

    model: str = "color"
    radius: int = 8
    size: int = 144
    temperature: float = 1.0
    saturation: float = 1.0
    doubt: float = 0.0


def load(settings: ColorizeSettings, engine: Engine) -> Treat:
    """The coloring treatment; UsageError for weights that are missing or damaged."""
    import torch

    net = load_network(settings.model, engine)

    def treat(clip: Clip, span: Span, decisions: Decisions) -> Clip:
        own = clip.part(span.start, span.stop)
        mode = decisions.get("mode", "color")
        if mode == "keep":
            return own
        shape = (own.luma.shape[0], 2, *_chroma_size(own))
        if mode == "neutral":
            return replace(own, chroma=torch.zeros(shape))
        with torch.inference_mode():
            return replace(own, chroma=_colors(net, clip, span, settings))

    return treat


def _chroma_size(clip: Clip) -> tuple[int, int]:
    """Height and width of the chroma to make: the film's own, or half the luma's for gray."""
    if clip.chroma is not None:
        return int(clip.chroma.shape[-2]), int(clip.chroma.shape[-1])
    height, width = clip.luma.shape[-2:]
    return -(-height // 2), -(-width // 2)


def _colors(net: nn.Module, clip: Clip, span: Span, settings: ColorizeSettings) -> torch.Tensor:
    """Chroma [T, 2, h, w] of the frames of `span`, in the clip's own matrix."""
    import torch
    from torch.nn import functional

    from restore.filters.joincolor import guided_enlargement, rematrix, steadied, within_gamut
    from restore.filters.resample import luma_at_chroma

    near = clip.part(
        max(clip.index, span.start - settings.radius),
        min(clip.index + len(clip), span.stop + settings.radius),
    )
    first, stop = span.start - near.index, span.stop - near.index
    coarse = _predicted(net, near, settings)
    small = functional.interpolate(near.luma, size=coarse.shape[-2:], mode="area")
    steady = steadied(coarse, small, first, stop, settings.radius)
    own = clip.part(span.start, span.stop)
    placed = replace(own, chroma=torch.zeros(len(own), 2, *_chroma_size(own)))
    # luma where the chroma samples lie: the guide decides where color has its edges
    guide = luma_at_chroma(placed)
    fine = guided_enlargement(rematrix(steady, clip.color.matrix), guide)
    return within_gamut(fine, guide, clip.color.matrix)


def _seen_size(clip: Clip, short: int) -> list[int]:
    """Height and width of the small picture that the net sees: of the display aspect, in whole blocks."""
    height, width = clip.luma.shape[-2:]
    aspect = min(max(float(clip.sample_aspect), 1 / ODDEST_ASPECT), ODDEST_ASPECT)
    sides = (height, width * aspect)
    shrink = short / min(sides)
    return [max(8, round(side * shrink / 8) * 8) for side in sides]


def _predicted(net: nn.Module, clip: Clip, settings: ColorizeSettings) -> torch.Tensor:
    """The net's BT.709 chroma [T, 2, h, w] for a clip's luma, at a quarter of what it sees."""
    from typing import cast

    import torch
    from torch import Tensor
    from torch.nn import functional

    from restore.filters.chroma import read_out

    multiple = cast(int, net.size_multiple)
    seen = _seen_size(clip, settings.size)
    gray = functional.interpolate(clip.luma, size=seen, mode="area").clamp(0, 1)
    low, right = (-side % multiple for side in seen)
    padded = functional.pad(gray, [0, right, 0, low], mode="replicate")
    weight = next(net.parameters())
    centres = cast(Tensor, net.centres).float().cpu()
    rows: list[Tensor] = []
    for batch in padded.split(FRAMES_AT_ONCE):
        logits = cast(Tensor, net(batch.to(weight.device, weight.dtype)))
        logits = logits[..., : seen[0] // 4, : seen[1] // 4].float().cpu()
        point = (settings.temperature, settings.saturation, settings.doubt)
        rows.append(read_out(logits, centres, *point))
    return torch.cat(rows)


COLORIZE = Treatment(
    name="colorize",
    settings=ColorizeSettings,
    radius=lambda settings: settings.radius,
    load=load,
    neutral=(ColorizeSettings(), {"mode": "keep"}),
)
