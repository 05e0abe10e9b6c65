"""One small picture upon another: shifts to a fraction of a pixel, whatever else differs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from restore.treatments.measuring.registration import likeness, prepared, rough_shift, shift
from tests.survey.restless import codes, picture, seen_by


@pytest.mark.parametrize("moved", [(0.0, 0.0), (0.4, -0.3), (-1.2, 2.1), (6.5, -9.0)])
def test_a_shift_is_found_under_grain(moved: tuple[float, float]) -> None:
    """To a twelfth of a pixel in grain of four code values, though half the picture is sky."""
    rng = np.random.default_rng(1)
    a, b = codes(seen_by(picture(rng), np.array([(0.0, 0.0), moved]), rng))
    one, other = prepared(a), prepared(b)
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
    found = shift(prepared(codes(frames)[0]), prepared(codes(frames)[1]), (0.0, 0.0))
    assert np.abs(np.subtract(found, (0.5, 0.5))).max() < 0.08


def test_a_change_of_light_is_no_shift() -> None:
    """A tenth brighter and lifted: still the same place."""
    rng = np.random.default_rng(3)
    a, b = seen_by(picture(rng), np.array([(0.0, 0.0), (0.3, -0.2)]), rng)
    found = shift(prepared(codes(a)), prepared(codes(b * 1.1 + 6)), (0.0, 0.0))
    assert np.abs(np.subtract(found, (0.3, -0.2))).max() < 0.083


def test_pictures_without_anything_in_them_do_not_move() -> None:
    """Leader has no place."""
    plain = prepared(np.full((192, 256), 40, np.uint8))
    assert np.allclose(rough_shift(plain, plain), 0, atol=1e-6)
    assert np.allclose(shift(plain, plain, (0.0, 0.0)), 0, atol=1e-6)


def test_a_shift_back_is_the_shift_reversed() -> None:
    """Which of two frames is the first makes no difference but the sign."""
    rng = np.random.default_rng(5)
    a, b = codes(seen_by(picture(rng), np.array([(0.0, 0.0), (1.3, -0.8)]), rng))
    there, back = (shift(prepared(x), prepared(y), (0.0, 0.0)) for x, y in ((a, b), (b, a)))
    assert np.abs(np.add(there, back)).max() < 0.05


def test_likeness_is_one_for_the_same_frame_in_its_place() -> None:
    """It falls where the frame is misplaced, and is about zero for noise."""
    rng = np.random.default_rng(6)
    scene = picture(rng)
    a, b = (
        prepared(each) for each in codes(seen_by(scene, np.array([(0.0, 0.0), (3.0, 2.0)]), rng))
    )
    assert likeness(a, a, (0.0, 0.0)) == pytest.approx(1)
    assert likeness(a, b, (3.0, 2.0)) > 0.97
    assert likeness(a, b, (0.0, 0.0)) < likeness(a, b, (3.0, 2.0))
    noise = prepared(rng.integers(16, 235, (192, 256)).astype(np.uint8))
    assert abs(likeness(a, noise, (0.0, 0.0))) < 0.2
