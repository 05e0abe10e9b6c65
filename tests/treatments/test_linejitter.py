"""Linejitter: displaced lines are found and moved back; shapes, motion and clean films stay as they are."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch

from restore.ageing import tape
from restore.filters.shift import rows_moved
from restore.timing import Span
from restore.treatments.film_facts import FilmFacts
from restore.treatments.linejitter import (
    LINEJITTER,
    LineJitterDecision,
    LineJitterOptions,
    treat,
)
from restore.treatments.linejitter.jitter_observer import JitterObserver, LineJitter, found_in
from restore.treatments.linejitter.row_offsets import (
    motion_of_rows,
    moved_back,
    offsets_in_time,
    row_offsets,
)
from tests.made import made_shot
from tests.treatments.tape_pictures import Values, clip_of, scene, seen

FILM = FilmFacts(192, 128)
CLEANED = FilmFacts(192, 128, recomputed=True)


def jittered(luma: Values, deviation: float, smooth: float = 0.0) -> tuple[Values, Values]:
    """The frames with displaced lines, and the offsets [T, H]."""
    frames, height = luma.shape[:2]
    seed = torch.Generator().manual_seed(4)
    offsets = tape.line_offsets(frames, height, deviation, smooth, seed)
    return rows_moved(torch.from_numpy(luma)[:, None], offsets)[:, 0].numpy(), offsets.numpy()


def size(values: Values) -> float:
    """The root mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def measured(luma: Values) -> LineJitter | None:
    """What the survey finds in a shot of these frames."""
    observer = JitterObserver(len(luma))
    for frame in seen(luma):
        observer.see(frame)
    return observer.result()


@pytest.mark.parametrize("deviation", [0.5, 1.0, 2.0])
def test_offsets_of_rows_are_found(deviation: float) -> None:
    """At most 40 % of the jitter is left: the part that is smooth by chance, and the error by grain."""
    (worn,), (offsets,) = jittered(scene(1), deviation)
    assert size(row_offsets(worn) - offsets) < 0.4 * deviation


def test_slanted_edges_keep_their_shape() -> None:
    """An edge that moves by half a column from row to row, one that bends, and a circle are not jitter."""
    rows, columns = np.mgrid[:128, :192].astype(np.float32)
    edges = (
        columns - 0.5 * rows - 40,
        columns - 0.003 * (rows - 64) ** 2 - 60,
        np.hypot(columns - 96, rows - 64) - 45,
    )
    for edge in edges:
        plane = np.asarray(0.3 + 0.4 / (1 + np.exp(-np.clip(edge, -40, 40))), np.float32)
        inner = row_offsets(plane)[16:-16]
        assert size(inner) < 0.2, edge


def test_flat_and_small_planes_have_no_offsets() -> None:
    """Without an edge there is nothing to align."""
    assert not row_offsets(np.full((64, 64), 0.5, np.float32)).any()
    assert not row_offsets(scene(1)[0, :6]).any()
    assert not motion_of_rows(scene(1)[0, :6], scene(1)[0, :6]).any()


def test_rows_of_interlaced_frames_are_compared_within_their_field() -> None:
    """Both fields show different times: this is no jitter of the lines."""
    frames = scene(9)
    woven = frames[0].copy()
    woven[1::2] = frames[8, 1::2]
    assert size(row_offsets(woven, 2)) < 0.6
    assert size(row_offsets(woven, 1)) > 1


def test_rows_are_moved_back_by_their_offsets() -> None:
    """A displaced row is again where it was, away from the border."""
    ramp = np.repeat(np.arange(64, dtype=np.float32)[None], 3, 0)
    moved = moved_back(ramp, np.array([0, 2, -1.5], np.float32))
    np.testing.assert_allclose(moved[:, 10], [10, 12, 8.5])


def test_motion_of_rows_is_found_between_frames() -> None:
    """The difference of the offsets of two frames, although the picture moves by three columns as well."""
    worn, offsets = jittered(scene(2, speed=3), 1.0)
    wanted = offsets[1] - offsets[0]
    found = motion_of_rows(worn[0], worn[1])
    assert np.corrcoef(found, wanted)[0, 1] > 0.9


def test_smooth_offsets_are_found_over_time() -> None:
    """A frame whose neighbors are straight loses most of a wave along its rows."""
    frames = scene(3)
    wave = np.asarray(1.5 * np.sin(np.arange(128) / 8), np.float32)
    bent = np.stack([frames[0], moved_back(frames[1], -wave), frames[2]])
    left = offsets_in_time(list(bent), 1)
    assert np.corrcoef(left, wave)[0, 1] > 0.9
    assert not offsets_in_time(list(bent), 0).any()


