"""Optics: soft lenses and prints, halation in the film base, edge sharpening."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from restore.filters.gaussian import blurred


def blur(luma: Tensor, sigma: float, across: float | None = None) -> Tensor:
    """Gaussian blur of [T, C, H, W]; `sigma` in pixels, horizontally `across` if given.

    The border is replicated.
    """
    return blurred(luma, sigma, sigma if across is None else across)


def soften(luma: Tensor, sigma: float, stretch: float, angle: float, defocus: float) -> Tensor:
    """A defective lens: [T, C, H, W] convolved with an elliptical Gaussian and a disk.

    `sigma` in pixels is the geometric mean of the two widths, `stretch` their ratio, `angle` in
    degrees the direction of the wider one, `defocus` the disk's radius in pixels. Computed in the
    frequency domain, exact for any fraction of a pixel; the border is replicated.
    """
    if stretch == 1 and defocus == 0:
        return blur(luma, sigma)
    if sigma == 0 and defocus == 0:
        return luma
    margin = math.ceil(3 * sigma * math.sqrt(max(stretch, 1 / stretch)) + defocus) + 1
    padded = functional.pad(luma, (margin,) * 4, mode="replicate")
    height, width = padded.shape[-2:]
    down = torch.fft.fftfreq(height, dtype=luma.dtype, device=luma.device).view(-1, 1)
    right = torch.fft.rfftfreq(width, dtype=luma.dtype, device=luma.device)
    turn = math.radians(angle)
    along = right * math.cos(turn) + down * math.sin(turn)
    perpendicular = down * math.cos(turn) - right * math.sin(turn)
    squared = along * along * stretch + perpendicular * perpendicular / stretch
    transfer = torch.exp(-2 * (math.pi * sigma) ** 2 * squared)
    if defocus:
        transfer = transfer * _disk(torch.hypot(down, right), defocus)
    soft = torch.fft.irfft2(torch.fft.rfft2(padded) * transfer, s=(height, width))
    return soft[..., margin:-margin, margin:-margin].contiguous()


def _disk(frequency: Tensor, radius: float) -> Tensor:
    """Spectrum of a disk (the Airy function of its edge)."""
    argument = 2 * math.pi * radius * frequency
    spectrum = 2 * torch.special.bessel_j1(argument) / argument.clamp(min=1e-6)
    return torch.where(argument < 1e-6, torch.ones_like(spectrum), spectrum)


def halation(luma: Tensor, amount: float, radius: float) -> Tensor:
    """Highlights glow: light over 0.7 is reflected by the base and exposes its surroundings."""
    if amount == 0:
        return luma
    bright = (luma - 0.7).clamp(min=0) / 0.3
    return luma + amount * _wide_blur(bright, radius) * (1 - luma).clamp(min=0)


def _wide_blur(luma: Tensor, sigma: float) -> Tensor:
    """A wide Gaussian, computed on a smaller picture where the difference is not visible."""
    height, width = luma.shape[-2:]
    less = min(int(sigma / 2), height, width)
    if less < 2:
        return blur(luma, sigma)
    size = (-(-height // less), -(-width // less))
    small = functional.interpolate(luma, size, mode="area")
    small = blur(small, sigma / less)
    return functional.interpolate(small, (height, width), mode="bilinear", align_corners=False)


def sharpen(luma: Tensor, amount: float, radius: float) -> Tensor:
    """Aperture correction of old transfers: an unsharp mask, with halos at edges."""
    return luma if amount == 0 else luma + amount * (luma - blur(luma, radius))
