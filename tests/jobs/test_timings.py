"""The steps of a run and their durations."""

from __future__ import annotations

from pathlib import Path

from restore.jobs.timings import StepTimer
from restore.run.events import Joining, Noted, Planned, Reused, Verifying
from restore.timing import Span
from tests.run.made import plan


def test_every_second_belongs_to_one_step() -> None:
    """Events begin steps; their sum is the whole, and other events change nothing."""
    moments = iter(range(0, 1000, 10))
    timer = StepTimer(lambda: next(moments))
    timer.begin("survey")  # at 10
    timer(Planned(plan(), Path("out.mp4"), Path("work")))  # at 20
    timer(Reused("part-000000", Span(0, 70)))
    timer(Noted("smaller tiles"))
    timer(Joining(2))  # at 50
    timer(Verifying(Path("out.mp4")))  # at 60
    time = timer.timing()  # at 70
    assert (time.opening, time.survey, time.restoring) == (10, 10, 30)
    assert (time.joining, time.verifying, time.total) == (10, 10, 70)
    assert time.reused == 1
