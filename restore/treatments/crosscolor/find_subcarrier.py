"""The measure of crosstalk: sharp color on a subcarrier is searched in luma, at every frequency at once.

Luma times the sharp part of chroma, with the phases of the lines and frames of a system removed, is a wave of
one frequency along the lines if the picture was composite video, and noise if not. A spectrum shows which.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

from restore.clip import Clip
from restore.filters.composite_signal import CYCLES, System
from restore.filters.crosstalk import (
    Crosstalk,
    color_edges,
    dots,
    field_sums,
    rainbows,
    sharp,
    subcarrier,
)
from restore.filters.gaussian import blurred
from restore.treatments.crosscolor.composite_faults import DISTANCES, CompositeFaults

LARGEST = (1280, 720)
"""Composite video has 720 columns and 576 rows; pictures that are much larger were made in another way."""

LEAST_ROWS, LEAST_COLUMNS, LEAST_FRAMES = 64, 128, 3

FREQUENCIES = (0.12, 0.45)
"""Cycles for each sample between which the subcarrier is searched: 720 samples have 0.27 or 0.33."""

TIMES = 40.0
"""How many times as strong as the median of all frequencies the peak is. Clean clips stay below 13, also as
MPEG-2; dots of normal strength have 200 to 20,000, as MPEG-2 120 and more."""

LEAST_CRAWL = 0.05
"""The least share of sharp chroma in luma that is removed: it is hardly visible."""

_NOMINAL = 0.8
"""The nominal frequency is taken if it has this share of the peak, which is wide in some pictures."""

_STEPS = 16
"""Parts of a cycle to which the frequency is measured."""

_FRAME_TURNS: dict[System, float] = {"ntsc": 0.5, "pal": 0.75}
"""Phase from a frame to the next, in turns; in PAL the sign of V changes, too."""

_WEIGHTS = (1.0, 2.0, 2.0, 2.0, 1.0)
"""Weights of five frames: what stays the same in them has no influence in either system."""

_VISIBLE = 0.006
"""The least dots that are visible: more than one code value of 8 bit."""

_BLOCK, _LEAST_EDGE = 16, 0.004
"""Samples in the side of a place, and the least sharp color (nominal) with which it counts."""

_CALM, _LEAST_RAINBOW, _LARGEST_RAINBOW = 0.02, 0.0012, 0.05
"""Sharp color up to which a place is without color edges, the least mean color of fine luma there (a third
of it is a tenth of a code value of 8 bit), and the largest chroma of a rainbow."""

_ROUNDS = 30
"""Steps to the solution of the two equations; a few are enough."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One clip: the sums [W] for every system, field and sign of V, and the energy of the edges of color."""

    sums: dict[tuple[System, int, int], Tensor]
    energy: tuple[float, float]


class CrosstalkObserver:
    """Collects the evidence of a few clips of a shot."""

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self._amounts: dict[System, list[tuple[float, float, float, float]]] = {
            system: [] for system in CYCLES
        }

    def see(self, clip: Clip) -> None:
        """Consecutive frames of the shot."""
        height, width = clip.luma.shape[-2:]
        small = height < LEAST_ROWS or width < LEAST_COLUMNS or len(clip) < LEAST_FRAMES
        if clip.chroma is None or small or width > LARGEST[0] or height > LARGEST[1]:
            return
        place = _place(clip)
        self._places.append(place)
        for system in CYCLES:
            cycles, clear = _peak([place], system)
            if clear > TIMES:
                self._amounts[system].append(_amounts(clip, system, cycles))

    def result(self) -> CompositeFaults | None:
        """The system whose subcarrier is certain, the clearer one of two; None if there is none."""
        if not self._places:
            return None
        peaks: dict[System, tuple[float, float]] = {
            system: _peak(self._places, system) for system in CYCLES
        }
        system: System = "ntsc" if peaks["ntsc"][1] >= peaks["pal"][1] else "pal"
        places = self._amounts[system]
        if peaks[system][1] <= TIMES or not places:
            return None
        weights = torch.tensor([place[0] for place in places])
        means = weights / weights.sum() @ torch.tensor([place[1:] for place in places])
        crawl, rainbow, share = (round(float(each), 4) for each in means)
        if crawl < LEAST_CRAWL:
            return None
        amounts = (share, system, crawl, rainbow)
        return CompositeFaults(DISTANCES[system], round(peaks[system][0], 3), *amounts)


def _place(clip: Clip) -> _Place:
    """The sums of one clip."""
    period = clip.luma.shape[-1] / CYCLES["ntsc"]
    edges, band = color_edges(clip, period), sharp(clip.luma, period)
    weights = torch.tensor(_WEIGHTS)[: len(clip)]
    frames = torch.arange(len(clip))
    energy = [0.0, 0.0]
    sums: dict[tuple[System, int, int], Tensor] = {}
    for system, field in product(CYCLES, (0, 1)):
        found = field_sums(band, edges, system, field)
        turns = torch.polar(weights, -2 * math.pi * _FRAME_TURNS[system] * frames)
        signs = 1 - 2 * (frames % 2) if system == "pal" else torch.ones_like(frames)
        blue, red = turns @ found.blue * 1j, (turns * signs) @ found.red
        sums[system, field, 1], sums[system, field, -1] = red + blue, blue - red
        energy[field] = float(weights @ found.energy)
    return _Place(sums, (energy[0], energy[1]))


