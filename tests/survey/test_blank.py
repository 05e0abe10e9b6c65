"""Leader is blank; a dark picture with something in it is not."""

from __future__ import annotations

import numpy as np
import pytest

from restore.survey.blank import is_blank, is_blank_shot, softened
from tests.survey.drawn import aged, face_on_black, night
from tests.survey.moving import flat


@pytest.mark.parametrize(("tone", "grain"), [(16, 0), (20, 4), (35, 8), (120, 3), (228, 3)])
def test_leader_is_blank(tone: int, grain: float) -> None:
    """Black, gray or clear film with grain shows nothing."""
    film = flat(5, tone, grain)
    assert is_blank(softened(film[0]))
    assert is_blank_shot(list(film))


def test_dusty_leader_is_blank() -> None:
    """Dust and scratches come and go: what stays is nothing."""
    film = aged(np.full((9, 360, 480), 17, np.uint8), np.random.default_rng(0), 0.7)
    assert is_blank_shot(list(film))


@pytest.mark.parametrize("draw", [face_on_black, night])
@pytest.mark.parametrize("seed", range(4))
def test_dark_scenes_are_not_blank(draw: object, seed: int) -> None:
    """A face before black, a town at night: there is something to see."""
    assert callable(draw)
    picture = draw(np.random.default_rng(seed))
    assert not is_blank_shot([picture] * 3)


def test_a_light_that_wanders_through_the_dark_is_not_blank() -> None:
    """Nothing of it stays in place, yet every frame shows it."""
    film = flat(9)
    for index, frame in enumerate(film):
        frame[50:70, 16 * index : 16 * index + 12] = 200
    assert not is_blank_shot(list(film))
