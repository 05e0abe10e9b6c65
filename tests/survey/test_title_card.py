"""Title cards are distinguished from scenes: made ones of many styles and ages, and real ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from restore.survey.lettering import lettering
from restore.survey.title_card import is_card, still_frame
from tests.survey.drawn import SCENES, Plane, Rng, aged, card, scene, sign
from tests.survey.moving import old_film, shot, small_pictures


def taken_for_card(samples: NDArray[np.uint8] | list[Plane]) -> bool:
    """Whether a shot of these samples is taken for a title card."""
    still, motion = still_frame(list(samples))
    return is_card(lettering(still), motion)


def old(picture: Plane, rng: Rng, level: float, count: int = 5) -> NDArray[np.uint8]:
    """A few frames of a still picture on aged film."""
    return aged(np.stack([picture] * count), rng, level)


def plain(ground: int, ink: int) -> Plane:
    """Three lines on a plain ground."""
    picture = np.full((360, 480), ground, np.uint8)
    for row, text in enumerate(("Meanwhile, at the", "old mill of the", "silent river")):
        font = cv2.FONT_HERSHEY_COMPLEX
        cv2.putText(picture, text, (60, 120 + 55 * row), font, 1.1, ink, 2, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize(("ground", "ink"), [(16, 230), (60, 200), (235, 20), (190, 50)])
@pytest.mark.parametrize("level", [0, 0.5, 1])
def test_lettering_on_a_plain_ground_is_a_card(ground: int, ink: int, level: float) -> None:
    """White on black, white on gray, black on white, brown on parchment; new, aged, worn."""
    rng = np.random.default_rng(1)
    assert taken_for_card(old(plain(ground, ink), rng, level))


def test_a_page_between_black_sides_is_a_card() -> None:
    """A letter, filmed vertically, as silent films show them."""
    picture = plain(200, 30)
    picture[:, :50] = picture[:, 430:] = 16
    assert taken_for_card(old(picture, np.random.default_rng(2), 0.4))


def test_a_card_that_fades_in_is_a_card() -> None:
    """The dark first samples say nothing against it."""
    strength = np.clip(np.arange(9) / 4, 0, 1)[:, None, None]
    film = 16 + (plain(16, 230)[None] - 16.0) * strength
    assert taken_for_card(film.astype(np.uint8))


@pytest.mark.parametrize(("ground", "ink"), [(60, 160), (150, 60)])
@pytest.mark.parametrize("gain", [0.0, 0.15])
def test_nothing_moves_in_a_card_that_flickers(ground: int, ink: int, gain: float) -> None:
    """Brightness that goes up and down by 60 codes, and contrast by 15 %, is no motion.

    It was 4 to 6 % of the picture (of 8 % allowed) when a window was multiplied into the samples before their
    contrast was measured: a gain of 1 became 0.59 to 1.44.
    """
    offsets = (0, 30, -30, 60, 0, 45, -15, -40, 20)
    card_ = plain(ground, ink).astype(float)
    samples = [card_ * (1 + gain * np.sin(n)) + offset for n, offset in enumerate(offsets)]
    still, motion = still_frame([np.clip(s, 0, 255).astype(np.uint8) for s in samples])
    assert motion == 0
    assert is_card(lettering(still), motion)


@pytest.mark.parametrize("seed", range(6))
def test_made_cards_are_cards(seed: int) -> None:
    """Random words, sizes, borders, grounds and age."""
    rng = np.random.default_rng(seed + 40)
    assert taken_for_card(old(card(rng), rng, 0.6))


@pytest.mark.parametrize("kind", range(len(SCENES)), ids=[draw.__name__ for draw in SCENES])
@pytest.mark.parametrize("seed", range(2))
def test_drawn_scenes_are_no_cards(kind: int, seed: int) -> None:
    """Lettered boards, chess boards, faces before black, windows, snow and night: even quite still."""
    rng = np.random.default_rng(seed)
    assert not taken_for_card(old(scene(rng, kind), rng, 0.5))


def test_a_moving_scene_is_no_card() -> None:
    """What moves by itself is no card, lettered or not."""
    rng = np.random.default_rng(3)
    assert not taken_for_card(shot(rng, 9, speed=6, kind=0))


def test_nothing_at_all_is_no_card() -> None:
    """Leader has no lettering."""
    assert not taken_for_card(np.full((3, 120, 160), 16, np.uint8))


@pytest.mark.parametrize(
    ("name", "start", "stop", "expected"),
    [
        ("nosferatu", 0, 72, True),
        ("nosferatu", 72, 126, False),
        ("nosferatu", 126, 258, False),
        ("nosferatu", 258, 363, False),
        ("nosferatu", 363, 427, False),
        ("a_bomb_blast_effects", 0, 44, False),
        ("a_bomb_blast_effects", 44, 134, False),
        ("a_bomb_blast_effects", 134, 299, False),
        ("a_bomb_blast_effects", 299, 360, False),
        ("silent_comedy", 0, 360, False),
    ],
)
def test_real_cards_and_scenes(name: str, start: int, stop: int, expected: bool) -> None:
    """A handwritten page is a card; the large sign in a landscape (frames 44 to 133) is a scene."""
    frames = small_pictures(old_film(name), 256)[start:stop]
    assert taken_for_card(frames[:: len(frames) // 8]) == expected


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_rates_over_many_cards_and_scenes() -> None:
    """Of 150 made cards at least 96 of 100 are found; of 245 made scenes at most 1 of 100 is taken for one.

    Measured when the limits were set: 296 of 300 cards, none of 676 scenes (396 of them photographs,
    half with boards and irises put on); on two fresh sets 240 of 240 cards and none of 252 scenes; none
    of 1,993 photographs as they are.
    """
    rng = np.random.default_rng(7)
    cards = [taken_for_card(old(card(rng), rng, rng.uniform(0, 1))) for _ in range(150)]
    scenes = [
        taken_for_card(old(scene(rng, number), rng, rng.uniform(0, 1))) for number in range(175)
    ]
    boards = [
        taken_for_card(old(sign(rng, scene(rng, number).astype(np.float32)), rng, 0.5))
        for number in range(70)
    ]
    assert np.mean(cards) >= 0.96
    assert np.mean(scenes + boards) <= 0.01
