"""Another decoding of the same frames: each is found by its PTS, and a missing one moves no other one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from restore.media.ffmpeg.reduced import ReducedFrame
from restore.survey.findings import Shot, Survey
from restore.survey.measuring_pass import Measures
from restore.survey.redecoded import Read, Redecoded, measured_again
from restore.timing import FrameTable, Span
from tests.made import made_shot, made_source, made_survey

COUNT = 12

FRAMES = made_source(COUNT).frames

SURVEY = made_survey(made_shot(0, 5), made_shot(5, COUNT))


def frame(pts: int) -> ReducedFrame:
    """A frame with this PTS."""
    plane = np.zeros((1, 1), np.uint8)
    return ReducedFrame(pts, 1, plane, plane, plane)


def giving(every: Iterable[int]) -> tuple[Read, list[tuple[int, int]]]:
    """A decoder that gives frames with these PTS, and the ranges that it was asked for."""
    asked: list[tuple[int, int]] = []

    def read(within: tuple[int, int]) -> Iterable[ReducedFrame]:
        asked.append(within)
        return [frame(pts) for pts in sorted(every) if within[0] <= pts < within[1]]

    return read, asked


def seen(survey: Survey, read: Read) -> list[Measures | None]:
    """The PTS of the frames that each shot has in another decoding."""

    def see(frames: Redecoded, shots: Sequence[Shot]) -> list[Measures]:
        found = [each.pts for each in frames]
        return [{"pts": found[span.start : span.stop]} for span in frames.spans(shots)]

    return measured_again(survey, read, see, lambda count: None)


@given(st.sets(st.integers(0, COUNT - 1), min_size=1))
def test_a_missing_frame_is_replaced_by_one_next_to_it(given_pts: set[int]) -> None:
    """By the one before, at the start by the one after, so that every frame keeps its number."""
    counted: list[int] = []
    again = Redecoded(giving(given_pts)[0], FRAMES, Span(0, COUNT), counted.append)
    found = [each.pts for each in again]
    before = [max((pts for pts in given_pts if pts <= n), default=None) for n in range(COUNT)]
    assert found == [min(given_pts) if pts is None else pts for pts in before]
    assert counted == list(range(1, COUNT + 1))
    assert [n for n in range(COUNT) if not again.lacks(Span(n, n + 1))] == sorted(given_pts)


def test_a_decoding_without_any_frame_gives_none() -> None:
    """All of its frames are missing then."""
    again = Redecoded(giving([])[0], FRAMES, Span(2, 5), lambda count: None)
    assert list(again) == []
    assert again.lacks(Span(2, 3))


def test_frames_that_the_table_lacks_are_left_out() -> None:
    """Frames between those of the table move no other one."""
    table = FrameTable(FRAMES.time_base, tuple(range(0, 2 * COUNT, 2)), (2,) * COUNT)
    again = Redecoded(giving(range(-3, 2 * COUNT))[0], table, Span(0, COUNT), lambda count: None)
    assert [each.pts for each in again] == list(table.pts)
    assert not again.lacks(Span(0, COUNT))


def test_all_shots_are_decoded_together() -> None:
    """One decoding serves the whole film, and each shot gets its own frames."""
    read, asked = giving(range(COUNT))
    assert seen(SURVEY, read) == [{"pts": [*range(5)]}, {"pts": [*range(5, COUNT)]}]
    assert asked == [(0, COUNT)]


def test_shots_of_a_partial_survey_are_decoded_one_by_one() -> None:
    """There may be hours of film between them."""
    read, asked = giving(range(COUNT))
    assert seen(replace(SURVEY, partial=True), read) == seen(SURVEY, read)
    assert asked[:2] == [(0, 5), (5, COUNT)]


def test_a_shot_with_a_missing_frame_is_decoded_separately() -> None:
    """If the frame is missing again, the shot is not measured; other shots are."""
    read, asked = giving(set(range(COUNT)) - {7})
    assert seen(SURVEY, read) == [{"pts": [*range(5)]}, None]
    assert asked == [(0, COUNT), (5, COUNT)]
