"""A run's events as lines of text."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from restore.framemap import IdentityMap
from restore.run.event_text import EventLines, describe, plan_summary
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
    """The line has frames and shots, treatments, output format and file."""
    line = describe(Planned(plan(), Path("out.mp4"), Path("work")))
    assert line == (
        "120 frames in 2 shots, colorize (color-v1), upscale (film-x4-v1), 1280x960 h264 -> out.mp4"
    )


def test_reused_parts_are_named() -> None:
    """The log of a resumed run has the reused frames; the range ends with the last frame's number."""
    line = describe(Reused("part-000001", Span(70, 120)))
    assert line == "part-000001 (frames 70-119): reused from the earlier run"


def test_progress_comes_every_few_seconds() -> None:
    """One line every ten seconds, with the frames per second since the start."""
    frames = [(float(second), Progressed(2 * second, 120, 1, 2)) for second in range(1, 31)]
    lines = lines_of([(0.0, Started(120, 120, "cpu", "fp32")), *frames])
    assert lines[0] == "restoring all 120 frames on cpu (fp32)"
    assert lines[1] == "20 of 120 frames, 2.0 fps, 0:50 left, shot 2 of 2"
    assert len(lines) == 4


def test_images_are_counted_while_they_are_written() -> None:
    """Writing the images of a long reel is reported every ten seconds, too."""
    events = [(float(second), Writing(5 * second, 120)) for second in range(1, 25)]
    assert lines_of([*events]) == ["wrote 50 of 120 images", "wrote 100 of 120 images"]


def test_the_pace_of_a_resumed_run_counts_new_frames_only() -> None:
    """Reused frames count as done, but not for the frames per second."""
    lines = lines_of([(0.0, Started(120, 20, "cpu", "fp32")), (10.0, Progressed(110, 120, 1, 2))])
    assert lines[-1] == "110 of 120 frames, 1.0 fps, 0:10 left, shot 2 of 2"


def test_the_advice_for_a_very_long_run_comes_once() -> None:
    """The advice to try a part first comes when the estimate is above an hour, and is not repeated."""
    frames = [(float(s), Progressed(s // 10, 100_000, 0, 1)) for s in range(10, 200, 10)]
    lines = lines_of([(0.0, Started(100_000, 100_000, "cpu", "fp32")), *frames])
    assert sum("--start" in line for line in lines) == 1


def test_everything_else_is_one_line() -> None:
    """Notes, parts, the join and the end have a line each; progress of the survey has none."""
    assert describe(Noted("hello")) == "hello"
    assert describe(PartDone("part-000000", Span(0, 70), 7.0)) == (
        "part-000000 (frames 0-69): finished, 10.0 fps"
    )
    assert describe(Joining(2)) == "joining 2 parts with sound and all other streams"
    assert describe(Surveying(5, 120)) is None
    assert describe(Finished(Path("o.mp4"), 120, 61.2)) == (
        "o.mp4: 120 frames in 1:01, verified against the source"
    )
    assert describe(Finished(Path("o.mp4"), 120, 0.1, already=True)) == (
        "o.mp4 is already done: nothing to do"
    )


def test_a_plan_without_treatments_says_so() -> None:
    """A film that is only encoded again; one frame and one shot have no plural."""
    one = replace(
        plan(), frame_map=IdentityMap(1), shots=plan().shots[:1], treatments={}, suffix=".mkv"
    )
    assert plan_summary(one) == "1 frame in 1 shot, no treatment, 1280x960 h264"


def test_a_resumed_run_says_how_much_is_left() -> None:
    """`all` only if nothing was reused."""
    assert describe(Started(120, 20, "cuda", "fp16")) == (
        "restoring 20 of 120 frames on cuda (fp16)"
    )
    assert describe(Started(1, 1, "cpu", "fp32")) == "restoring all 1 frame on cpu (fp32)"


def test_every_event_has_one_line_or_none() -> None:
    """Events that only show progress have none; whatever a name contains, a line has no line break."""
    hostile = "a\nb\x1b[2J\r.mp4"
    lines = [
        describe(event)
        for event in (
            Planned(plan(), Path(hostile), Path("work")),
            Noted(hostile),
            Reused(hostile, Span(0, 1)),
            PartDone(hostile, Span(0, 1), 0.0),
            Joining(1),
            Verifying(Path(hostile)),
            Finished(Path(hostile), 1, 0.2),
            Finished(Path(hostile), 1, 0.2, already=True),
        )
    ]
    for line in lines:
        assert line is not None
        assert line.isprintable()
    for event in (Surveying(1, 2), Writing(1, 2), Progressed(1, 2, 0, 1)):
        assert describe(event) is None


def test_the_survey_is_reported_every_few_seconds() -> None:
    """By its frames so far and those that the container leads to expect."""
    events = [(float(second), Surveying(50 * second, 1204)) for second in range(1, 25)]
    assert lines_of([*events]) == [
        "surveyed 500 of about 1,204 frames",
        "surveyed 1,000 of about 1,204 frames",
    ]


def test_progress_without_a_start_has_no_pace_yet() -> None:
    """A listener that did not get the start of the run cannot estimate its pace."""
    assert lines_of([(10.0, Progressed(60, 120, 0, 2))]) == [
        "60 of 120 frames, starting, shot 1 of 2"
    ]


@given(
    seconds=st.lists(st.floats(0, 3), min_size=1, max_size=60),
    every=st.floats(1, 20),
)
def test_lines_of_progress_are_never_closer_than_wanted(seconds: list[float], every: float) -> None:
    """However fast events come, two lines are `every` seconds apart or more."""
    now = [0.0]
    written: list[float] = []
    listener = EventLines(lambda line: written.append(now[0]), every, lambda: now[0])
    for number, wait in enumerate(seconds):
        now[0] += wait
        listener(Surveying(number, 100))
    apart = [later - earlier for earlier, later in pairwise([0.0, *written])]
    assert all(one >= every - 1e-9 for one in apart)
    assert len(written) <= now[0] / every + 1e-9


def test_choosing_colors_tells_shots_and_the_share_of_the_next() -> None:
    """A film of one long shot shows progress, too."""
    events = [(float(second), Choosing(1, 3, 1, second / 40)) for second in (0, 11, 22)]
    assert lines_of([(0.0, Started(1, 1, "cpu", "fp32")), *events])[-2:] == [
        "chose the colors of 1 of 3 shots, 28% of the next",
        "chose the colors of 1 of 3 shots, 55% of the next",
    ]
