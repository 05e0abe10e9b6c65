"""The parts of a run and how long each took."""

from __future__ import annotations

from pathlib import Path

from restore.jobs.timings import Laps
from restore.run.events import Joining, Noted, Planned, Proving, Reused
from restore.timing import Span
from tests.run.made import plan


def test_every_second_belongs_to_one_part() -> None:
    """Events begin the parts; together they are the whole, and other events change nothing."""
    moments = iter(range(0, 1000, 10))
    laps = Laps(lambda: next(moments))
    laps.begin("survey")  # at 10
    laps(Planned(plan(), Path("out.mp4"), Path("work")))  # at 20
    laps(Reused("part-000000", Span(0, 70)))
    laps(Noted("smaller tiles"))
    laps(Joining(2))  # at 50
    laps(Proving(Path("out.mp4")))  # at 60
    time = laps.timing()  # at 70
    assert (time.opening, time.survey, time.restoring) == (10, 10, 30)
    assert (time.joining, time.proving, time.total) == (10, 10, 70)
    assert time.reused == 1
