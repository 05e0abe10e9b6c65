"""How large the result is, and how many times the net has to enlarge for it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from restore.errors import UsageError
from restore.recipe import LARGEST_SIDE, Recipe, named_size


@dataclass(frozen=True)
class Geometry:
    """The result's size in stored pixels, its sample aspect, and the net's factor that leads there."""

    width: int
    height: int
    sar: Fraction
    factor: int


def geometry(width: int, height: int, sar: Fraction, recipe: Recipe, rotation: int = 0) -> Geometry:
    """The result's size.

    `upscale` multiplies the stored size and keeps the sample aspect; `to` fits inside a frame with the
    display aspect kept and square pixels, through the smallest net factor that reaches the size. Of a film
    that players turn by `rotation` degrees, the picture as it is shown fits.
    """
    if recipe.to is None:
        factor = recipe.upscale or 1
        if max(width, height) * factor > LARGEST_SIDE:
            raise UsageError(
                f"--upscale {factor} would give {width * factor}x{height * factor} pixels.",
                f"No side of a result may exceed {LARGEST_SIDE}.",
                "Use --to to name the size that you want.",
            )
        return Geometry(width * factor, height * factor, sar, factor)
    box_width, box_height = named_size(recipe.to)
    if rotation % 180 == 90:  # the frame as it lies over the stored picture
        box_width, box_height = box_height, box_width
    aspect = Fraction(width, height) * sar
    fitted_width = min(Fraction(box_width), box_height * aspect)
    target = (_even(fitted_width, box_width), _even(fitted_width / aspect, box_height))
    factor = next((f for f in (1, 2) if width * f >= target[0] and height * f >= target[1]), 4)
    return Geometry(*target, Fraction(1), factor)


def _even(length: Fraction, most: int) -> int:
    """The nearest even length of at most `most`, so that chroma of half the size fits."""
    return max(2, min(2 * round(length / 2), most // 2 * 2))