def _peak(places: list[_Place], system: System) -> tuple[float, float]:
    """The strongest frequency, in cycles of the picture's width, and its strength in medians of all."""
    width = next(iter(places[0].sums.values())).shape[-1]
    low, high = (round(limit * width) for limit in FREQUENCIES)
    found = _strength(places, system, torch.arange(low, high + 1, dtype=torch.float64))
    best, median = int(found.argmax()), float(found.median())
    clear = float(found[best]) / (median + 1e-12) if 0 < best < high - low else 0.0
    steps = torch.arange(-_STEPS, _STEPS + 1, dtype=torch.float64) / _STEPS
    near = torch.cat([low + best + steps, torch.tensor([CYCLES[system]], dtype=torch.float64)])
    found = _strength(places, system, near)
    nominal = float(found[-1]) >= _NOMINAL * float(found.max())
    return (CYCLES[system] if nominal else float(near[int(found.argmax())])), clear


def _strength(places: list[_Place], system: System, cycles: Tensor) -> Tensor:
    """How much of luma is explained at these frequencies: the sum over places and fields."""
    width = next(iter(places[0].sums.values())).shape[-1]
    turns = (torch.arange(width, dtype=torch.float64) * cycles[:, None] / width) % 1
    waves = torch.polar(torch.ones_like(turns), -2 * math.pi * turns).to(torch.complex64)
    total = torch.zeros(len(cycles))
    for place, field in product(places, (0, 1)):
        signs = (1, -1) if system == "pal" else (1,)
        found = torch.stack([waves @ place.sums[system, field, sign] for sign in signs])
        total += found.abs().square().amax(0) / (place.energy[field] + 1e-9)
    return total


def _amounts(clip: Clip, system: System, cycles: float) -> tuple[float, float, float, float]:
    """Of one clip the energy of the sharp color, the crawl, the rainbows, and the share with visible dots.

    Rainbows make color sharp where luma is, and dots make luma sharp where color is. Both are separated by
    places that have more of the one or of the other. With true sharp color E and true fine luma D, both as
    sharp color, a place has the energies E + s^2 D (color) and D + a^2 E (luma), and the product a E + s D.
    It is p times the first and q times the second: a = p + q a^2, s = q + p s^2.
    """
    period = clip.luma.shape[-1] / cycles
    edges = color_edges(clip, period)
    waves = subcarrier(sharp(clip.luma, period), edges, Crosstalk(system, cycles, 1.0, 0.0))
    fine, part = (_as_color(clip, luma, waves, period) for luma in (clip.luma, dots(edges, waves)))
    both, color, luma = (
        functional.avg_pool2d((one * other).sum(1, keepdim=True), _BLOCK).flatten()
        for one, other in ((edges, fine), (edges, edges), (fine, fine))
    )
    clear = color + luma > 2 * _LEAST_EDGE**2
    weights = clear / (color + luma / 4).clamp_min(_LEAST_EDGE**2)
    model = torch.stack([color, luma], 1) * weights[:, None]
    moments = model.T @ model + 1e-6 * torch.eye(2)
    from_color, from_luma = torch.linalg.solve(moments, model.T @ (both * weights)).tolist()
    crawl, share = from_color, from_luma
    for _ in range(_ROUNDS):
        crawl, share = (
            min(1.0, max(0.0, each))
            for each in (from_color + from_luma * crawl**2, from_luma + from_color * share**2)
        )
    # dots that were made color again are narrower than the color that made them
    crawl = min(1.0, crawl * float(edges.square().sum() / ((edges * part).sum() + 1e-9)))
    share = min(share, _measured_share(clip, clip.luma - crawl * dots(edges, waves), waves, edges))
    visible = crawl * edges.abs().sum(1) > _VISIBLE
    return float(edges.square().sum()), crawl, share, float(visible.float().mean())


def _measured_share(clip: Clip, luma: Tensor, waves: Tensor, edges: Tensor) -> float:
    """The share of the color of fine luma that chroma has where no sharp color is."""
    assert clip.chroma is not None
    size = clip.chroma.shape[-2:]
    period = clip.luma.shape[-1] / CYCLES["ntsc"]
    sharpness = blurred(edges.abs().sum(1, keepdim=True), 1.0, 2.0)
    calm = functional.adaptive_avg_pool2d(sharpness, (size[0], size[1])) < _CALM
    across = 1.5 * period * size[-1] / clip.luma.shape[-1]
    colors = rainbows(Clip(luma, clip.chroma, clip.index, clip.color), waves, period)
    fine, predicted = (each - blurred(each, 0, across) for each in (clip.chroma, colors))
    where = calm & (fine.abs() < _LARGEST_RAINBOW)
    energy = float((where * predicted.square()).sum())
    if energy <= _LEAST_RAINBOW**2 * float(where.sum()):
        return 0.0
    return max(0.0, float((where * fine * predicted).sum()) / energy)


def _as_color(clip: Clip, luma: Tensor, waves: Tensor, period: float) -> Tensor:
    """The sharp part of the color that this luma gives, at the samples of luma."""
    assert clip.chroma is not None
    chroma = rainbows(Clip(luma, clip.chroma, clip.index, clip.color), waves, period)
    return color_edges(Clip(luma, chroma, clip.index, clip.color), period)
