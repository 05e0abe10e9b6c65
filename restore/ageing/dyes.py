"""Faded dyes, and the tint of a print's base."""

import torch
from torch import Tensor

from restore.ageing.aged_planes import FilmPlanes, joined, split

_FADING = (1.0, 0.35, 0.5)
"""Loss of the dyes that absorb red, green and blue: cyan fades first, so old prints turn pink
(Wilhelm & Brower, The Permanence and Care of Color Photographs, 1993, chapter 9)."""


def fade(picture: FilmPlanes, amount: float) -> FilmPlanes:
    """Dyes lose `amount` (0..1) of their density; a picture without chroma stays as it is."""
    if amount == 0 or picture.chroma is None:
        return picture
    rgb = joined(picture)
    loss = torch.tensor(_FADING, dtype=rgb.dtype, device=rgb.device).view(1, 3, 1, 1) * amount
    return split(1 - (1 - rgb) * (1 - loss))


def tinted(picture: FilmPlanes, tint: tuple[float, float]) -> FilmPlanes:
    """A dyed base: white gets chroma `tint` (Cb, Cr), black none."""
    if tint == (0, 0):
        return picture
    color: Tensor = torch.tensor(tint, dtype=picture.luma.dtype, device=picture.luma.device)
    added = picture.luma.clamp(0, 1) * color.view(1, 2, 1, 1)
    return FilmPlanes(picture.luma, added if picture.chroma is None else picture.chroma + added)
