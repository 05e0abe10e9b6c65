"""The duration of each step of a run, measured from its events."""

from __future__ import annotations

import time
from collections.abc import Callable

from restore.report.record import Timing
from restore.run.events import Event, Joining, Planned, Reused, Verifying

_BEGINS: dict[type, str] = {
    Planned: "restoring",
    Joining: "joining",
    Verifying: "verifying",
}
"""The step of a run that an event begins."""


class StepTimer:
    """A listener that measures the steps of a run; `now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = self._last = now()
        self._step = "opening"
        self._seconds: dict[str, float] = {}
        self._reused = 0

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._reused += isinstance(event, Reused)
        self.begin(_BEGINS.get(type(event), self._step))

    def begin(self, step: str) -> None:
        """Begin a step; the step before ends."""
        at = self._now()
        self._seconds[self._step] = self._seconds.get(self._step, 0.0) + at - self._last
        self._last, self._step = at, step

    def timing(self) -> Timing:
        """The duration of each step until now."""
        self.begin(self._step)
        return Timing(
            total=round(self._last - self._began, 3),
            reused=self._reused,
            opening=self._of("opening"),
            survey=self._of("survey"),
            restoring=self._of("restoring"),
            joining=self._of("joining"),
            verifying=self._of("verifying"),
        )

    def _of(self, step: str) -> float:
        return round(self._seconds.get(step, 0.0), 3)
