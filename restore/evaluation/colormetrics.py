"""Color metrics: pure functions of a result and its truth, on R'G'B', CIELAB and chroma planes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from restore.evaluation.metrics import CODES

HISTOGRAM_BINS = 32
"""Bins of a chroma plane's histogram: eight 8-bit code values each."""

_D65 = (0.95047, 1.0, 1.08883)
_RGB_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_FAR = 25.0**7
"""CIEDE2000's constant between near-gray and vivid colors (chroma 25)."""


def histogram_intersection(result: Tensor, truth: Tensor) -> float:
    """The intersection of the histograms of Cb and of Cr [N, 2, h, w], mean of both, 0..1.

    How many of the true colors the result has, at any position (Swain, Ballard 1991).
    """
    shares = [_histogram(side) for side in (result, truth)]
    return float(torch.minimum(*shares).sum()) / 2


def _histogram(chroma: Tensor) -> Tensor:
    """Shares [2, 32] of the samples of each plane in each bin of 8 code values."""
    codes = chroma.double().mul(CODES).add(128).round().clamp(0, 255)
    bins = codes.div(256 / HISTOGRAM_BINS, rounding_mode="floor").long()
    planes = (bins[:, plane].flatten() for plane in range(2))
    counts = [torch.bincount(plane, minlength=HISTOGRAM_BINS) for plane in planes]
    return torch.stack([count.double() / count.sum() for count in counts])


def colorfulness(rgb: Tensor) -> float:
    """Perceived colorfulness of R'G'B' [N, 3, H, W], 0..1 (Hasler and Suesstrunk 2003); gray is 0."""
    red, green, blue = (CODES * rgb.double()).unbind(1)
    across, along = red - green, (red + green) / 2 - blue
    spread = math.hypot(float(across.std(correction=0)), float(along.std(correction=0)))
    offset = math.hypot(float(across.mean()), float(along.mean()))
    return spread + 0.3 * offset


def lab(rgb: Tensor) -> Tensor:
    """SRGB R'G'B' [N, 3, H, W], 0..1 -> CIELAB L (0..100), a, b (IEC 61966-2-1, D65)."""
    coded = rgb.clamp(0, 1)
    light = torch.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    xyz = torch.einsum("ij,njhw->nihw", torch.tensor(_RGB_TO_XYZ).to(light), light)
    part = xyz / torch.tensor(_D65).to(light).view(1, 3, 1, 1)
    low = (6 / 29) ** 3
    curve = torch.where(
        part > low, part.clamp(min=low) ** (1 / 3), part * (29 / 6) ** 2 / 3 + 4 / 29
    )
    x, y, z = curve.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def ciede2000(one: Tensor, other: Tensor) -> Tensor:
    """Color difference of CIELAB pictures [N, 3, H, W] -> [N, H, W]; about 1 is just noticeable.

    CIEDE2000 with all weights 1, in the form of Sharma, Wu and Dalal (2005), whose numbered steps and
    test data it follows.
    """
    l1, a1, b1 = one.double().unbind(1)
    l2, a2, b2 = other.double().unbind(1)
    near = (torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - (near**7 / (near**7 + _FAR)).sqrt())
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = torch.hypot(a1, b1), torch.hypot(a2, b2)
    h1, h2 = _hue(a1, b1), _hue(a2, b2)
    gray = c1 * c2 == 0
    angle = torch.where(gray, 0.0, _angle(h2 - h1))
    hue_change = 2 * (c1 * c2).sqrt() * torch.deg2rad(angle / 2).sin()
    hue = torch.where(gray, h1 + h2, _mean_hue(h1, h2))
    return _weighted((l1, l2), (c1, c2), hue_change, hue)


def _hue(a: Tensor, b: Tensor) -> Tensor:
    """Hue angle in degrees, 0..360; 0 for gray."""
    return torch.rad2deg(torch.atan2(b, a)) % 360


def _angle(degrees: Tensor) -> Tensor:
    """A difference of angles, within -180..180."""
    over = torch.where(degrees > 180, degrees - 360, degrees)
    return torch.where(over < -180, over + 360, over)


def _mean_hue(h1: Tensor, h2: Tensor) -> Tensor:
    """The middle of the smaller angle between the hues, in degrees."""
    whole = h1 + h2
    far = (h1 - h2).abs() > 180
    opposite = torch.where(whole < 360, whole + 360, whole - 360)
    return torch.where(far, opposite, whole) / 2


def _weighted(
    light: tuple[Tensor, Tensor], vivid: tuple[Tensor, Tensor], hue_change: Tensor, hue: Tensor
) -> Tensor:
    """The weighted sum of the three differences."""
    mean_light, mean_vivid = (light[0] + light[1]) / 2, (vivid[0] + vivid[1]) / 2

    def cosine(times: int, offset: float) -> Tensor:
        return torch.deg2rad(times * hue + offset).cos()

    hue_term = (
        1
        - 0.17 * cosine(1, -30)
        + 0.24 * cosine(2, 0)
        + 0.32 * cosine(3, 6)
        - 0.20 * cosine(4, -63)
    )
    lightness_term = (mean_light - 50) ** 2
    scales = (
        1 + 0.015 * lightness_term / (20 + lightness_term).sqrt(),
        1 + 0.045 * mean_vivid,
        1 + 0.015 * mean_vivid * hue_term,
    )
    changes = (light[1] - light[0], vivid[1] - vivid[0], hue_change)
    lightness, chroma, tone = (
        change / scale for change, scale in zip(changes, scales, strict=True)
    )
    blue = 30 * torch.exp(-(((hue - 275) / 25) ** 2))
    rotation = -2 * (mean_vivid**7 / (mean_vivid**7 + _FAR)).sqrt() * torch.deg2rad(2 * blue).sin()
    squares = lightness**2 + chroma**2 + tone**2 + rotation * chroma * tone
    return squares.clamp(min=0).sqrt()
