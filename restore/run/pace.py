"""Frames per second and remaining time of a run, from its progress."""

from __future__ import annotations

from dataclasses import dataclass

from restore.report.quantities import clock

LONG_RUN = 3600
"""Seconds: for a longer run, a line recommends trying a part of the film first."""

SHORTER = (
    "try a few seconds with --start and --end, or a small, fast model "
    "(--model film-x2-fast or film-x4-fast)."
)
"""Advice for a long run."""

SETTLING_SECONDS = 20.0
"""Seconds after which the estimate is reliable: the first frames are slower than the rest."""


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
        """Frames per second since the start; 0 before the first."""
        passed = self.now - self.began
        return (self.done - self.first) / passed if passed > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds left, or None before the first frame."""
        return (self.frames - self.done) / self.fps if self.fps > 0 else None

    @property
    def too_long(self) -> bool:
        """Whether the run will take so long that the advice is given."""
        left = self.left
        return left is not None and left > LONG_RUN and self.now - self.began > SETTLING_SECONDS

    def text(self) -> str:
        """`3.2 fps, 1:02 left`."""
        left = self.left
        return f"{self.fps:.1f} fps, {clock(left)} left" if left is not None else "starting"


def advice(pace: Pace) -> str:
    """The advice for a run that will take very long."""
    return (
        f"About {clock(pace.left or 0)} left. To see the result first, stop with Ctrl-C (finished "
        f"parts are kept) and {SHORTER}"
    )
