"""The jitter of a path: straight lines have none, random jumps are all jitter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.treatments.measuring.jitter import is_level, jitter, jump_share, jump_size, smoothed


@given(st.integers(2, 60), st.floats(-3, 3), st.floats(-9, 9), st.sampled_from([1.0, 3.0]))
def test_a_straight_path_is_smooth_to_its_ends(
    count: int, slope: float, start: float, reach: float
) -> None:
    """A pan of one speed is the camera's own in every frame."""
    path = (start + slope * np.arange(count))[:, None]
    np.testing.assert_allclose(smoothed(path, reach), path, atol=1e-6)


def test_jumps_upon_a_pan_are_all_that_is_unrest() -> None:
    """The pan stays, but for what cannot be distinguished from it; the jumps go."""
    rng = np.random.default_rng(4)
    jumps = rng.normal(0, 0.5, (80, 1))
    pan = 0.8 * np.arange(80.0)[:, None]
    found = jitter(pan + jumps)
    assert not is_level(pan + jumps)[0]
    assert np.abs(found - jumps).std() < 0.3 * jumps.std()


def test_a_level_path_goes_to_its_mean() -> None:
    """Where a path goes nowhere every frame comes to the very same place."""
    jumps = np.random.default_rng(5).normal(0, 0.5, (40, 2))
    np.testing.assert_allclose(jitter(jumps), jumps - jumps.mean(0))


def test_a_swaying_hand_does_not_jump() -> None:
    """A wave of a second at 24 frames is no gate; noise is."""
    frames = np.arange(72)
    hand = 2 * np.sin(frames / 24 * 2 * np.pi)[:, None]
    assert jump_share(hand) < 0.3
    assert jump_share(np.random.default_rng(6).normal(0, 1, (72, 1))) > 0.7


@given(st.floats(0.01, 10), st.integers(12, 60), st.integers(0, 20))
def test_unrest_is_in_the_unit_of_the_path(scale: float, count: int, seed: int) -> None:
    """Twice the distances are twice the jumps, with the same share that jumps."""
    path = np.random.default_rng(seed).normal(0, 1, (count, 2))
    assert jump_size(scale * path) == pytest.approx(scale * jump_size(path))
    assert jump_share(scale * path) == pytest.approx(jump_share(path))
    np.testing.assert_allclose(jitter(scale * path), scale * jitter(path), atol=1e-9)


def test_a_single_jolt_has_no_weight() -> None:
    """One frame far away does not make a path that jumps; of noise the root mean square is found."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 1, (400, 2))
    jumps = noise - smoothed(noise, 1.0)
    assert jump_size(noise) == pytest.approx(np.sqrt((jumps**2).sum(1).mean()), rel=0.05)
    jolted = noise.copy()
    jolted[200] += 500
    assert jump_size(jolted) < 1.2 * jump_size(noise)


def test_a_path_without_unrest_has_no_share_that_jumps() -> None:
    """Nothing is divided by nothing: a still path is level and jumps by 0."""
    still = np.zeros((20, 1))
    assert jump_share(still) == 0.0
    assert jump_size(still) == 0.0
    assert is_level(still).all()


@given(st.integers(1, 40))
def test_smoothing_keeps_a_single_frame_and_the_mean_of_noise(count: int) -> None:
    """A path of one frame is its own smooth part; the length never changes."""
    path = np.random.default_rng(count).normal(0, 1, (count, 1))
    assert smoothed(path, 3.0).shape == path.shape
    np.testing.assert_allclose(smoothed(path[:1], 3.0), path[:1])
