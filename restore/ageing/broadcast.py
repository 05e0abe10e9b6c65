"""Television: too little bandwidth along the line, rings beside edges, two fields a frame."""

import torch
from torch import Tensor

from restore.ageing.optics import blur


def bandwidth(luma: Tensor, sigma: float) -> Tensor:
    """Horizontal blur of [T, C, H, W]: fine detail along a line is the first that tape loses."""
    return blur(luma, 0, sigma)


def ringing(luma: Tensor, amount: float, distance: float) -> Tensor:
    """Edges of [T, 1, H, W] overshoot and echo to the right, `distance` pixels on."""
    if amount == 0:
        return luma
    edges = luma - blur(luma, 0, distance)
    step = max(1, round(2 * distance))
    width = luma.shape[-1]
    places = (torch.arange(width, device=luma.device) - step).clamp(min=0)
    return luma + amount * (edges - 0.4 * edges[..., places])


def interlace(picture: Tensor) -> Tensor:
    """The odd lines of every frame of [T, C, H, W] come from the next frame: movement combs.

    The last frame has no next one and keeps its own.
    """
    combed = picture.clone()
    combed[:-1, :, 1::2] = picture[1:, :, 1::2]
    return combed
