"""Color on tape: horizontal bleeding, delay, noise, and subsampling."""

import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.ageing.noise_fields import field
from restore.ageing.optics import blur
from restore.filters.shift import moved


def bleed(chroma: Tensor, sigma: float, shift: float, down: float = 0.0) -> Tensor:
    """Chroma [T, 2, H, W] blurred along the lines and moved `shift` pixels to the right and `down`."""
    return moved(blur(chroma, sigma / 4, sigma), [(down, shift)] * chroma.shape[0])


def chroma_noise(chroma: Tensor, strength: float, generator: Generator) -> Tensor:
    """Low-frequency noise on [T, 2, H, W] of deviation `strength`, correlated along the lines."""
    if strength == 0:
        return chroma
    return chroma + strength * field(chroma.shape, chroma, generator, 1.0, 4.0)


def subsample(chroma: Tensor) -> Tensor:
    """4:2:0: blocks of two by two pixels of [T, 2, H, W] share their color; odd sizes work."""
    height, width = chroma.shape[-2:]
    return doubled(halved(chroma), height, width)


def stairs(chroma: Tensor) -> Tensor:
    """4:1:1: four pixels of a line of [T, 2, H, W] share their mean; any width works."""
    width = chroma.shape[-1]
    whole = functional.pad(chroma, (0, -width % 4, 0, 0), mode="replicate")
    quarter = functional.avg_pool2d(whole, (1, 4))
    return torch.repeat_interleave(quarter, 4, -1)[..., :width]


def halved(chroma: Tensor) -> Tensor:
    """[T, 2, H, W] -> means of two by two pixels, the border of odd sizes replicated."""
    height, width = chroma.shape[-2:]
    even = functional.pad(chroma, (0, width % 2, 0, height % 2), mode="replicate")
    return functional.avg_pool2d(even, 2)


def doubled(chroma: Tensor, height: int, width: int) -> Tensor:
    """Halved chroma at full size again."""
    wide = torch.repeat_interleave(chroma, 2, -1)
    return torch.repeat_interleave(wide, 2, -2)[..., :height, :width]
