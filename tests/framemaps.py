"""Frame maps for tests: what a planner may find in a film that is not shown as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from restore.framemap import ListedMap, MappedFrame, Why, listed_map
from restore.timing import FrameTable


def every_second(frames: FrameTable) -> ListedMap:
    """Every second frame repeats the one before it and is dropped."""
    return kept_only(frames, range(0, len(frames), 2))


def kept_only(frames: FrameTable, kept: Sequence[int]) -> ListedMap:
    """These frames stay, each until the next one is shown; those between them are dropped as repeats."""
    starts = [frames.pts[index] for index in kept]
    ends = [*starts[1:], frames.pts[-1] + frames.durations[-1]]
    times = FrameTable(
        frames.time_base,
        tuple(starts),
        tuple(end - start for start, end in zip(starts, ends, strict=True)),
    )
    rows = [MappedFrame(index, index, "repeat-dropped") for index in kept]
    return listed_map(len(frames), rows, times)


def retimed(frames: FrameTable, factor: Fraction) -> ListedMap:
    """Every frame lasts `factor` times as long; the first one is shown when it was."""
    start, tick = frames.pts[0], frames.time_base / factor.denominator
    pts = tuple(
        start * factor.denominator + (time - start) * factor.numerator for time in frames.pts
    )
    durations = tuple(duration * factor.numerator for duration in frames.durations)
    rows = [MappedFrame(index, index, "retimed") for index in range(len(frames))]
    return listed_map(len(frames), rows, FrameTable(tick, pts, durations))


def matched_pulldown(frames: FrameTable, starts: Sequence[int] = (0,)) -> ListedMap:
    """Film of 24 frames a second in video of 30: of every five frames four, one made of two fields.

    The frames of a cycle are the film's A, B, B|C, C|D, D: the top field of the fourth with the bottom
    field of the third is C. The pattern begins again at `starts`, where one film ends in its middle and
    another begins.
    """
    rows: list[MappedFrame] = []
    kinds: list[tuple[int, int, Why]] = [
        (0, 0, "same"),
        (1, 1, "same"),
        (3, 2, "matched"),
        (4, 4, "repeat-dropped"),
    ]
    times: list[Fraction] = []
    for start, stop in zip(starts, [*starts[1:], len(frames)], strict=True):
        for cycle in range(start, stop, 5):
            for place, (top, bottom, why) in enumerate(kinds):
                if cycle + max(top, bottom) < stop:
                    rows.append(MappedFrame(cycle + top, cycle + bottom, why))
                    times.append(cycle + Fraction(5 * place, 4))
            last = rows[-1]
            if (
                cycle + 5 > stop and last.sources[-1] < stop - 1
            ):  # a field at the end has no partner
                rows[-1] = MappedFrame(last.top, last.bottom, "repeat-dropped")
    ends = [*times[1:], Fraction(len(frames))]
    step = frames.durations[0]
    pts = tuple(int(frames.pts[0] * 4 + moment * 4 * step) for moment in times)
    durations = tuple(
        int((end - moment) * 4 * step) for moment, end in zip(times, ends, strict=True)
    )
    return listed_map(len(frames), rows, FrameTable(frames.time_base / 4, pts, durations))


def bobbed(frames: FrameTable) -> ListedMap:
    """Every field is a frame of its own, the top field first, each shown for half of its frame's time."""
    rows: list[MappedFrame] = []
    pts: list[int] = []
    for index, time in enumerate(frames.pts):
        rows += [MappedFrame(index, None, "field"), MappedFrame(None, index, "field")]
        pts += [2 * time, 2 * time + frames.durations[index]]
    durations = tuple(length for length in frames.durations for _ in range(2))
    return listed_map(len(frames), rows, FrameTable(frames.time_base / 2, tuple(pts), durations))
