"""What a worn projector does in time: exposure that flickers, a frame that weaves in the gate."""

import torch
from torch import Generator, Tensor


def flicker(luma: Tensor, strength: float, generator: Generator) -> Tensor:
    """Multiply every frame of [T, 1, H, W] by its own exposure, 1 +- `strength` (deviation)."""
    if strength == 0:
        return luma
    exposure = torch.randn(luma.shape[0], generator=generator).view(-1, 1, 1, 1) * strength
    return luma * (1 + exposure.to(luma))


def weave(luma: Tensor, reach: int, generator: Generator) -> Tensor:
    """Shift every frame of [T, C, H, W] by up to `reach` whole pixels; the border is replicated.

    Done on the sharp frames before they are shrunk: whole pixels there are parts of a pixel after.
    """
    if reach == 0:
        return luma
    frames, _, height, width = luma.shape
    shifts = torch.randint(-reach, reach + 1, (frames, 2), generator=generator).tolist()
    rows, columns = torch.arange(height), torch.arange(width)
    moved = [
        luma[at][:, (rows + down).clamp(0, height - 1)][:, :, (columns + right).clamp(0, width - 1)]
        for at, (down, right) in enumerate(shifts)
    ]
    return torch.stack(moved)
