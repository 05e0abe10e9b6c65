"""Storage: the film as 8-bit compressed video."""

import torch
from torch import Tensor

from restore.media.compress import compress


def store(luma: Tensor, codec: str, quantizer: int) -> Tensor:
    """[T, 1, H, W], 0..1 -> the same after a codec (h264, mpeg2, jpeg); "none" is the identity.

    Code values 0..255 stand for 0..1 here; the codec only sees numbers.
    """
    if codec == "none":
        return luma
    codes = to_codes(luma)[:, 0].cpu().numpy()
    back = torch.from_numpy(compress(codes, codec, quantizer))
    return back.to(luma).div(255).unsqueeze(1)


def to_codes(luma: Tensor) -> Tensor:
    """0..1 -> rounded 8-bit code values 0..255, what lies outside is clipped."""
    return luma.mul(255).round().clamp(0, 255).to(torch.uint8)
