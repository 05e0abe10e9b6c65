"""A run's events as plain lines."""

from __future__ import annotations

from pathlib import Path

from restore.run.event_text import EventLines, describe
from restore.run.events import (
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
    Writing,
)
from restore.timing import Span
from tests.run.made import plan


def lines_of(events: list[tuple[float, Event]]) -> list[str]:
    """The lines for these events, each at its second."""
    clock = [0.0]
    lines: list[str] = []
    listener = EventLines(lines.append, every=10.0, now=lambda: clock[0])
    for second, event in events:
        clock[0] = second
        listener(event)
    return lines


def test_a_plan_in_one_line() -> None:
    """The plan's line says what goes in, what is done and what comes out."""
    line = describe(Planned(plan(), Path("out.mp4"), Path("work")))
    assert line == (
        "120 frames in 2 shots, colorize (color-v1), upscale (film-x4-v1), 1280x960 h264 -> out.mp4"
    )


def test_reused_parts_are_named() -> None:
    """The log of a resumed run says which frames stand already, with the last frame's own number."""
    line = describe(Reused("part-000001", Span(70, 120)))
    assert line == "part-000001 (frames 70-119): reused from the earlier run"


def test_progress_comes_every_few_seconds() -> None:
    """Frames do not flood a log; the first line has the pace since the start."""
    frames = [(float(second), Progressed(2 * second, 120, 1, 2)) for second in range(1, 31)]
    lines = lines_of([(0.0, Started(120, 120, "cpu", "fp32")), *frames])
    assert lines[0] == "restoring all 120 frames on cpu (fp32)"
    assert lines[1] == "20 of 120 frames, 2.0 fps, 0:50 left, shot 2 of 2"
    assert len(lines) == 4


def test_pictures_are_counted_while_they_are_written() -> None:
    """A long reel takes its time after the audit."""
    events = [(float(second), Writing(5 * second, 120)) for second in range(1, 25)]
    assert lines_of([*events]) == ["wrote 50 of 120 images", "wrote 100 of 120 images"]


def test_the_pace_of_a_resumed_run_counts_new_frames_only() -> None:
    """Reused frames are done, but not fast."""
    lines = lines_of([(0.0, Started(120, 20, "cpu", "fp32")), (10.0, Progressed(110, 120, 1, 2))])
    assert lines[-1] == "110 of 120 frames, 1.0 fps, 0:10 left, shot 2 of 2"


def test_a_very_long_run_is_told_once_how_to_try_first() -> None:
    """The advice to try a part comes once, when the estimate has settled above an hour."""
    frames = [(float(s), Progressed(s // 10, 100_000, 0, 1)) for s in range(10, 200, 10)]
    lines = lines_of([(0.0, Started(100_000, 100_000, "cpu", "fp32")), *frames])
    assert sum("--start" in line for line in lines) == 1


def test_everything_else_is_one_line() -> None:
    """Notes, parts, the join and the end each have their line; the survey's start has none."""
    assert describe(Noted("hello")) == "hello"
    assert describe(PartDone("part-000000", Span(0, 70), 7.0)) == (
        "part-000000 (frames 0-69): finished, 10.0 fps"
    )
    assert describe(Joining(2)) == "joining 2 parts with sound and all other streams"
    assert describe(Surveying(5, 120)) is None
    assert describe(Finished(Path("o.mp4"), 120, 61.2)) == (
        "o.mp4: 120 frames in 1:01, checked against the source"
    )
    assert describe(Finished(Path("o.mp4"), 120, 0.1, already=True)) == (
        "o.mp4 is already done: nothing to do"
    )
