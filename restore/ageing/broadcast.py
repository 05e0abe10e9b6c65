"""Television: limited bandwidth along the line, ringing at edges, interlaced fields."""

import torch
from torch import Tensor

from restore.ageing.optics import blur


def bandwidth(luma: Tensor, sigma: float) -> Tensor:
    """Horizontal blur of [T, C, H, W]: tape loses fine detail along the line first."""
    return blur(luma, 0, sigma)


def ringing(luma: Tensor, amount: float, distance: float) -> Tensor:
    """Edges of [T, 1, H, W] overshoot, with an echo to the right at twice `distance` pixels."""
    if amount == 0:
        return luma
    edges = luma - blur(luma, 0, distance)
    step = max(1, round(2 * distance))
    width = luma.shape[-1]
    places = (torch.arange(width, device=luma.device) - step).clamp(min=0)
    return luma + amount * (edges - 0.4 * edges[..., places])


def interlace(picture: Tensor) -> Tensor:
    """The odd lines of every frame of [T, C, H, W] come from the next frame: motion shows combing.

    The last frame keeps its own.
    """
    combed = picture.clone()
    combed[:-1, :, 1::2] = picture[1:, :, 1::2]
    return combed
