"""How long the parts of a run took, heard from what it tells."""

from __future__ import annotations

import time
from collections.abc import Callable

from restore.report.record import Timing
from restore.run.events import Event, Joining, Planned, Proving, Reused

_BEGINS: dict[type, str] = {
    Planned: "restoring",
    Joining: "joining",
    Proving: "proving",
}
"""Which part of a run an event begins."""


class Laps:
    """A listener that stops the time; `now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = self._last = now()
        self._part = "opening"
        self._seconds: dict[str, float] = {}
        self._reused = 0

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._reused += isinstance(event, Reused)
        self.begin(_BEGINS.get(type(event), self._part))

    def begin(self, part: str) -> None:
        """From now on it is this part that takes the time."""
        at = self._now()
        self._seconds[self._part] = self._seconds.get(self._part, 0.0) + at - self._last
        self._last, self._part = at, part

    def timing(self) -> Timing:
        """What each part took until now."""
        self.begin(self._part)
        return Timing(
            total=round(self._last - self._began, 3),
            reused=self._reused,
            opening=self._of("opening"),
            survey=self._of("survey"),
            restoring=self._of("restoring"),
            joining=self._of("joining"),
            proving=self._of("proving"),
        )

    def _of(self, part: str) -> float:
        return round(self._seconds.get(part, 0.0), 3)
