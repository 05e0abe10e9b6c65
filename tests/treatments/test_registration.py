"""One small picture upon another: shifts to a fraction of a pixel, whatever else differs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from restore.treatments.measuring.registration import rough_shift, seen, shift
from tests.survey.restless import codes, picture, seen_by


@pytest.mark.parametrize("moved", [(0.0, 0.0), (0.4, -0.3), (-1.2, 2.1), (6.5, -9.0)])
def test_a_shift_is_found_under_grain(moved: tuple[float, float]) -> None:
    """To a twelfth of a pixel in grain of four code values, though half the picture is sky."""
    rng = np.random.default_rng(1)
    a, b = codes(seen_by(picture(rng), np.array([(0.0, 0.0), moved]), rng))
    one, other = seen(a), seen(b)
    found = shift(one, other, rough_shift(one, other))
    assert np.abs(np.subtract(found, moved)).max() < 0.083


def test_what_moves_by_itself_has_no_vote() -> None:
    """A large square walks through a quarter of the picture: the ground's shift is found all the same."""
    rng = np.random.default_rng(2)
    frames = seen_by(picture(rng), np.array([(0.0, 0.0), (0.5, 0.5)]), rng)
    texture = 60 * rng.random((96, 96)).astype(np.float32)
    texture = cv2.GaussianBlur(texture, (0, 0), 2.0) * 3
    frames[0, 40:136, 60:156] = texture
    frames[1, 40:136, 66:162] = texture
    found = shift(seen(codes(frames)[0]), seen(codes(frames)[1]), (0.0, 0.0))
    assert np.abs(np.subtract(found, (0.5, 0.5))).max() < 0.08


def test_a_change_of_light_is_no_shift() -> None:
    """A tenth brighter and lifted: still the same place."""
    rng = np.random.default_rng(3)
    a, b = seen_by(picture(rng), np.array([(0.0, 0.0), (0.3, -0.2)]), rng)
    found = shift(seen(codes(a)), seen(codes(b * 1.1 + 6)), (0.0, 0.0))
    assert np.abs(np.subtract(found, (0.3, -0.2))).max() < 0.083


def test_pictures_without_anything_in_them_do_not_move() -> None:
    """Leader has no place."""
    plain = seen(np.full((192, 256), 40, np.uint8))
    assert np.allclose(rough_shift(plain, plain), 0, atol=1e-6)
    assert np.allclose(shift(plain, plain, (0.0, 0.0)), 0, atol=1e-6)
