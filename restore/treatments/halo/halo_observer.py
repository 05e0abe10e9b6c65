"""Whether the edges of a shot overshoot along the lines only, and by which edge enhancement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from restore.treatments.measure import SurveyFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

FRAMES = 12
"""The most frames of a shot whose edges are examined, evenly over it."""

FEWEST = 100
"""The least edges along the lines, and across them."""

SHARPEST = 0.5
"""The share of the edges that is used: an edge that is soft by itself shows no halo."""

OVERSHOOT, EACH_SIDE = 0.07, 0.025
"""The least overshoot of both sides together and of each side, as a share of an edge, beyond that across the
lines. Of 35 clean clips and six old films three reach them, none of these with a fit."""

MISFIT = 0.015
"""The largest error of the fitted profile (rms), as a share of an edge."""

LARGEST_ECHO = 0.05
"""Echoes of edge enhancement have the opposite sign; shapes of the picture that look like halos have not."""

WIDEST = 3.3
"""The largest distance in columns: a fit at the end of what is tried is none."""


@dataclass(frozen=True, slots=True)
class Halo:
    """The edge enhancement of a shot (ring_fit.Ringing), and the overshoot as a share of an edge."""

    amount: float
    distance: float
    echo: float
    delay: int
    overshoot: float


class HaloObserver:
    """Takes the whole frames of a shot of `count` frames, and collects edges from some of them."""

    def __init__(self, count: int) -> None:
        self._every = max(1, math.ceil(count / FRAMES))
        self._number = 0
        self._along: list[Values] = []
        self._across: list[Values] = []

    def see(self, frame: SurveyFrame) -> None:
        """The next frame, with all its rows."""
        import numpy as np

        from restore.treatments.halo.edge_profiles import edge_profiles
        from restore.treatments.measuring.nominal import nominal

        if self._number % self._every == 0:
            luma = nominal(frame.y)
            self._along.append(edge_profiles(luma))
            self._across.append(edge_profiles(np.ascontiguousarray(luma.T)))
        self._number += 1

    def result(self) -> Halo | None:
        """The halo of most edges; None if there is none with certainty."""
        import numpy as np

        if not self._along:
            return None
        along, across = np.concatenate(self._along), np.concatenate(self._across)
        if min(len(along), len(across)) < FEWEST:
            return None
        both_ways = np.concatenate([across, 1 - across[:, ::-1]])
        return halo_of(_typical(along), _typical(both_ways))


def halo_of(along: NDArray[np.float64], across: NDArray[np.float64]) -> Halo | None:
    """The halo of a profile along the lines, compared with the one across them; None: not certain."""
    from restore.treatments.halo.ring_fit import fitted

    middle = len(along) // 2
    usual = max(0.0, -float(across[:middle].min()))
    sides = -float(along[:middle].min()) - usual, float(along[middle:].max()) - 1 - usual
    if sum(sides) < OVERSHOOT or min(sides) < EACH_SIDE:
        return None
    ringing, error = fitted(along, across)
    if error > MISFIT or ringing.echo > LARGEST_ECHO or ringing.distance > WIDEST:
        return None
    return Halo(
        amount=round(ringing.amount, 3),
        distance=round(ringing.distance, 3),
        echo=round(ringing.echo, 3),
        delay=ringing.delay,
        overshoot=round(sum(sides) / 2, 3),
    )


def _typical(profiles: Values) -> NDArray[np.float64]:
    """The median of the sharpest profiles."""
    import numpy as np

    middle = profiles.shape[1] // 2
    slopes = np.diff(profiles[:, middle - 3 : middle + 4], axis=1).max(1)
    sharp = profiles[slopes >= np.quantile(slopes, 1 - SHARPEST)]
    return np.asarray(np.median(sharp, 0), np.float64)
