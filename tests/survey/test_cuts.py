"""Cuts are found to the frame, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from restore.survey.cuts import FLASH, LEADER, REACH, mark_cuts
from tests.survey.drawn import Plane, aged
from tests.survey.moving import flat, old_film, shot, small_pictures, training_clips

REAL_CUTS = {
    "a_bomb_blast_effects": [44, 134, 299],
    "nosferatu": [72, 126, 258, 363],
    "silent_comedy": [],
    "the_great_train_robbery": [],
    "a_trip_down_market_street": [],
    "charlie_chaplin": [],
}
"""First frames of shots after the first one, marked by hand (SOURCES.md next to the films)."""


def found(frames: Sequence[Plane] | NDArray[np.uint8]) -> list[int]:
    """The cuts in a film of these pictures."""
    marked = [cut for _, cut in mark_cuts(frames, lambda frame: frame)]
    assert len(marked) == len(frames)
    assert marked[0]
    return [index for index, cut in enumerate(marked) if cut and index]


@pytest.mark.parametrize("seed", range(4))
def test_cuts_between_aged_moving_shots_are_exact(seed: int) -> None:
    """Grain, flicker, dust, weave, scratches and a moving camera neither hide nor make a cut."""
    rng = np.random.default_rng(seed)
    lengths = [int(n) for n in rng.integers(3, 24, 5)]
    film = np.concatenate([shot(rng, n, speed=3, kind=k) for k, n in enumerate(lengths)])
    assert found(aged(film, rng, 0.8)) == list(np.cumsum(lengths)[:-1])


@pytest.mark.parametrize("edge", [1, 2, 38, 39])
def test_a_cut_at_the_very_beginning_or_end_is_found(edge: int) -> None:
    """Shots of one or two frames at the film's ends are shots, unless they are too short to be sure."""
    rng = np.random.default_rng(1)
    film = np.concatenate([shot(rng, edge, kind=0), shot(rng, 40 - edge, kind=2)])
    assert found(film) == [edge]


@pytest.mark.parametrize("length", range(1, FLASH + 1))
@pytest.mark.parametrize("tone", [235, 16, 120])
def test_a_flash_is_no_cut(length: int, tone: int) -> None:
    """One or two white, gray or black frames inside a shot leave it one shot."""
    film = shot(np.random.default_rng(2), 30, kind=1)
    film[12 : 12 + length] = flat(length, tone)
    assert found(film) == []


def test_a_burst_of_dust_is_no_cut() -> None:
    """Two frames covered with dust leave the shot one shot."""
    rng = np.random.default_rng(3)
    film = shot(rng, 30, kind=1)
    spots = rng.random((2, *film.shape[1:])) < 0.12
    film[14:16][spots] = 240
    assert found(film) == []


def test_a_flash_before_a_cut_goes_with_the_shot_that_ends() -> None:
    """A blank frame at a splice makes no shot of its own."""
    rng = np.random.default_rng(4)
    film = np.concatenate([shot(rng, 20, kind=0), flat(1, 235), shot(rng, 20, kind=5)])
    assert found(film) == [21]


def test_strong_flicker_is_no_cut() -> None:
    """A shot whose brightness and contrast jump from frame to frame is one shot."""
    rng = np.random.default_rng(5)
    film = shot(rng, 30, kind=1).astype(np.float32)
    film = film * rng.uniform(0.45, 1.1, (30, 1, 1)) + rng.uniform(0, 25, (30, 1, 1))
    assert found(np.clip(film, 0, 255).astype(np.uint8)) == []


def test_a_whip_pan_is_no_cut() -> None:
    """A camera that moves by a tenth of the picture a frame stays in its shot."""
    assert found(shot(np.random.default_rng(6), 7, speed=16, kind=1)) == []


