"""What of a path is unrest: lines are none, what jumps is all of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from restore.treatments.measuring.unrest import is_level, jumpy, smoothed, unrest


@given(st.integers(2, 60), st.floats(-3, 3), st.floats(-9, 9), st.sampled_from([1.0, 3.0]))
def test_a_straight_path_is_smooth_to_its_ends(
    count: int, slope: float, start: float, reach: float
) -> None:
    """A pan of one speed is the camera's own in every frame."""
    path = (start + slope * np.arange(count))[:, None]
    np.testing.assert_allclose(smoothed(path, reach), path, atol=1e-6)


def test_jumps_upon_a_pan_are_all_that_is_unrest() -> None:
    """The pan stays, but for what cannot be told from it; the jumps go."""
    rng = np.random.default_rng(4)
    jumps = rng.normal(0, 0.5, (80, 1))
    pan = 0.8 * np.arange(80.0)[:, None]
    found = unrest(pan + jumps)
    assert not is_level(pan + jumps)[0]
    assert np.abs(found - jumps).std() < 0.3 * jumps.std()


def test_a_level_path_goes_to_its_mean() -> None:
    """Where a path goes nowhere every frame comes to the very same place."""
    jumps = np.random.default_rng(5).normal(0, 0.5, (40, 2))
    np.testing.assert_allclose(unrest(jumps), jumps - jumps.mean(0))


def test_a_swaying_hand_does_not_jump() -> None:
    """A wave of a second at 24 frames is no gate; noise is."""
    frames = np.arange(72)
    hand = 2 * np.sin(frames / 24 * 2 * np.pi)[:, None]
    assert jumpy(hand) < 0.3
    assert jumpy(np.random.default_rng(6).normal(0, 1, (72, 1))) > 0.7
