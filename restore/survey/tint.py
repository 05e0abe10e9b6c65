"""Black-and-white, one tint, or color: chroma that is a function of luma is a tint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.survey.findings import Color

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]

CELLS = (40, 30)
"""Chroma is averaged over this many cells, which removes grain and compression noise."""

_SHADES = 52
"""Steps of luma that a tint may follow, 5 codes each."""

CODES = 224.0
"""8-bit code values from the lowest to the highest nominal chroma: codes / CODES are Clip's units."""

GRAY = 1.5
"""The largest root mean square of chroma, in codes, of a black-and-white shot.

Real black-and-white films have 0.0 to 0.1; the palest color clip of 35 has 6.
"""

TONED = 1.3
"""The largest chroma in codes, apart from a tint, that is due to compression and noise.

Measured at CELLS: six old films, tinted in five hues and six ways (flat, in the light, in the shadow, two
hues, uneven, flickering) with chroma noise of 2 codes, 0.8 to 1.0; color clips from 3.2.
"""

TONED_SHARE = 0.09
"""The same as a share of the whole chroma: strong tints are rounded and clipped more.

The most uniform color clip (a wave under a blue sky) has 0.2.
"""

FADED_SHARE = 0.18
ONE_HUE = 0.05
"""The limits for a dye that faded unevenly: this share apart from the tint, if this share is off its own
hue."""


@dataclass(frozen=True, slots=True)
class Chroma:
    """The chroma of a shot in 8-bit code values.

    cb, cr  mean, minus 128
    rms     root mean square
    hues    root mean square of the chroma that no curve of luma explains
    across  root mean square across the direction of the main hue
    """

    cb: float
    cr: float
    rms: float
    hues: float
    across: float


def chroma_of(samples: Sequence[tuple[Plane, Plane, Plane]]) -> Chroma:
    """Measure the samples of a shot, each (Y, Cb, Cr) as [h, w] uint8 of one size."""
    y, cb, cr = (np.stack([_cells(sample[plane]) for sample in samples]) for plane in range(3))
    shades = np.clip(y / 5, 0, _SHADES - 1).astype(np.int64)
    shades += _SHADES * np.arange(len(samples))[:, None]  # tints flicker: a curve for each sample
    cb, cr, shades = cb.ravel() - 128, cr.ravel() - 128, shades.ravel()
    rest = _unexplained(cb, shades) + _unexplained(cr, shades)
    mixed = float((cb * cr).mean())
    covariance = np.array([[float((cb * cb).mean()), mixed], [mixed, float((cr * cr).mean())]])
    across = max(float(np.linalg.eigvalsh(covariance)[0]), 0.0)
    rms = float(np.sqrt(np.trace(covariance)))
    return Chroma(float(cb.mean()), float(cr.mean()), rms, rest**0.5, across**0.5)


def color_of(chroma: Chroma) -> Color:
    """The color of a shot with such chroma."""
    if chroma.rms <= GRAY:
        return "mono"
    if chroma.hues <= max(TONED, TONED_SHARE * chroma.rms):
        return "tint"
    faded = chroma.hues <= FADED_SHARE * chroma.rms and chroma.across <= ONE_HUE * chroma.rms
    return "tint" if faded else "color"


def _unexplained(chroma: NDArray[np.float64], shades: NDArray[np.int64]) -> float:
    """The variance of a chroma that remains if every step of luma has its own mean."""
    counts = np.maximum(np.bincount(shades), 1)
    return float(np.mean((chroma - (np.bincount(shades, chroma) / counts)[shades]) ** 2))


def _cells(plane: Plane) -> NDArray[np.float64]:
    """Means over CELLS, one after another."""
    small = cv2.resize(plane.astype(np.float32), CELLS, interpolation=cv2.INTER_AREA)
    return small.astype(np.float64).ravel()
