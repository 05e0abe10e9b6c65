"""Frames of films as pictures: how many, which ones, their names and sizes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import SourceError
from restore.evaluation.clean_films import Box, CleanFilm
from restore.evaluation.photographs import MAX_SHORT_SIDE
from restore.training.film_stills import film_stills
from tests.training.made import film_of


def numbered(frames: int) -> CleanFilm:
    """A film whose frames have their number as brightness."""
    shades = torch.arange(frames).view(-1, 1, 1, 1).expand(-1, 3, 16, 24)
    return film_of(shades.byte())


def refuse(error: SourceError) -> None:
    """No film may be left out."""
    raise error


@given(frames=st.integers(1, 250), each=st.integers(0, 30))
def test_stills_are_evenly_spaced_and_named_by_their_frames(frames: int, each: int) -> None:
    """`each` frames, or all of a shorter film, at one distance, centered; the name has the number."""
    film = numbered(frames)
    photos = film_stills([Path("a.mkv")], each, lambda path: film, refuse)
    shown = [int(photo.rgb.float().mean()) for photo in photos]
    assert len(shown) == min(each, frames)
    assert [photo.name for photo in photos] == [f"a.mkv {number}" for number in shown]
    assert len({later - earlier for earlier, later in pairwise(shown)}) <= 1
    if shown:
        assert 0 <= (frames - 1 - shown[-1]) - shown[0] <= 1


def test_no_stills_can_be_asked_for() -> None:
    """With 0 frames of each film there are none: a trial of a sweep may train on photographs alone."""
    assert film_stills([Path("a.mkv")], 0, lambda path: numbered(9), refuse) == []


def test_films_that_cannot_be_read_are_left_out() -> None:
    """The others are used; the error says which film it was."""
    left_out: list[str] = []

    def opened(path: Path) -> CleanFilm:
        if path.name == "bad.mkv":
            raise SourceError("It is damaged.", str(path), code="no-frames")
        return numbered(4)

    photos = film_stills(
        [Path("bad.mkv"), Path("good.mkv")], 2, opened, lambda error: left_out.append(error.where)
    )
    assert [photo.name.split()[0] for photo in photos] == ["good.mkv"] * 2
    assert left_out == ["bad.mkv"]


@pytest.mark.parametrize(("frames", "at_once"), [(64, 8), (5000, 1)])
def test_few_frames_are_read_at_once(frames: int, at_once: int) -> None:
    """At most eight frames are in memory; of a long film each is sought on its own."""
    boxes: list[Box] = []

    def read(box: Box) -> torch.Tensor:
        boxes.append(box)
        return torch.zeros(box.frames, 3, 16, 24, dtype=torch.uint8)

    film = CleanFilm("film", frames, 16, 24, read)
    assert len(film_stills([Path("a.mkv")], 16, lambda path: film, refuse)) == 16
    assert {box.frames for box in boxes} == {at_once}


def test_large_frames_are_scaled_down_like_photographs() -> None:
    """The shorter side is at most that of photographs; the type is 8 bits."""
    film = film_of(torch.full((1, 3, 2 * MAX_SHORT_SIDE, 2 * MAX_SHORT_SIDE), 77).byte())
    (photo,) = film_stills([Path("a.mkv")], 1, lambda path: film, refuse)
    assert photo.rgb.shape == (3, MAX_SHORT_SIDE, MAX_SHORT_SIDE)
    assert photo.rgb.dtype == torch.uint8
    assert set(photo.rgb.unique().tolist()) == {77}
