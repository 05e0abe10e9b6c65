"""The stock: the spectral response of black-and-white film."""

import torch
from torch import Tensor

REC709 = (0.2126, 0.7152, 0.0722)
PANCHROMATIC = (0.34, 0.40, 0.26)
ORTHOCHROMATIC = (0.03, 0.47, 0.50)
_DISPLAY_GAMMA = 2.2


def expose(rgb: Tensor, response: tuple[float, float, float]) -> Tensor:
    """Color frames [T, 3, H, W], 0..1 gamma-coded -> luma [T, 1, H, W] as a film stock records it.

    Light adds up linearly in an emulsion, so the sum is computed in linear light. `response` sums to
    1: red lips are black and skies white on orthochromatic stock (before about 1925).
    """
    weights = torch.tensor(response, dtype=rgb.dtype, device=rgb.device).view(1, 3, 1, 1)
    light = rgb.clamp(0, 1).pow(_DISPLAY_GAMMA)
    return (light * weights).sum(1, keepdim=True).clamp(0, 1).pow(1 / _DISPLAY_GAMMA)