def test_fading_to_black_and_in_again_is_one_cut_after_the_dark() -> None:
    """A short dark between two fades goes with the shot that faded out."""
    rng = np.random.default_rng(7)
    first, second = shot(rng, 30, kind=0), shot(rng, 30, kind=2)
    down = np.clip(np.linspace(2.5, 0, 30), 0, 1)[:, None, None]
    first = (16 + (first - 16.0) * down).astype(np.uint8)
    second = (16 + (second - 16.0) * down[::-1]).astype(np.uint8)
    film = np.concatenate([first, flat(4, 16, 0.5), second])
    (cut,) = found(film)
    assert 30 <= cut <= 36


@pytest.mark.parametrize("length", [LEADER, 25])
def test_leader_is_a_shot_of_its_own(length: int) -> None:
    """Black leader between two shots, grain included, is bounded by two cuts."""
    rng = np.random.default_rng(8)
    film = np.concatenate([shot(rng, 20, kind=0), flat(length), shot(rng, 20, kind=2)])
    assert found(film) == [20, 20 + length]


def test_a_shot_that_goes_on_after_a_short_dark_is_one_shot() -> None:
    """A few black frames inside a shot are an interruption, not a cut."""
    film = shot(np.random.default_rng(9), 40, speed=0.5, kind=0)
    film[15:22] = flat(7)
    assert found(film) == []


def test_pictures_without_any_likeness_make_no_shots() -> None:
    """Where no two neighbors are alike (pure noise) shots cannot be distinguished."""
    noise = np.random.default_rng(10).integers(16, 235, (30, 120, 160)).astype(np.uint8)
    assert found(noise) == []


@pytest.mark.parametrize("start", [7, 16, 33])
def test_a_part_of_a_film_has_the_film_s_cuts(start: int) -> None:
    """Further than REACH from where it was cut out, a part's cuts are those of the whole film."""
    rng = np.random.default_rng(11)
    parts = [shot(rng, 26, kind=k) for k in (0, 1, 5, 2)]
    parts.insert(2, flat(14))
    film = aged(np.concatenate(parts), rng, 0.5)
    whole = [cut for cut in found(film) if start + REACH <= cut < len(film) - REACH]
    part = [cut + start for cut in found(film[start : len(film) - 3])]
    assert [cut for cut in part if start + REACH <= cut < len(film) - 3 - REACH] == [
        cut for cut in whole if cut < len(film) - 3 - REACH
    ]
    assert whole


def test_items_come_out_unchanged_and_few_are_held() -> None:
    """Whatever is marked passes through in order, with at most REACH items ahead of the last decision."""
    taken = 0

    def items() -> list[int]:
        return list(range(60))

    def picture(item: int) -> Plane:
        nonlocal taken
        taken = max(taken, item)
        return flat(1, 30 + item)[0]

    for place, (item, _) in enumerate(mark_cuts(items(), picture)):
        assert item == place
        assert taken <= place + REACH


@pytest.mark.parametrize(("name", "cuts"), REAL_CUTS.items())
def test_cuts_of_real_old_films_are_those_marked_by_hand(name: str, cuts: list[int]) -> None:
    """Among them an iris-out to black, camera shake, heavy dust and a sign: none a false cut."""
    assert found(small_pictures(old_film(name))) == cuts


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(3))
def test_cuts_between_aged_clips_are_exact(seed: int) -> None:
    """Real motion under made age, cut together at random: every cut, and no other."""
    import cv2

    rng = np.random.default_rng(seed)
    clips = training_clips()
    for _ in range(12):
        parts: list[NDArray[np.uint8]] = []
        for name in rng.choice(len(clips), int(rng.integers(2, 6)), replace=False):
            frames = np.stack([cv2.resize(y, (320, 240)) for y in small_pictures(clips[name], 320)])
            frames = frames[:: int(rng.integers(1, 4))]
            parts.append(frames[: int(rng.integers(3, len(frames) + 1))].astype(np.uint8))
        film = aged(np.concatenate(parts), rng, rng.uniform(0, 1))
        assert found(film) == list(np.cumsum([len(part) for part in parts])[:-1])
