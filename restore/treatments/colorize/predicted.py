"""The network's colors of a span of frames: read out, steadied, and joined with the film's own luma."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.treatment import STRICT

if TYPE_CHECKING:
    import torch
    from torch import nn

FRAMES_AT_ONCE = 8
"""Number of frames that the network processes together: small ones, with far less memory than upscaling."""

ODDEST_ASPECT = 4.0
"""Sample aspects beyond this (or below its inverse) are errors of a header: films have up to 2."""


class ColorizeSettings(BaseModel):
    """The network's name or folder, the short side of its input, its readout, the frames that share a color.

    `radius`: how many frames on both sides take part in a frame's color.
    """

    model_config = STRICT

    model: str = "color"
    radius: int = 8
    size: int = 144
    temperature: float = 1.0
    saturation: float = 1.0
    doubt: float = 0.0


def chroma_size(clip: Clip) -> tuple[int, int]:
    """Height and width of the chroma to compute: the film's own, or half of the luma for gray."""
    if clip.chroma is not None:
        return int(clip.chroma.shape[-2]), int(clip.chroma.shape[-1])
    height, width = clip.luma.shape[-2:]
    return -(-height // 2), -(-width // 2)


def predicted_colors(
    net: nn.Module, clip: Clip, span: Span, settings: ColorizeSettings
) -> torch.Tensor:
    """Chroma [T, 2, h, w] of the frames of `span`, in the clip's own matrix."""
    import torch
    from torch.nn import functional

    from restore.filters.along_motion import averaged_along_motion
    from restore.filters.joincolor import guided_enlargement, rematrix, within_gamut
    from restore.filters.resample import luma_at_chroma

    near = clip.part(
        max(clip.index, span.start - settings.radius),
        min(clip.index + len(clip), span.stop + settings.radius),
    )
    first, stop = span.start - near.index, span.stop - near.index
    size = _input_size(clip, settings.size)
    gray = functional.interpolate(near.luma, size=size, mode="area").clamp(0, 1)
    coarse = network_chroma(net, gray, settings)
    steady = averaged_along_motion(coarse, gray, first, stop, settings.radius)
    own = clip.part(span.start, span.stop)
    placed = replace(own, chroma=torch.zeros(len(own), 2, *chroma_size(own)))
    # luma at the chroma samples: the guide determines the edges of the color
    guide = luma_at_chroma(placed)
    fine = guided_enlargement(rematrix(steady, clip.color.matrix), guide)
    return within_gamut(fine, guide, clip.color.matrix)


def _input_size(clip: Clip, short: int) -> list[int]:
    """Height and width of the network's input: of the display aspect, in whole blocks."""
    height, width = clip.luma.shape[-2:]
    aspect = min(max(float(clip.sample_aspect), 1 / ODDEST_ASPECT), ODDEST_ASPECT)
    sides = (height, width * aspect)
    shrink = short / min(sides)
    return [max(8, round(side * shrink / 8) * 8) for side in sides]


def network_chroma(net: nn.Module, gray: torch.Tensor, settings: ColorizeSettings) -> torch.Tensor:
    """The network's BT.709 chroma [T, 2, h/4, w/4] for gray [T, 1, h, w], h and w multiples of 4."""
    from typing import cast

    import torch
    from torch import Tensor
    from torch.nn import functional

    from restore.filters.chroma import read_out

    multiple = cast(int, net.size_multiple)
    height, width = gray.shape[-2:]
    low, right = -height % multiple, -width % multiple
    padded = functional.pad(gray, [0, right, 0, low], mode="replicate")
    weight = next(net.parameters())
    centres = cast(Tensor, net.centres).float().cpu()
    rows: list[Tensor] = []
    for batch in padded.split(FRAMES_AT_ONCE):
        logits = cast(Tensor, net(batch.to(weight.device, weight.dtype)))
        logits = logits[..., : height // 4, : width // 4].float().cpu()
        point = (settings.temperature, settings.saturation, settings.doubt)
        rows.append(read_out(logits, centres, *point))
    return torch.cat(rows)
