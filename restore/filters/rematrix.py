"""Conversion of luma and chroma to another matrix: the same red, green and blue (ITU-T H.273)."""

from __future__ import annotations

from dataclasses import replace

import torch

from restore.clip import LUMA_WEIGHTS, Clip, Matrix
from restore.filters.resample import resample_chroma


def rematrixed(clip: Clip, matrix: Matrix) -> Clip:
    """Convert a clip's luma and chroma to `matrix` (not rgb); gray clips keep their values.

    Chroma keeps its sample grid; for luma it is resampled to luma's grid (within fields).
    """
    color = replace(clip.color, matrix=matrix, matrix_tag=None)
    if clip.chroma is None or clip.color.matrix in (matrix, "rgb"):
        return replace(clip, color=color)
    kb, kr, to_cb, to_cr = _change(LUMA_WEIGHTS[clip.color.matrix], LUMA_WEIGHTS[matrix])
    cb, cr = clip.chroma[:, :1], clip.chroma[:, 1:]
    height, width = clip.luma.shape[-2:]
    full = resample_chroma(clip, (width, height), 0, 0)
    luma = clip.luma + kb * full[:, :1] + kr * full[:, 1:]
    chroma = torch.cat([to_cb[0] * cb + to_cb[1] * cr, to_cr[0] * cb + to_cr[1] * cr], 1)
    return replace(clip, luma=luma, chroma=chroma, color=color)


Pair = tuple[float, float]


def _change(old: tuple[float, ...], new: tuple[float, ...]) -> tuple[float, float, Pair, Pair]:
    """Coefficients of the old Cb and Cr in the change of luma, in the new Cb and in the new Cr."""
    old_red, old_green, old_blue = old
    new_red, new_green, new_blue = new
    # blue - luma = 2 (1 - Kb) Cb and red - luma = 2 (1 - Kr) Cr; green - luma follows from their sum
    blue, red = 2 * (1 - old_blue), 2 * (1 - old_red)
    green = (-old_blue / old_green * blue, -old_red / old_green * red)
    by_cb = new_blue * blue + new_green * green[0]
    by_cr = new_red * red + new_green * green[1]
    to_cb = ((blue - by_cb) / (2 * (1 - new_blue)), -by_cr / (2 * (1 - new_blue)))
    to_cr = (-by_cb / (2 * (1 - new_red)), (red - by_cr) / (2 * (1 - new_red)))
    return by_cb, by_cr, to_cb, to_cr
