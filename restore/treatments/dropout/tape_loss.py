"""What is measured of a shot's dropouts, and the observer that measures it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from restore.treatments.measure import SurveyFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

LEAST, RATE = 4, 0.15
"""The fewest certain streaks of a shot with dropouts, in all and per frame. Clean clips have at most 0.06."""


@dataclass(frozen=True, slots=True)
class TapeLoss:
    """What a tape lost in a shot.

    streaks  certain dropouts per frame; 0: it is not certain that there are any
    bottom   rows at the bottom that head switching disturbs; 0: none
    """

    streaks: float
    bottom: int


class DropoutObserver:
    """Takes the whole frames of a shot in order; returns its dropouts at the end."""

    def __init__(self) -> None:
        from restore.treatments.measuring.head_switching import BottomStatistics

        self._bottom = BottomStatistics()
        self._last: list[Values] = []
        self._frames = 0
        self._found: list[int] = []
        """the lowest row of each streak"""

    def see(self, frame: SurveyFrame) -> None:
        """The next frame, with all its rows."""
        from restore.treatments.dropout.streaks import CERTAIN, streaks
        from restore.treatments.measuring.nominal import nominal

        luma = nominal(frame.y)
        self._bottom.see(frame.y)
        self._last = [*self._last[-2:], luma]
        self._frames += 1
        if len(self._last) == 3:
            found = streaks(self._last, 1, CERTAIN)
            self._found += [len(luma) - streak.row - streak.rows for streak in found]

    def result(self) -> TapeLoss | None:
        """The dropouts of the shot; None if there are none with certainty."""
        bottom = self._bottom.rows()
        count = sum(above >= bottom for above in self._found)
        rate = count / max(1, self._frames - 2)
        certain = count >= LEAST and rate >= RATE
        if not certain and not bottom:
            return None
        return TapeLoss(round(rate, 3) if certain else 0.0, bottom)
