"""Conversion between code values and Clips; no other module interprets code values.

Quantization according to ITU-R BT.601/709/2020 and H.273: limited range is 16..235 (luma) and 16..240
(chroma) times 2^(depth-8), full range is 0..2^depth-1, chroma centered on 2^(depth-1) in both.
YUV and gray are converted back exactly; RGB is converted to BT.709 luma and chroma and back within one
code value.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from restore.clip import LUMA_WEIGHTS, Clip, ColorSpec
from restore.media.color.pixels import DecodedFrame, PixelFormat, Plane

_RGB_WEIGHTS = LUMA_WEIGHTS["bt709"]
"""RGB films are restored as luma and chroma with this matrix."""

_GRAIN = 1 << 15
"""Number of elements up to which torch uses one thread (at::internal::GRAIN_SIZE)."""

_DITHER_SIZE = 16
_DITHER_REACH = 0.96
"""Amplitude of the pattern in code values: below 1, so that exact values survive float rounding."""


def to_clip(
    pictures: Sequence[DecodedFrame],
    pixels: PixelFormat,
    color: ColorSpec,
    sample_aspect: Fraction = Fraction(1),
) -> Clip:
    """Convert consecutive frames to a Clip; values outside the nominal range are kept.

    `sample_aspect` is the film's, 1 for square pixels. Raises ValueError if there are no frames or their
    indices are not consecutive.
    """
    if not pictures:
        raise ValueError("a clip needs at least one frame")
    first = pictures[0].index
    if any(picture.index != first + i for i, picture in enumerate(pictures)):
        raise ValueError("the frames of a clip must be consecutive")
    planes = [_stacked(pictures, number) for number in range(len(pictures[0].planes))]
    if pixels.family == "rgb":
        luma, chroma = _rgb_to_ycc([_unit(plane, pixels.depth, color) for plane in planes])
        return Clip(luma, chroma, first, color, sample_aspect)
    chroma = None
    if pixels.family == "yuv":
        chroma = torch.cat([_centered(plane, pixels.depth, color) for plane in planes[1:]], 1)
    return Clip(_unit(planes[0], pixels.depth, color), chroma, first, color, sample_aspect)


def from_clip(
    clip: Clip, pixels: PixelFormat, color: ColorSpec, dither: bool
) -> list[tuple[Plane, ...]]:
    """Convert each frame to code values of the format `pixels` with the color description `color`.

    A clip without chroma gives neutral chroma planes if the format has chroma. `dither` adds a fixed 16x16
    pattern before rounding, at the same position in every frame, so that the values of a frame do not
    depend on its segment; exact values do not change. Raises ValueError if the size of the clip's chroma
    does not fit the format, or its matrix differs.
    """
    _check(clip, pixels, color)
    height, width = clip.luma.shape[-2:]
    if pixels.family == "rgb":
        rgb = _ycc_to_rgb(clip)
        scale, offset = _luma_scale(pixels.depth, color)
        planes = [_codes(plane, scale, offset, pixels.depth, dither) for plane in rgb]
        return _by_frame(planes)
    scale, offset = _luma_scale(pixels.depth, color)
    planes = [_codes(clip.luma, scale, offset, pixels.depth, dither)]
    size = pixels.chroma_size(width, height)
    if size is not None:
        planes += _chroma_planes(clip, size, pixels.depth, color, dither)
    return _by_frame(planes)


def _check(clip: Clip, pixels: PixelFormat, color: ColorSpec) -> None:
    height, width = clip.luma.shape[-2:]
    ours = "bt709" if clip.color.matrix == "rgb" else clip.color.matrix
    theirs = "bt709" if color.matrix == "rgb" else color.matrix
    if pixels.family != "rgb" and ours != theirs and clip.chroma is not None:
        raise ValueError(f"a clip in {ours} cannot be written as {theirs}")
    if pixels.family == "gray" and clip.chroma is not None:
        raise ValueError(f"{pixels.name} has no chroma planes")
    size = (width, height) if pixels.family == "rgb" else pixels.chroma_size(width, height)
    have = None if clip.chroma is None else (clip.chroma.shape[-1], clip.chroma.shape[-2])
    if have is not None and size is not None and have != size:
        sizes = f"{have[0]}x{have[1]}, but {pixels.name} needs {size[0]}x{size[1]}"
        raise ValueError(f"chroma is {sizes}")


def _stacked(pictures: Sequence[DecodedFrame], number: int) -> torch.Tensor:
    """One plane of all frames as float32 code values [T, 1, h, w]."""
    stack = np.stack([picture.planes[number] for picture in pictures])[:, None]
    return torch.from_numpy(cast(Any, stack)).to(torch.float32)


def _luma_scale(depth: int, color: ColorSpec) -> tuple[float, float]:
    """Distance from black to white in code values, and the code value of black."""
    if color.range == "full":
        return float((1 << depth) - 1), 0.0
    return 219.0 * (1 << (depth - 8)), 16.0 * (1 << (depth - 8))


def _chroma_scale(depth: int, color: ColorSpec) -> tuple[float, float]:
    """Distance from -0.5 to 0.5 in code values, and the code value of neutral."""
    neutral = float(1 << (depth - 1))
    if color.range == "full":
        return float((1 << depth) - 1), neutral
    return 224.0 * (1 << (depth - 8)), neutral


def _unit(plane: torch.Tensor, depth: int, color: ColorSpec) -> torch.Tensor:
    scale, offset = _luma_scale(depth, color)
    return plane.sub_(offset).div_(scale)


def _centered(plane: torch.Tensor, depth: int, color: ColorSpec) -> torch.Tensor:
    scale, offset = _chroma_scale(depth, color)
    return plane.sub_(offset).div_(scale)


def _rgb_to_ycc(planes: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Convert green, blue and red planes to luma and chroma."""
    green, blue, red = planes
    of_red, of_green, of_blue = _RGB_WEIGHTS
    luma = of_red * red + of_green * green + of_blue * blue
    cb = (blue - luma) / (2 * (1 - of_blue))
    cr = (red - luma) / (2 * (1 - of_red))
    return luma, torch.cat([cb, cr], 1)


