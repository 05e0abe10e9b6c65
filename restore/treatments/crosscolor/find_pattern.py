"""The measure of composite faults: a pattern that alternates from frame to frame and from line to line."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from restore.clip import Clip
from restore.filters.subcarrier import subcarrier_band
from restore.treatments.crosscolor.composite_faults import CYCLES, CompositeFaults

_BLOCK = 16
_STILL = 0.008
"""Change of the mean luma of a block (nominal) up to which it is still."""

_AMPLITUDE = 0.006
"""Smallest amplitude of a pattern: more than one code value of 8 bit."""

_REPEATS = 4.0
"""Energy of what alternates, over that of noise of the same strength: 1 for noise."""

_OPPOSITE = -0.4
"""Correlation of lines with the opposite phase: -1 in a pattern, above -0.2 in compressed detail."""

_LEAST_SHARE = 0.002
_LEAST_BLOCKS = 12


class PatternObserver:
    """Collects the blocks with a pattern, for each system."""

    def __init__(self) -> None:
        self._blocks = 0
        self._found: dict[int, list[Tensor]] = {distance: [] for distance in CYCLES}

    def see(self, clip: Clip) -> None:
        """Consecutive frames of the shot."""
        if min(clip.luma.shape[-2:]) < 4 * _BLOCK:
            return
        for distance, cycles in CYCLES.items():
            if len(clip) > 2 * distance:
                found, blocks = _patterned(clip.luma, distance, cycles)
                self._found[distance].append(found)
                self._blocks += blocks if distance == 1 else 0

    def result(self) -> CompositeFaults | None:
        """The system whose pattern is certain; None if there is none."""
        for distance, parts in self._found.items():
            blocks = torch.cat(parts) if parts else torch.empty(0, 2)
            share = len(blocks) / max(1, self._blocks)
            if len(blocks) < _LEAST_BLOCKS or share < _LEAST_SHARE:
                continue
            product, energy = blocks.sum(0).tolist()
            if product < _OPPOSITE * energy:
                return CompositeFaults(distance, CYCLES[distance], share)
        return None


def _patterned(luma: Tensor, distance: int, cycles: float) -> tuple[Tensor, int]:
    """Of each block with a pattern the correlation of opposite lines and the energy; the number of blocks."""
    band = subcarrier_band(luma, luma.shape[-1] / cycles)
    middle = band[distance : len(band) - distance]
    before, after = band[: len(middle)], band[2 * distance :]
    alternating = (before - 2 * middle + after) / 4
    noise = (after - before).square() * 3 / 16
    rows = 2 * distance
    product = alternating[..., rows:, :] * alternating[..., :-rows, :]
    product = functional.pad(product, (0, 0, 0, rows))
    energy, other, opposite = (_blocks(each) for each in (alternating.square(), noise, product))
    level = functional.avg_pool2d(luma, _BLOCK)
    change = (level[2 * distance :] - level[: len(middle)]).abs()
    drift = (level[distance : len(level) - distance] - level[: len(middle)]).abs()
    still = torch.maximum(change, drift) < _STILL
    found = still & (energy > _AMPLITUDE**2 / 2) & (energy > _REPEATS * other)
    return torch.stack([opposite[found], energy[found]], 1), found.numel()


def _blocks(planes: Tensor) -> Tensor:
    return functional.avg_pool2d(planes, _BLOCK)
