"""Samples of a tiny region: what `restore enhance` draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Invented:
    """Samples of what a region may have shown, none of which is known to be true.

    region       the region itself, R'G'B' [H, W, 3], 0..1
    small        all that is known of it [8, 8, 3]
    samples      pictures [32, 32, 3]
    seeds        of the samples
    likelihoods  log likelihood of each per value, in nats
    spread       standard deviation of the samples [32, 32], 0..1: where they differ all is invented; None
                 for a single sample
    model        name and SHA-256 of the network
    """

    region: Picture
    small: Picture
    samples: tuple[Picture, ...]
    seeds: tuple[int, ...]
    likelihoods: tuple[float, ...]
    spread: Picture | None
    model: tuple[str, str]
