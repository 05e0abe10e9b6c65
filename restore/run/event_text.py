"""A run's events as lines of text: for the job's log, and for output that is not a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable

from restore.plan import Plan
from restore.report.quantities import clock, counted, line
from restore.run.events import (
    Choosing,
    Event,
    Finished,
    Joining,
    Noted,
    PartDone,
    Planned,
    Progressed,
    Reused,
    Started,
    Surveying,
    Verifying,
    Writing,
)
from restore.run.pace import Pace, advice

EVERY = 10.0
"""Seconds between two lines of progress."""


class EventLines:
    """A listener that writes one line for each event that matters, and progress every few seconds.

    `write` takes a line without its line break; `now` is a monotonic clock in seconds. For a very long run,
    one line recommends trying a part of the film first.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        every: float = EVERY,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._every = every
        self._now = now
        self._last = now()
        self._start: tuple[float, int] | None = None
        self._advised = False

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Started):
            self._start = (self._now(), event.frames - event.remaining)
        if isinstance(event, Progressed | Surveying | Choosing | Writing):
            self._progress(event)
        elif text := describe(event):
            self._write(text)

    def _progress(self, event: Progressed | Surveying | Choosing | Writing) -> None:
        if self._now() - self._last < self._every:
            return
        self._last = self._now()
        if isinstance(event, Surveying):
            self._write(f"surveyed {event.done:,} of about {counted(event.frames, 'frame')}")
            return
        if isinstance(event, Choosing):
            more = f", {event.share:.0%} of the next" if event.share else ""
            self._write(
                f"chose the colors of {event.done:,} of {counted(event.shots, 'shot')}{more}"
            )
            return
        if isinstance(event, Writing):
            self._write(f"wrote {event.done:,} of {counted(event.frames, 'image')}")
            return
        pace = pace_of(event, self._start, self._now())
        shot = f"shot {event.shot + 1} of {event.shots}"
        self._write(f"{event.done:,} of {counted(event.frames, 'frame')}, {pace.text()}, {shot}")
        if pace.too_long and not self._advised:
            self._advised = True
            self._write(advice(pace))


def pace_of(event: Progressed, start: tuple[float, int] | None, now: float) -> Pace:
    """The pace since `start` (time, frames that were done by then)."""
    began, first = start or (now, event.done)
    return Pace(began, now, first, event.done, event.frames)


def describe(event: Event) -> str | None:
    """One event as a line of text; None for events that only show progress."""
    text = _described(event)
    return None if text is None else line(text)


def _described(event: Event) -> str | None:
    match event:
        case Planned(plan=plan, output=output):
            return f"{plan_summary(plan)} -> {output}"
        case Noted(line=note):
            return note
        case Reused(part=part, span=span):
            return f"{part} (frames {span.start}-{span.stop - 1}): reused from the earlier run"
        case Started(frames=frames, remaining=remaining, device=device, precision=precision):
            which = "all" if remaining == frames else f"{remaining:,} of"
            return f"restoring {which} {counted(frames, 'frame')} on {device} ({precision})"
        case PartDone(part=part, span=span, seconds=seconds):
            frames = f"frames {span.start}-{span.stop - 1}"
            return f"{part} ({frames}): finished, {len(span) / max(seconds, 1e-9):.1f} fps"
        case Joining(parts=parts):
            return f"joining {counted(parts, 'part')} with sound and all other streams"
        case Verifying():
            return "comparing the result with its source"
        case Finished(output=output, already=True):
            return f"{output} is already done: nothing to do"
        case Finished(output=output, frames=frames, seconds=seconds):
            return f"{output}: {counted(frames, 'frame')} in {clock(seconds)}, verified against the source"
        case _:
            return None


def plan_summary(plan: Plan) -> str:
    """A plan in one line: frames and shots, treatments, output format."""
    size = f"{plan.output.width}x{plan.output.height}"
    done = ", ".join(treatments_summary(plan))
    amount = f"{counted(plan.frames, 'frame')} in {counted(len(plan.shots), 'shot')}"
    return f"{amount}, {done or 'no treatment'}, {size} {plan.output.codec}"


def treatments_summary(plan: Plan) -> list[str]:
    """The treatments of a plan, each with its model: `upscale (film-x4-v1)`."""
    models = {name: getattr(settings, "model", None) for name, settings in plan.treatments.items()}
    return [f"{name} ({model})" if model else name for name, model in models.items()]
