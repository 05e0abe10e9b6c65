"""Resampling of planes between sample grids: separable windowed sinc, with chroma siting and fields."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from restore.clip import Clip, Siting

LANCZOS_LOBES = 3
"""Lobes of the sinc window: the usual compromise between sharpness and ringing (Duchon 1979)."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Positions of the samples of a plane along one axis of the frame.

    `count` samples; sample i lies at `offset + step * i` luma samples; the frame is `extent` luma
    samples long. Luma is Axis(n, 1, 0, n); left-sited half-width chroma is Axis(n / 2, 2, 0, n).
    """

    count: int
    step: int
    offset: float
    extent: int

    def positions(self) -> torch.Tensor:
        """Positions of the samples as fractions of the frame's side, float64 [count]."""
        index = torch.arange(self.count, dtype=torch.float64)
        return (index * self.step + self.offset + 0.5) / self.extent


def luma_axis(count: int) -> Axis:
    """The axis of a full-resolution plane."""
    return Axis(count, 1, 0.0, count)


def chroma_axes(
    width: int, height: int, sub_w: int, sub_h: int, siting: Siting
) -> tuple[Axis, Axis]:
    """Horizontal and vertical axes of the chroma samples of a frame of `width` x `height` luma samples.

    `sub_w` and `sub_h` are log2 of the subsampling; sitings as in ITU-T H.273, figure 1.
    """
    across, down = 1 << sub_w, 1 << sub_h
    left = siting in ("left", "topleft", "bottomleft")
    shift = {"topleft": 0.0, "top": 0.0, "bottomleft": down - 1.0, "bottom": down - 1.0}
    return (
        Axis(-(-width // across), across, 0.0 if left else (across - 1) / 2, width),
        Axis(-(-height // down), down, shift.get(siting, (down - 1) / 2), height),
    )


def subsampling(clip: Clip) -> tuple[int, int]:
    """Log2 of the luma columns and rows per chroma sample; raises ValueError for a clip without chroma."""
    if clip.chroma is None:
        raise ValueError("a clip without chroma has no chroma grid")
    pairs = zip(clip.luma.shape[:-3:-1], clip.chroma.shape[:-3:-1], strict=True)
    across, down = (
        next(sub for sub in range(_COARSEST + 1) if -(-luma >> sub) == chroma)
        for luma, chroma in pairs
    )
    return across, down


_COARSEST = 2
"""Log2 of the largest number of luma samples per chroma sample along one axis (4:1:1, 4:1:0)."""


def chroma_grid(clip: Clip) -> tuple[Axis, Axis]:
    """The axes of a clip's chroma samples; raises ValueError for a clip without chroma."""
    height, width = clip.luma.shape[-2:]
    return chroma_axes(width, height, *subsampling(clip), clip.color.siting)


def resample_chroma(
    clip: Clip, size: tuple[int, int], sub_w: int, sub_h: int, siting: Siting | None = None
) -> torch.Tensor:
    """Resample a clip's chroma to a frame of `size` (width, height) with that subsampling (log2) and siting.

    A siting of None keeps the clip's own.

    In an interlaced clip the rows of a field are computed from that field's rows only. If the height
    changes, luma is resampled as a whole frame: chroma is then first resampled to all rows of luma, field by
    field, and from there in the same way as luma. Raises ValueError for a clip without chroma.
    """
    own, height = subsampling(clip), clip.luma.shape[-2]
    assert clip.chroma is not None
    before, source = clip.color.siting, chroma_grid(clip)
    after = siting or before
    target = chroma_axes(*size, sub_w, sub_h, after)
    if clip.color.fields is None or source == target:
        return resample(clip.chroma, source, target)
    if size[1] == height:
        rows = (own[1], sub_h)
        return _by_field(clip.chroma, (source[0], target[0]), rows, height, (before, after))
    every = _by_field(clip.chroma, (source[0], source[0]), (own[1], 0), height, (before, before))
    return resample(every, (source[0], luma_axis(height)), target)


def luma_at_chroma(clip: Clip) -> torch.Tensor:
    """Luma [T, 1, h, w] at the positions of the chroma samples, within each field if it is interlaced."""
    height, width = clip.luma.shape[-2:]
    grid = chroma_grid(clip)
    if clip.color.fields is None:
        return resample(clip.luma, (luma_axis(width), luma_axis(height)), grid)
    rows = (0, subsampling(clip)[1])
    sitings = (clip.color.siting, clip.color.siting)
    return _by_field(clip.luma, (luma_axis(width), grid[0]), rows, height, sitings)


def _by_field(
    planes: torch.Tensor,
    across: tuple[Axis, Axis],
    subs: tuple[int, int],
    height: int,
    sitings: tuple[Siting, Siting],
) -> torch.Tensor:
    """Resample planes of interlaced frames in each field separately; the height of the frame stays.

    `across`, `subs` and `sitings` are the horizontal axis, log2 of the vertical subsampling and the siting,
    before and after.
    """
    rows = -(-height >> subs[1])
    result = planes.new_empty(*planes.shape[:-2], rows, across[1].count)
    for field in (0, 1):
        after = field_axis(height, subs[1], sitings[1], field)
        if not after.count:
            continue
        # a frame of very few rows may have no chroma in its bottom field
        origin = field if field_axis(height, subs[0], sitings[0], field).count else 0
        before = field_axis(height, subs[0], sitings[0], origin)
        moved = resample(planes[..., origin::2, :], (across[0], before), (across[1], after))
        result[..., field::2, :] = moved
    return result


def field_axis(height: int, sub: int, siting: Siting, field: int) -> Axis:
    """The rows of one field (0: top) of an interlaced frame with `height` luma rows, in field rows.

    `sub` is log2 of the vertical subsampling. Chroma that is sited between luma rows lies at 1/4 in the
    top field and at 3/4 in the bottom one, so that the chroma rows of the whole frame are evenly spaced
    (ISO 13818-2, 6.1.1.8, and H.273); sited on rows, it is so in each field (IEC 61834, as in DV).
    """
    down = 1 << sub
    rows = -(-height // down)
    between = (down - 1) * (field + 0.5) / 2
    shift = {"topleft": 0.0, "top": 0.0, "bottomleft": down - 1.0, "bottom": down - 1.0}
    count, extent = (max(0, total + 1 - field) // 2 for total in (rows, height))
    return Axis(count, down, shift.get(siting, between), extent)


def resample(
    planes: torch.Tensor, source: tuple[Axis, Axis], target: tuple[Axis, Axis]
) -> torch.Tensor:
    """Resample planes [..., h, w] from the source's axes (horizontal, vertical) to the target's.

    Lanczos with three lobes, widened when the target is coarser (no aliasing); edges are replicated.
    With equal axes the tensor is returned unchanged.
    """
    if source == target:
        return planes
    across = _along(planes, source[0], target[0])
    down = _along(across.transpose(-1, -2), source[1], target[1])
    return down.transpose(-1, -2)


def _along(planes: torch.Tensor, source: Axis, target: Axis) -> torch.Tensor:
    """Resample along the last axis: a weighted sum over a few neighbors of every target sample."""
    if source == target:
        return planes
    taps, weights = _kernel(source, target)
    taps, weights = taps.to(planes.device), weights.to(planes.device, planes.dtype)
    result = planes[..., taps[0]] * weights[0]
    for tap, weight in zip(taps[1:], weights[1:], strict=True):
        result += planes[..., tap] * weight
    return result


def _kernel(source: Axis, target: Axis) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices [taps, target] into the source and their weights, which sum to one."""
    ratio = target.step / target.extent / (source.step / source.extent)
    widening = max(1.0, ratio)
    places = (target.positions() * source.extent - 0.5 - source.offset) / source.step
    support = math.ceil(LANCZOS_LOBES * widening)
    reach = torch.arange(1 - support, support + 1, dtype=torch.float64)
    taps = places.floor()[None] + reach[:, None]
    distance = (taps - places[None]) / widening
    weights = torch.sinc(distance) * torch.sinc(distance / LANCZOS_LOBES)
    weights = torch.where(distance.abs() < LANCZOS_LOBES, weights, 0.0)
    return taps.long().clamp(0, source.count - 1), weights / weights.sum(dim=0, keepdim=True)


def put_back(restored: torch.Tensor, source: torch.Tensor, share: float) -> torch.Tensor:
    """Add a share (0..1) of what restored luma [T, 1, H * n, W * n] lost against the source's back to it.

    The loss is the source [T, 1, H, W] minus the restored frame at the source's size: grain, dust, wear.
    With share 1 the result at that size equals the source except for a little of its finest grain; detail
    beyond the source's resolution is kept (iterative back-projection, Irani and Peleg 1991). At equal
    sizes the two are mixed linearly, and share 1 returns the source.
    """
    if restored.shape == source.shape:
        return torch.lerp(restored, source, share) if share < 1 else source
    small, large = (
        (luma_axis(plane.shape[-1]), luma_axis(plane.shape[-2])) for plane in (source, restored)
    )
    seen = resample(restored, large, small)
    wanted = torch.lerp(seen, source, share)
    for _ in range(_PROJECTIONS):
        restored = restored + resample(wanted - seen, small, large)
        seen = resample(restored, large, small)
    return restored


_PROJECTIONS = 2
"""Iterations of back-projection: the second restores most of the fine grain that the first softened."""
