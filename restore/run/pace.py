"""How fast a run is and how long it will still take, from the progress it reports."""

from __future__ import annotations

from dataclasses import dataclass

from restore.report.quantities import clock

PATIENCE = 3600
"""Seconds: a run that will take longer gets the advice to try a part of the film first."""

SHORTER = (
    "try a few seconds with --start and --end, or a small, fast model "
    "(--model film-x2-fast or film-x4-fast)."
)
"""What shortens a long run."""

SETTLED = 20.0
"""Seconds of work after which a long estimate counts: the first frames are slower than the rest."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The progress of a run: `began` and `now` in seconds, `first` frames were done at the start."""

    began: float
    now: float
    first: int
    done: int
    frames: int

    @property
    def fps(self) -> float:
        """Frames a second since the work began; 0 before the first."""
        passed = self.now - self.began
        return (self.done - self.first) / passed if passed > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds left, or None before the first frame."""
        return (self.frames - self.done) / self.fps if self.fps > 0 else None

    @property
    def too_long(self) -> bool:
        """Whether the estimate is long and certain enough for the advice."""
        left = self.left
        return left is not None and left > PATIENCE and self.now - self.began > SETTLED

    def text(self) -> str:
        """`3.2 fps, 1:02 left`."""
        left = self.left
        return f"{self.fps:.1f} fps, {clock(left)} left" if left is not None else "starting"


def advice(pace: Pace) -> str:
    """The advice for a run that will take very long."""
    return (
        f"About {clock(pace.left or 0)} to go. To see the result first, stop with Ctrl-C (finished "
        f"parts are kept) and {SHORTER}"
    )
