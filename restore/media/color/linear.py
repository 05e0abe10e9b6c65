"""Conversion between linear light and code values, with the transfer functions of the film's tags.

EXR images store linear light as floating-point numbers, 0 is black and 1 is white. Code values here are
16 bit, full range. Every code value has one light, and the light between two code values belongs to the
nearer one on the curve: found by comparing with the exact borders, so the same on every machine.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from restore.errors import UsageError
from restore.media.color.pixels import PixelFormat, Plane, pixel_format

READING = "bt709"
"""The transfer function with which linear light becomes code values; the result is tagged with it."""

_TOP = (1 << 16) - 1
"""The largest code value: white."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Curve:
    """V = slope * L below `knee`, above it scale * L ** (1 / gamma) - (scale - 1)."""

    slope: float
    knee: float
    scale: float
    gamma: float

    def code(self, light: Floats) -> Floats:
        """Nominal values (0 black, 1 white) of light, in the precision of float32."""
        slope, scale = np.float32(self.slope), np.float32(self.scale)
        bent = scale * np.maximum(light, 0) ** np.float32(1 / self.gamma) - (scale - 1)
        return np.where(light < np.float32(self.knee), slope * light, bent)

    def light(self, code: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The light of nominal values."""
        bent = (np.maximum(code, 0) + self.scale - 1) / self.scale
        return np.where(code < self.slope * self.knee, code / self.slope, bent**self.gamma)


_BT709 = Curve(4.5, 0.018053968510807, 1.09929682680944, 1 / 0.45)
"""With the constants of BT.2020 for full precision: those of BT.709 leave a step at the knee."""

CURVES: dict[str | None, Curve] = {
    None: _BT709,
    "bt709": _BT709,
    "smpte170m": _BT709,
    "bt2020-10": _BT709,
    "bt2020-12": _BT709,
    "iec61966-2-1": Curve(12.92, 0.0031308, 1.055, 2.4),
    "bt470m": Curve(1.0, 0.0, 1.0, 2.2),
    "bt470bg": Curve(1.0, 0.0, 1.0, 2.8),
    "linear": Curve(1.0, 0.0, 1.0, 1.0),
}
"""The supported transfer functions, by ffmpeg's names; untagged films are read as BT.709."""

PRIMARIES: dict[str, tuple[float, ...]] = {
    "bt709": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "bt470m": (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    "bt470bg": (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "smpte170m": (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    "bt2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    "smpte431": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    "smpte432": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
"""x and y of red, green, blue and white by ffmpeg's names of primaries (H.273, table 2)."""


def check_curve(transfer: str | None) -> None:
    """Raise UsageError if the conversion of a film's values to light is not known."""
    if transfer not in CURVES:
        raise UsageError(
            f"The conversion of this film to linear light is not known (transfer {transfer}).",
            "EXR holds linear light.",
            "Choose a format that keeps the values: -o FOLDER/frame_%06d.tif",
            code="transfer-unsupported",
        )


@functools.lru_cache(maxsize=4)
def _lights(transfer: str | None) -> Floats:
    """The light of every code value, [65536]."""
    return CURVES[transfer].light(np.arange(_TOP + 1) / _TOP).astype(np.float32)


@functools.lru_cache(maxsize=4)
def _borders(transfer: str | None) -> Floats:
    """The light at which each code value begins, half a code value below it [65537]; the last ends white."""
    return CURVES[transfer].light((np.arange(_TOP + 2) - 0.5) / _TOP).astype(np.float32)


@functools.lru_cache(maxsize=1)
def _codes_of_halves() -> npt.NDArray[np.int32]:
    """The code value of every 16-bit float, by its bits [65536]; -1 for those without one."""
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    inside = _inside(every, READING)
    codes = np.full(every.shape, -1, np.int32)
    codes[inside] = _nearest(every[inside], READING)
    return codes


def _inside(light: Floats, transfer: str | None) -> npt.NDArray[np.bool_]:
    """The values that have a code value: not infinity and NaN."""
    borders = _borders(transfer)
    return (light >= borders[0]) & (light < borders[-1])


def _nearest(light: Floats, transfer: str | None) -> npt.NDArray[np.int32]:
    """Code values of light within the range: an estimate within one, corrected by the borders."""
    borders = _borders(transfer)
    guess = np.clip(np.rint(CURVES[transfer].code(light) * _TOP), 0, _TOP).astype(np.int32)
    guess += (light >= borders[guess + 1]).astype(np.int32)
    guess -= (light < borders[guess]).astype(np.int32)
    return guess


def to_light(plane: Plane, transfer: str | None) -> Floats:
    """The light [h, w] of 16-bit code values."""
    return _lights(transfer)[plane]


def to_codes(light: npt.NDArray[Any], transfer: str | None = READING) -> npt.NDArray[np.uint16]:
    """16-bit code values [h, w] of light in float16 or float32.

    Raises ValueError with the values found if more than half a code value would be clipped.
    """
    if light.dtype == np.float16 and transfer == READING:
        codes = _codes_of_halves()[light.view(np.uint16)]
        if codes.size and codes.min() < 0:
            raise ValueError(_beyond(light))
        return codes.astype(np.uint16)
    exact = light.astype(np.float32, copy=False)
    borders = _borders(transfer)
    if exact.size and not (exact.min() >= borders[0] and exact.max() < borders[-1]):
        raise ValueError(_beyond(exact))
    return _nearest(exact, transfer).astype(np.uint16)


def _beyond(light: npt.NDArray[Any]) -> str:
    """A description of the values of a plane that have no code value."""
    if not np.isfinite(light).all():
        return "NaN or infinity"
    return f"light from {light.min():.6g} to {light.max():.6g}, beyond black (0) or white (1)"


LIGHT_FORMATS: dict[str, PixelFormat] = {
    f"{name}f{bits}le": pixel_format("gbrp16le" if name.startswith("gbr") else "gray16le")
    for name in ("gbrp", "gbrap", "gray", "ya")
    for bits in (16, 32)
}
"""The working formats of stored linear light, by ffmpeg's names for halves and floats."""