@pytest.mark.parametrize("speed", [0, 3])
def test_jitter_is_measured_in_columns(speed: int) -> None:
    """Without the part that is smooth from row to row, whether the picture moves or not."""
    worn, _ = jittered(scene(16, speed=speed), 1.0)
    found = measured(worn)
    assert found is not None
    assert found.pixels == pytest.approx(0.9, abs=0.15)
    assert found.gain > 0.5


def test_a_clean_shot_has_no_measure() -> None:
    """Static, moving, noisy, shaken as a whole, or woven of two fields: no line jitters by itself."""
    shaken = scene(16)
    for frame, by in enumerate((0, 2, -1, 1) * 4):
        shaken[frame] = np.roll(shaken[frame], by, 1)
    woven = scene(16, speed=8)
    woven[:-1, 1::2] = woven[1:, 1::2]
    for luma in (scene(16, speed=0), scene(16, speed=5), scene(16, grain=0.05), shaken, woven):
        assert measured(luma) is None


def test_short_shots_are_not_measured() -> None:
    """Fewer than four pairs of frames are not enough."""
    worn, _ = jittered(scene(7), 1.0)
    assert measured(worn) is None


@pytest.mark.parametrize(
    ("pair", "certain"),
    [((0.25, 0.3, 0.9), True), ((0.05, 0.1, 0.9), False), ((0.25, 3.0, 0.4), False)],
)
def test_jitter_must_be_large_and_in_both_estimates(
    pair: tuple[float, float, float], certain: bool
) -> None:
    """Shared variance of a sixteenth of a column at least, and a correlation of a half."""
    assert (found_in([pair] * 5) is not None) == certain


def treated(luma: Values, gain: float = 1.0, **facts: Any) -> Values:
    """The luma of all frames, treated."""
    clip = clip_of(luma, 10, **facts)
    return treat(clip, Span(10, 10 + len(luma)), LineJitterDecision(gain)).luma[:, 0].numpy()


def test_lines_are_moved_back() -> None:
    """The error of the picture falls to less than 0.6 of what it was."""
    clean = scene(5)
    worn, _ = jittered(clean, 1.0, 0.3)
    inner = slice(12, -12)
    before, after = ((each - clean)[:, inner, inner] for each in (worn, treated(worn)))
    assert size(after) < 0.6 * size(before)


def test_chroma_moves_with_the_luma() -> None:
    """A chroma plane that is the reduced luma is moved by half as many columns, and is that again."""
    clean = cv2.blur(scene(1)[0], (5, 1))[None].repeat(3, 0)
    bent = np.asarray(2 * np.sin(np.arange(128) // 4 * 2.0), np.float32)
    worn = np.stack([moved_back(each, -bent) for each in clean])
    clip = clip_of(worn)
    small = clip.luma[..., ::2, ::2].expand(-1, 2, -1, -1).contiguous()
    result = treat(type(clip)(clip.luma, small, 0, clip.color), Span(0, 3), LineJitterDecision(1.0))
    assert result.chroma is not None
    away = (result.chroma[:, 0] - result.luma[:, 0, ::2, ::2])[..., 8:-8, 8:-8]
    before = (small[:, 0] - torch.from_numpy(clean)[:, ::2, ::2])[..., 8:-8, 8:-8]
    assert float(away.square().mean()) < 0.5 * float(before.square().mean())


def test_chroma_of_fields_moves_with_its_own_field() -> None:
    """Rows of 4:2:0 chroma belong to the fields in turn."""
    worn, _ = jittered(scene(3), 1.0)
    clip = clip_of(worn, 0, "tff")
    result = treat(clip, Span(0, 3), LineJitterDecision(1.0))
    assert result.chroma is not None
    assert result.chroma.shape == (3, 2, 64, 96)
    assert bool(result.chroma.isfinite().all())


def test_no_gain_keeps_every_value() -> None:
    """Rows that are moved by nothing keep their bits."""
    luma = scene(3)
    assert np.array_equal(treated(luma, 0.0), luma)


@pytest.mark.parametrize(
    ("measure", "asked", "film", "expected"),
    [
        (LineJitter(1.0, 0.0), None, CLEANED, LineJitterDecision(1.0)),
        (LineJitter(1.0, 1.0), None, CLEANED, LineJitterDecision(0.5)),
        (LineJitter(1.0, 0.0), 0.5, FILM, LineJitterDecision(0.5)),
        (LineJitter(1.0, 0.0), None, FILM, None),
        (LineJitter(1.0, 0.0), 0.0, CLEANED, None),
        (None, 1.0, CLEANED, None),
    ],
)
def test_decisions_follow_measure_option_and_film(
    measure: LineJitter | None,
    asked: float | None,
    film: FilmFacts,
    expected: LineJitterDecision | None,
) -> None:
    """By default only where a network computes the luma; less where the offsets are found with errors."""
    options = LineJitterOptions(linejitter=asked)
    assert LINEJITTER.decide(made_shot(0, 24, color="color"), measure, options, film) == expected
