"""Chunks: which frames are treated together, and which source frames are decoded for them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.jobs.prepare import JobRequest, prepare
from restore.media.ffmpeg import decode
from restore.plan import Plan, make_plan
from restore.recipe import Recipe
from restore.run.frames import Chunk, chunks, load_chunks, matches_survey
from restore.timing import Span
from tests.made import made_shot, made_source, made_survey
from tests.media.films import MOVING, X264, make


def _plan(lengths: list[int]) -> Plan:
    start, shots = 0, []
    for length in lengths:
        shots.append(made_shot(start, start + length))
        start += length
    return make_plan(made_source(), made_survey(*shots), Recipe(), {}, ("cpu", "fp32"), ".mp4")


@given(
    st.lists(st.integers(1, 150), min_size=1, max_size=8), st.integers(1, 50), st.integers(0, 12)
)
def test_every_frame_is_treated_once_with_context_of_its_shot(
    lengths: list[int], size: int, radius: int
) -> None:
    """Own frames cover the film once and in order; the context is all of the radius within the shot."""
    plan = _plan(lengths)
    found = list(chunks(plan, range(len(plan.segments)), size, radius))
    frames = [index for chunk in found for index in range(chunk.own.start, chunk.own.stop)]
    assert frames == list(range(sum(lengths)))
    for chunk in found:
        shot = plan.shots[chunk.shot].span
        assert len(chunk.own) <= size
        assert chunk.needed == chunk.own.widened(radius, shot)
        assert chunk.own.stop <= plan.segments[chunk.segment].stop


def test_only_missing_segments_are_decoded() -> None:
    """In a resumed run there are no chunks of finished segments."""
    plan = _plan([300])
    found = list(chunks(plan, [1, 3], 48, 2))
    assert {chunk.segment for chunk in found} == {1, 3}
    assert found[0].own.start == plan.segments[1].start


def test_clips_know_the_films_sample_aspect(tmp_path: Path) -> None:
    """Treatments get the sample aspect of the source."""
    film = make(tmp_path / "scope.mp4", *X264, drawn=f"{MOVING},setsar=64/45")
    job, _ = prepare(JobRequest(film, Recipe()), tmp_path / "thumbnails", lambda done: None)
    loaded = load_chunks(job, list(chunks(job.plan, [0], 8, 0)))
    assert {part.clip.sample_aspect for part in loaded} == {Fraction(64, 45)}


def test_source_frames_are_decoded_once_where_chunks_follow_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One decoder serves consecutive chunks with their context; a gap between segments begins another."""
    film = make(tmp_path / "film.mkv", *X264)
    job, _ = prepare(JobRequest(film, Recipe()), tmp_path / "thumbnails", lambda done: None)
    spans: list[Span] = []
    read = decode.read_frames

    def noted(*given: Any) -> Any:
        spans.append(given[2])
        return read(*given)

    monkeypatch.setattr(decode, "read_frames", noted)
    wanted = [
        Chunk(Span(start, start + 4), Span(start, start + 4).widened(2, Span(0, 25)), 0, 0)
        for start in (0, 4, 8, 16, 20)
    ]
    loaded = list(load_chunks(job, wanted))

    assert [span.start for span in spans] == [0, 14]
    for part in loaded:
        assert Span(part.clip.index, part.clip.index + len(part.clip)) == part.chunk.needed
        assert sorted(part.checksums) == list(range(part.chunk.own.start, part.chunk.own.stop))
    frames = {  # a frame that several chunks hold is the same in all of them
        number: part.clip.luma[number - part.clip.index]
        for part in loaded
        for number in range(part.chunk.needed.start, part.chunk.needed.stop)
    }
    for part in loaded:
        for number in range(part.chunk.needed.start, part.chunk.needed.stop):
            assert torch.equal(part.clip.luma[number - part.clip.index], frames[number])
    checksums = {k: v for part in loaded for k, v in part.checksums.items()}
    assert len(set(checksums.values())) == len(checksums) == 20


def test_a_frame_looks_right_if_it_shows_what_the_survey_saw(tmp_path: Path) -> None:
    """Each decoded frame matches its own thumbnail and none of its neighbors'."""
    film = make(tmp_path / "film.mkv", *X264)
    job, _ = prepare(JobRequest(film, Recipe()), tmp_path / "thumbnails", lambda done: None)
    check = matches_survey(job)
    frames = list(decode.read_frames(job.source, job.survey.frames, Span(0, 25)))
    assert all(map(check, frames))
    for frame in frames:
        for other in (frame.index - 1, frame.index + 1):
            if 0 <= other < 25:
                assert not check(replace(frame, index=other))