def _ycc_to_rgb(clip: Clip) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Convert luma and chroma to green, blue and red planes with the clip's matrix (RGB films: BT.709)."""
    luma = clip.luma
    if clip.chroma is None:
        return luma, luma, luma
    of_red, of_green, of_blue = LUMA_WEIGHTS.get(clip.color.matrix, _RGB_WEIGHTS)
    blue = luma + clip.chroma[:, :1] * (2 * (1 - of_blue))
    red = luma + clip.chroma[:, 1:] * (2 * (1 - of_red))
    green = (luma - of_red * red - of_blue * blue) / of_green
    return green, blue, red


def _chroma_planes(
    clip: Clip, size: tuple[int, int], depth: int, color: ColorSpec, dither: bool
) -> list[Plane]:
    scale, offset = _chroma_scale(depth, color)
    if clip.chroma is None:
        shape = (len(clip), 1, size[1], size[0])
        dtype = np.uint8 if depth == 8 else np.uint16
        return [cast(Plane, np.full(shape, int(offset), dtype))] * 2
    return [
        _codes(clip.chroma[:, i : i + 1], scale, offset, depth, dither, mirrored=i == 1)
        for i in range(2)
    ]


def _codes(
    plane: torch.Tensor,
    scale: float,
    offset: float,
    depth: int,
    dither: bool,
    mirrored: bool = False,
) -> Plane:
    """Convert a plane in nominal units to code values [T, 1, h, w]: rounded, clipped to the depth's range."""
    count, _, height, width = plane.shape
    step = _block_rows(width) if plane.device.type == "cpu" else height
    tall = max(step, _DITHER_SIZE)
    pattern = dither_pattern(tall, width, mirrored=mirrored) if dither else torch.zeros(tall, width)
    # the conversion to integers truncates: adding 0.5 makes it round to nearest
    bias = pattern.add_(offset + 0.5).to(plane.device)
    dtype = torch.uint8 if depth == 8 else torch.uint16
    codes = torch.empty(count, 1, height, width, dtype=dtype)
    for frame in range(count):
        for row in range(0, height, step):
            block = plane[frame, 0, row : row + step].to(torch.float32)
            first = row % _DITHER_SIZE
            values = torch.add(bias[first : first + block.shape[0]], block, alpha=scale)
            codes[frame, 0, row : row + step] = values.clamp_(0, (1 << depth) - 1)
    return cast(Plane, codes.numpy())


def _block_rows(width: int) -> int:
    """Number of rows converted at a time on the CPU: they fit its cache, and the pattern repeats with them.

    Blocks below torch's grain size run on one thread: three times as fast as whole frames, and
    independent of cores that an encoder is using.
    """
    rows = max(1, _GRAIN // width)
    if rows >= _DITHER_SIZE:
        return rows - rows % _DITHER_SIZE
    return 1 << (rows.bit_length() - 1)


def dither_pattern(height: int, width: int, mirrored: bool = False) -> torch.Tensor:
    """Thresholds [height, width] within ±0.48, mean 0 over 16x16: Bayer's ordered dither (1973).

    `mirrored` mirrors the pattern, so that Cb and Cr are not rounded in the same way.
    """
    tile = np.zeros((1, 1), np.int64)
    while tile.shape[0] < _DITHER_SIZE:
        tile = np.block([[4 * tile, 4 * tile + 2], [4 * tile + 3, 4 * tile + 1]])
    levels = ((tile + 0.5) / tile.size - 0.5) * _DITHER_REACH
    if mirrored:
        levels = levels[:, ::-1]
    rows, columns = -(-height // _DITHER_SIZE), -(-width // _DITHER_SIZE)
    full: npt.NDArray[np.float32] = np.tile(levels, (rows, columns)).astype(np.float32)
    return torch.from_numpy(cast(Any, full[:height, :width].copy()))


def _by_frame(planes: Sequence[Plane]) -> list[tuple[Plane, ...]]:
    """Regroup planes of all frames by frame; views, not copies."""
    count = planes[0].shape[0]
    return [tuple(cast(Plane, plane[t, 0]) for plane in planes) for t in range(count)]
