"""Frames while they are being aged: luma, and chroma if the film has color."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

_KR, _KB = 0.2126, 0.0722


@dataclass(frozen=True)
class FilmPlanes:
    """Luma [T, 1, H, W], nominal 0..1, and (Cb, Cr) of full-range BT.709 [T, 2, H, W], +-0.5."""

    luma: Tensor
    chroma: Tensor | None = None

    def both(self, change: Callable[[Tensor], Tensor]) -> FilmPlanes:
        """The same change to luma and chroma: for linear operations without an offset."""
        return FilmPlanes(change(self.luma), None if self.chroma is None else change(self.chroma))

    def on_luma(self, change: Callable[[Tensor], Tensor]) -> FilmPlanes:
        """A change to the luma only."""
        return replace(self, luma=change(self.luma))

    def on_chroma(self, change: Callable[[Tensor], Tensor]) -> FilmPlanes:
        """A change to the chroma, if there is any."""
        return self if self.chroma is None else replace(self, chroma=change(self.chroma))


def split(rgb: Tensor) -> FilmPlanes:
    """R'G'B' [T, 3, H, W], 0..1 -> luma and chroma of BT.709."""
    red, green, blue = rgb.unbind(1)
    luma = _KR * red + (1 - _KR - _KB) * green + _KB * blue
    chroma = [(blue - luma) / (2 * (1 - _KB)), (red - luma) / (2 * (1 - _KR))]
    return FilmPlanes(luma[:, None], torch.stack(chroma, 1))


def joined(picture: FilmPlanes) -> Tensor:
    """R'G'B' [T, 3, H, W], unclipped; gray where the picture has no chroma."""
    if picture.chroma is None:
        return picture.luma.expand(-1, 3, -1, -1)
    luma, (blue_side, red_side) = picture.luma[:, 0], picture.chroma.unbind(1)
    red = luma + 2 * (1 - _KR) * red_side
    blue = luma + 2 * (1 - _KB) * blue_side
    green = (luma - _KR * red - _KB * blue) / (1 - _KR - _KB)
    return torch.stack([red, green, blue], 1)
