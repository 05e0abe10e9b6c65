"""The size of the result, and the network's scale factor for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from restore.errors import UsageError

NAMED_SIZES: dict[str, tuple[int, int]] = {
    "4k": (3840, 2160),
    "1440p": (2560, 1440),
    "1080p": (1920, 1080),
}
"""Frames that `--to` accepts by name, width and height in square pixels."""

LARGEST_SIDE = 16384
"""The longest side of a result in pixels: no supported codec allows more."""


@dataclass(frozen=True)
class Geometry:
    """The result's size in stored pixels, its sample aspect, and the network's scale factor."""

    width: int
    height: int
    sar: Fraction
    factor: int


def named_size(text: str) -> tuple[int, int]:
    """Width and height of `4k`, `1440p`, `1080p` or `WxH`; raises ValueError for anything else."""
    if text.lower() in NAMED_SIZES:
        return NAMED_SIZES[text.lower()]
    match = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text)
    if not match or not all(16 <= int(side) <= LARGEST_SIDE for side in match.groups()):
        raise ValueError(f"a size is 4k, 1440p, 1080p or WIDTHxHEIGHT (16 to {LARGEST_SIDE})")
    return int(match[1]), int(match[2])


def geometry(
    stored: tuple[int, int], sar: Fraction, rotation: int, upscale: int | None, to: str | None
) -> Geometry:
    """The result's size.

    `upscale` multiplies the `stored` size (width, height) and keeps the sample aspect; `to` fits inside a
    frame with the display aspect kept and square pixels, through the smallest network factor that reaches
    the size. For a film that players rotate by `rotation` degrees, the frame as shown is fitted.
    """
    width, height = stored
    if to is None:
        factor = upscale or 1
        if max(width, height) * factor > LARGEST_SIDE:
            raise UsageError(
                f"--upscale {factor} would give {width * factor}x{height * factor} pixels.",
                f"No side of a result may exceed {LARGEST_SIDE}.",
                "Use --to to name the size that you want.",
                code="result-too-large",
            )
        return Geometry(width * factor, height * factor, sar, factor)
    box_width, box_height = named_size(to)
    if rotation % 180 == 90:  # the limits, rotated like the stored frame
        box_width, box_height = box_height, box_width
    aspect = Fraction(width, height) * sar
    fitted_width = min(Fraction(box_width), box_height * aspect)
    target = (_even(fitted_width, box_width), _even(fitted_width / aspect, box_height))
    factor = next((f for f in (1, 2) if width * f >= target[0] and height * f >= target[1]), 4)
    return Geometry(*target, Fraction(1), factor)


def _even(length: Fraction, most: int) -> int:
    """The nearest even length of at most `most`, so that chroma of half the size fits."""
    return max(2, min(2 * round(length / 2), most // 2 * 2))
