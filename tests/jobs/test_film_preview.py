"""Frames of a film before and after."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.errors import OutputError, SourceError, UsageError
from restore.jobs.film_preview import (
    PreviewFrame,
    make_preview,
    moments,
    preview_frames,
    sheet_of,
)
from restore.media.container.probe import probe
from restore.recipe import Recipe


def test_moments_are_times_and_shares(reel: Path) -> None:
    """Times count from the first frame, percentages of the duration; -n spreads more evenly."""
    source = probe(reel)
    assert moments(["0:02", "50%"], None, source) == [Fraction(2), Fraction(3)]
    assert moments([], 2, source) == [Fraction(3, 2), Fraction(9, 2)]
    assert len(moments([], None, source)) == 6


def test_all_wrong_moments_are_named(reel: Path) -> None:
    """Texts that are no moments, and moments outside the film, are reported together."""
    with pytest.raises(UsageError) as caught:
        moments(["noon", "0:09", "120%", "1"], None, probe(reel))
    assert all(word in caught.value.where for word in ("noon", "0:09", "120%"))


def test_moments_may_be_numbers(reel: Path) -> None:
    """Seconds as a number are the same as seconds in a time; a number outside the film is named."""
    source = probe(reel)
    assert moments([2, 1.5], None, source) == [Fraction(2), Fraction(3, 2)]
    with pytest.raises(UsageError) as caught:
        moments([-1.0], None, source)
    assert "-1.0" in caught.value.where
    assert caught.value.code == "moment-outside-film"


def test_frames_come_as_arrays_in_the_order_of_the_film(reel: Path) -> None:
    """Each has its number, its time, and both pictures in full size; a moment named twice gives one frame."""
    frames = preview_frames(reel, Recipe(upscale=2, model="film-x2-fast"), ["50%", 0.5, "0:03"])
    assert [(frame.index, frame.seconds) for frame in frames] == [(8, 0.5), (48, 3.0)]
    for frame in frames:
        assert (frame.before.shape, frame.before.dtype) == ((240, 320, 3), np.uint8)
        assert frame.after.shape == (480, 640, 3)
        small = frame.after.reshape(240, 2, 320, 2, 3).mean(axis=(1, 3))
        assert np.abs(small - frame.before).mean() < 8  # the same picture, without its grain


def test_only_the_part_that_is_restored_is_shown(reel: Path) -> None:
    """Moments are spread over it, others are refused, and a part between two frames is an error."""
    part = Recipe(start=Fraction(2), end=Fraction(4))
    assert [frame.index for frame in preview_frames(reel, part, count=2)] == [40, 56]
    with pytest.raises(UsageError) as caught:
        preview_frames(reel, part, ["0:01", "0:03"])
    assert caught.value.where == "0:01 (0:02.000 to 0:04.000 is restored)"
    between = Recipe(start=Fraction(201, 100), end=Fraction(202, 100))
    with pytest.raises(SourceError) as empty:
        preview_frames(reel, between)
    assert empty.value.code == "no-frames"


def test_a_shot_keeps_its_number_in_a_preview(reel: Path) -> None:
    """Shots are counted from the film's first, not from the first that is previewed."""
    last = Recipe.model_validate({"shot": [{"number": 3, "clean": 1}]})
    frames = preview_frames(reel, last, ["0:02", "0:05"])
    changed = [bool((frame.before != frame.after).any()) for frame in frames]
    assert changed == [False, True]


def test_nothing_is_decoded_for_a_name_that_exists(tmp_path: Path) -> None:
    """The sheet's name is checked before the film is opened."""
    sheet = tmp_path / "x.png"
    sheet.touch()
    with pytest.raises(OutputError) as caught:
        make_preview(tmp_path / "gone.mp4", Recipe(), sheet=sheet)
    assert caught.value.code == "output-exists"


def test_a_sheet_has_a_row_for_each_frame() -> None:
    """Original and restored have the same size on it, at most 960 pixels wide, with a gap of 8."""
    before, after = np.zeros((60, 80, 3), np.uint8), np.full((1200, 1600, 3), 200, np.uint8)
    sheet = sheet_of([PreviewFrame(0, 0.0, before, after), PreviewFrame(5, 1.0, before, after)])
    assert sheet.shape == (720 + 8 + 720, 960 + 8 + 960, 3)
    assert (sheet[0, 0, 0], sheet[0, 964, 0], sheet[0, -1, 0]) == (0, 255, 200)
