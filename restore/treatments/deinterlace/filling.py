"""The missing rows of fields: computed in a clip whose frames contain both fields of their source frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch

from restore.clip import Clip
from restore.nets.deinterlace import DeinterlaceNet
from restore.treatments.deinterlace.field_windows import FieldWindow, Place
from restore.treatments.deinterlace.interpolate import interpolate
from restore.treatments.network import load_network

if TYPE_CHECKING:
    from torch import Tensor

    from restore.treatments.treatment import Engine, FieldFilter

Planes = tuple["Tensor", "Tensor | None"]
"""Luma [N, 1, H, W] and chroma [N, 2, h, w]."""

Fill = Callable[[Clip, Sequence[Place], Sequence[int]], Planes]
"""(clip, fields of alternating parity, as rows of the clip, positions of the wanted ones) -> whole frames."""

_SMALLEST = 4
"""Rows and columns below which rows are interpolated linearly by a filter."""

_FIELD_ROWS = 2
"""Rows below which a frame has no second field."""


def filled(clip: Clip, own: Clip, windows: Sequence[FieldWindow], first: int, fill: Fill) -> Clip:
    """The frames `own` with the missing rows of their fields; the rows of a field keep every value.

    Windows count frames from number `first`; `clip` has all frames of their fields.
    """
    luma = own.luma.clone()
    chroma = None if own.chroma is None else own.chroma.clone()
    for window in windows:
        fields = [(frame + first - clip.index, parity) for frame, parity in window.fields]
        made = fill(clip, fields, [place for _, place in window.wanted])
        for row, (frame, place) in enumerate(window.wanted):
            missing = 1 - window.fields[place][1]
            at = frame + first - own.index
            luma[at, :, missing::2] = made[0][row, :, missing::2]
            if chroma is not None and made[1] is not None:
                chroma[at, :, missing::2] = made[1][row, :, missing::2]
    return replace(own, luma=luma, chroma=chroma, color=replace(own.color, fields=None))


def by_filter(deinterlace: FieldFilter) -> Fill:
    """Fills with a filter of whole frames, see FieldFilter."""

    def fill(clip: Clip, fields: Sequence[Place], wanted: Sequence[int]) -> Planes:
        luma = _filtered(clip.luma, fields, wanted, deinterlace)
        chroma = clip.chroma
        return luma, None if chroma is None else _filtered(chroma, fields, wanted, deinterlace)

    return fill


def by_network(model: str, engine: Engine) -> Fill:
    """Fills with a network of this name; UsageError for weights that are missing or damaged."""
    net = cast(DeinterlaceNet, load_network(model, engine))

    def fill(clip: Clip, fields: Sequence[Place], wanted: Sequence[int]) -> Planes:
        if clip.luma.shape[-2] < _FIELD_ROWS:
            return _linear_frames(clip, [fields[place] for place in wanted])
        luma = _rows_of(clip.luma.to(engine.device), fields)
        chroma = None if clip.chroma is None else _rows_of(clip.chroma.to(engine.device), fields)
        sizes = clip.luma.shape[-2], 0 if clip.chroma is None else clip.chroma.shape[-2]
        frames, sides = interpolate(net, luma, chroma, fields[0][1] == 0, wanted, sizes)
        device = clip.luma.device
        return frames.to(device), None if sides is None else sides.to(device)

    return fill


def _linear_frames(clip: Clip, fields: Sequence[Place]) -> Planes:
    """Frames with means of rows."""
    return linear(clip.luma, fields), None if clip.chroma is None else linear(clip.chroma, fields)


def _rows_of(planes: Tensor, fields: Sequence[Place]) -> list[Tensor]:
    """The rows [C, h, W] of each field of planes [T, C, H, W]."""
    return [planes[frame, :, parity::2] for frame, parity in fields]


def _filtered(
    planes: Tensor, fields: Sequence[Place], wanted: Sequence[int], deinterlace: FieldFilter
) -> Tensor:
    """The wanted fields of planes [T, C, H, W] as whole frames."""
    if len(fields) == 1 or min(planes.shape[-2:]) < _SMALLEST:
        return linear(planes, [fields[place] for place in wanted])
    pairs = list(fields)
    early = pairs[0][1]  # pairs are always a top field and the bottom field after it
    pairs = ([pairs[1]] if early else []) + pairs
    pairs += [pairs[-2]] if len(pairs) % 2 else []
    tops, bottoms = pairs[::2], pairs[1::2]
    woven = planes[[frame for frame, _ in tops]].clone()
    woven[:, :, 1::2] = planes[[frame for frame, _ in bottoms], :, 1::2]
    return deinterlace(woven)[[place + early for place in wanted]]


def linear(planes: Tensor, fields: Sequence[Place]) -> Tensor:
    """Fields of planes [T, C, H, W] as whole frames: missing rows are means of the rows next to them."""
    frames = planes[[frame for frame, _ in fields]].clone()
    height = frames.shape[-2]
    for row, (_, parity) in enumerate(fields):
        missing = torch.arange(1 - parity, height, 2)
        above, below = missing - 1, missing + 1
        above = torch.where(above < 0, below, above).clamp(max=height - 1)
        below = torch.where(below >= height, above, below)
        if height > 1:
            frames[row, :, missing] = (frames[row][:, above] + frames[row][:, below]) / 2
    return frames
