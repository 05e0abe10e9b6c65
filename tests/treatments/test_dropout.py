"""Dropout: streaks of single frames and disturbed rows at the bottom are filled, nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from restore.ageing import tape
from restore.ageing.random_streams import seeded
from restore.timing import Span
from restore.treatments.dropout import DROPOUT, DropoutDecision, DropoutOptions, treat
from restore.treatments.dropout.streaks import CERTAIN, KNOWN, Care, Streak, standing_out, streaks
from restore.treatments.dropout.tape_loss import DropoutObserver, TapeLoss
from restore.treatments.film_facts import FilmFacts
from restore.treatments.measuring.head_switching import BottomStatistics
from tests.made import made_shot
from tests.treatments.tape_pictures import Values, clip_of, scene, seen, torn

FILM = FilmFacts(192, 128)
CLEANED = FilmFacts(192, 128, recomputed=True)
STREAKS = [(k, 20 + 11 * (k % 9), 30, 100, (1.0, 0.0)[k % 2]) for k in range(2, 14)]
"""One streak in each of twelve frames, white and black in turn."""


def measured(luma: Values) -> TapeLoss | None:
    """What the survey finds in a shot of these frames."""
    observer = DropoutObserver()
    for frame in seen(luma):
        observer.see(frame)
    return observer.result()


def switched(luma: Values, rows: int) -> Values:
    """The frames with head switching in the lowest rows."""
    wide = torch.from_numpy(luma)[:, None]
    return tape.head_switching(wide, rows, 0, seeded(1), seeded(2))[0][:, 0].numpy()


@pytest.mark.parametrize("care", [CERTAIN, KNOWN])
def test_a_streak_is_found_where_it_is(care: Care) -> None:
    """Its row exactly, its ends within a few columns: neighboring columns are averaged."""
    frames = list(torn(scene(3), [(1, 60, 40, 120, 1.0)]))
    (found,) = streaks(frames, 1, care)
    assert (found.row, found.rows) == (60, 1)
    assert abs(found.start - 40) <= 6
    assert abs(found.stop - 120) <= 6


def test_a_streak_may_have_three_rows() -> None:
    """A deinterlacer or a codec spreads a line over the rows next to it."""
    luma = torn(scene(3), [(1, row, 40, 120, 1.0) for row in (60, 61, 62)])
    assert [(each.row, each.rows) for each in streaks(list(luma), 1, CERTAIN)] == [(60, 3)]


@pytest.mark.parametrize(
    "lines",
    [
        [(k, 60, 40, 120, 1.0) for k in range(3)],
        [(k, 57 + 3 * k, 40, 120, 1.0) for k in range(3)],
        [(k, 60, 40 + 15 * k, 120 + 15 * k, 1.0) for k in range(3)],
        [(1, row, 40, 120, 1.0) for row in range(58, 68)],
        [(1, 60, 40, 46, 1.0)],
    ],
    ids=["static", "tilt", "pan", "bar", "speck"],
)
def test_lines_of_the_picture_are_no_streaks(lines: list[Any]) -> None:
    """A static line, one that moves, a bar of many rows that flashes, a speck: none is a dropout."""
    assert streaks(list(torn(scene(3), lines)), 1, CERTAIN) == []


def test_rows_of_the_other_field_do_not_stand_out() -> None:
    """Where something moves in an interlaced frame, every second row differs, and not from its own field."""
    comb = np.full((32, 128), 0.2, np.float32)
    comb[::2] = 0.8
    assert not standing_out(comb).any()


def test_frames_without_neighbors_and_small_frames_have_no_streaks() -> None:
    """Nothing can be compared there."""
    luma = torn(scene(3), [(1, 60, 40, 120, 1.0)])
    assert streaks([luma[1]], 0, KNOWN) == []
    assert streaks(list(luma[:, 55:65]), 1, KNOWN) == []
    assert streaks(list(luma[:, :, 70:90]), 1, KNOWN) == []


def test_a_shot_with_dropouts_is_measured_by_their_rate() -> None:
    """Twelve streaks in fourteen frames that have neighbors."""
    found = measured(torn(scene(16), STREAKS))
    assert found == TapeLoss(round(12 / 14, 3), 0)


def test_few_streaks_are_not_certain() -> None:
    """Three in a shot, or fewer than one in seven frames, also happen in clean films."""
    assert measured(torn(scene(16), STREAKS[:3])) is None
    assert measured(torn(scene(50), STREAKS[:5])) is None


def test_a_clean_shot_has_no_measure() -> None:
    """Neither streaks nor disturbed rows, whether it stands still or moves."""
    assert measured(scene(16)) is None
    assert measured(scene(16, speed=6, grain=0.03)) is None


@pytest.mark.parametrize("rows", [2, 5])
def test_head_switching_is_found_with_its_rows(rows: int) -> None:
    """As many rows as are disturbed, in a shot of any motion."""
    found = measured(switched(scene(16, speed=2), rows))
    assert found is not None
    assert abs(found.bottom - rows) <= 1


def test_a_static_line_of_text_at_the_bottom_is_no_head_switching() -> None:
    """Its rows differ from those above, but not from frame to frame."""
    luma = scene(16)
    luma[:, -4:] = np.random.default_rng(1).random((4, 192))
    assert measured(luma) is None


def test_short_shots_and_low_frames_are_not_measured_at_the_bottom() -> None:
    """Seven frames, or fewer than 96 rows, are not enough."""
    short, low = BottomStatistics(), BottomStatistics()
    for frame in seen(switched(scene(7), 4)):
        short.see(frame.y)
    for frame in seen(switched(scene(16, height=64), 2)):
        low.see(frame.y)
    assert (short.rows(), low.rows()) == (0, 0)


def filled(luma: Values, decision: DropoutDecision, **facts: Any) -> Values:
    """The luma of all frames, treated."""
    clip = clip_of(luma, 10, **facts)
    return treat(clip, Span(10, 10 + len(luma)), decision).luma[:, 0].numpy()


def test_streaks_are_filled_with_the_picture() -> None:
    """The error under the streaks is that of the grain; all other pixels of other rows keep every value."""
    clean = scene(16)
    worn = torn(clean, STREAKS)
    result = filled(worn, DropoutDecision(True))
    damage = worn != clean
    assert float(np.abs(result - clean)[damage].mean()) < 0.01
    rows = damage.any(2)
    assert np.array_equal(result[~rows], worn[~rows])


def test_a_fast_picture_is_filled_along_its_motion() -> None:
    """The picture moves by 6 columns a frame: the neighboring frames are moved before they are used."""
    clean = scene(5, speed=6)
    worn = torn(clean, [(2, row, 60, 130, 1.0) for row in (50, 51)])
    result = filled(worn, DropoutDecision(True))
    assert float(np.abs(result - clean)[worn != clean].mean()) < 0.01


def test_interlaced_frames_are_filled_from_their_own_field() -> None:
    """The fields show different scenes: the line is filled from the rows of its field."""
    clean = scene(5)
    clean[:, 1::2] = 1 - clean[:, ::2]
    worn = torn(clean, [(2, 50, 60, 130, 1.0)])
    result = filled(worn, DropoutDecision(True), fields="tff")
    assert float(np.abs(result - clean)[2, 50, 60:130].mean()) < 0.02


def test_a_clean_film_keeps_every_value_even_if_it_is_treated() -> None:
    """Where no streak is found, nothing is filled."""
    clean = scene(8)
    assert np.array_equal(filled(clean, DropoutDecision(True)), clean)


def test_the_bottom_is_mirrored_in_luma_and_chroma() -> None:
    """The rows above are reversed; no other row changes."""
    clip = clip_of(scene(2), 10)
    result = treat(clip, Span(10, 12), DropoutDecision(False, bottom=3))
    assert torch.equal(result.luma[..., -3:, :], clip.luma[..., -6:-3, :].flip(-2))
    assert torch.equal(result.luma[..., :-3, :], clip.luma[..., :-3, :])
    assert result.chroma is not None
    assert clip.chroma is not None
    assert torch.equal(result.chroma[..., -2:, :], clip.chroma[..., -4:-2, :].flip(-2))


def test_half_the_strength_leaves_half_of_a_streak() -> None:
    """Every value is in the middle between the untouched and the filled one."""
    worn = torn(scene(5), [(2, 60, 40, 120, 1.0)])
    half, full = (filled(worn, DropoutDecision(True, strength=share)) for share in (0.5, 1.0))
    np.testing.assert_allclose(half, (worn + full) / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("measure", "asked", "film", "expected"),
    [
        (TapeLoss(0.5, 0), None, CLEANED, DropoutDecision(True)),
        (TapeLoss(0.0, 6), None, CLEANED, DropoutDecision(False, 6)),
        (TapeLoss(0.5, 6), 0.5, FILM, DropoutDecision(True, 6, 0.5)),
        (TapeLoss(0.5, 6), None, FILM, None),
        (TapeLoss(0.5, 6), 0.0, CLEANED, None),
        (None, 1.0, CLEANED, None),
    ],
)
def test_decisions_follow_measure_option_and_film(
    measure: TapeLoss | None, asked: float | None, film: FilmFacts, expected: DropoutDecision | None
) -> None:
    """By default only where a network computes the luma; nothing without a measure or at 0."""
    options = DropoutOptions(dropout=asked)
    assert DROPOUT.decide(made_shot(0, 24, color="color"), measure, options, film) == expected


def test_streaks_are_values() -> None:
    """Equal places are equal streaks."""
    assert Streak(1, 1, 2, 3) == Streak(1, 1, 2, 3)
