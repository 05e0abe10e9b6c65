"""Optical flow: its direction and units, its reproducibility, and planes moved along it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from restore.filters.flow import flow_at_size, moved_along, optical_flow


def texture(height: int = 128, width: int = 160, seed: int = 1) -> np.ndarray:
    """A smooth random picture, 0..1."""
    coarse = np.random.default_rng(seed).random((height // 8, width // 8), np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)


def test_the_flow_points_to_the_same_sample_in_the_other_plane() -> None:
    """A picture that moved 3 samples to the right and 2 down: offsets (3, 2), x first."""
    start = texture()
    end = np.roll(start, (2, 3), (0, 1))

    inside = optical_flow(start, end)[24:-24, 24:-24]

    assert np.abs(np.median(inside, (0, 1)) - (3, 2)).max() < 0.1


def test_the_other_plane_moved_along_the_flow_is_this_one() -> None:
    """Three quarters of the difference that a motion makes are gone inside the picture."""
    start = texture()
    end = np.roll(start, (2, 3), (0, 1))

    moved = moved_along(end, optical_flow(start, end))

    before, after = (np.abs(plane - start)[24:-24, 24:-24].mean() for plane in (end, moved))
    assert after < before / 4


def test_no_motion_moves_nothing() -> None:
    """Between equal planes the flow is zero, and a plane moved along it is the same bit for bit."""
    plane = texture()
    flow = optical_flow(plane, plane)

    assert np.abs(flow).max() == 0
    assert np.array_equal(moved_along(plane, flow), plane)


def test_threads_do_not_change_the_flow() -> None:
    """The same bits with one and with four threads: a result must not depend on the machine."""
    start, end = texture(seed=1), np.roll(texture(seed=1), 5, 1)
    threads = cv2.getNumThreads()
    try:
        found = []
        for count in (1, 4):
            cv2.setNumThreads(count)
            found.append(optical_flow(start, end))
    finally:
        cv2.setNumThreads(threads)
    assert np.array_equal(*found)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 200), (33, 5), (15, 15), (64, 64)])
def test_any_size(size: tuple[int, int]) -> None:
    """Planes too small for the flow get a border: a flow of the plane's size, finite."""
    start, end = np.random.default_rng(2).random((2, *size), np.float32)
    flow = optical_flow(start, end)

    assert flow.shape == (*size, 2)
    assert np.isfinite(flow).all()
    assert moved_along(end, flow).shape == size


def test_values_beyond_black_and_white() -> None:
    """They are clipped for the flow; a plane that is moved keeps them."""
    bright = texture() * 3 - 1
    assert np.array_equal(optical_flow(bright, bright), np.zeros((*bright.shape, 2)))
    still = moved_along(bright, np.zeros((*bright.shape, 2), np.float32))
    assert np.array_equal(still, bright)


def test_several_planes_move_together() -> None:
    """[H, W, 2]: each plane as if it were moved alone."""
    planes = np.stack([texture(seed=3), texture(seed=4)], -1)
    flow = np.full((*planes.shape[:2], 2), 1.5, np.float32)
    together = moved_along(planes, flow)

    for at in range(2):
        alone = moved_along(np.ascontiguousarray(planes[..., at]), flow)
        assert np.allclose(together[..., at], alone, atol=1e-6)  # rounding of sums in fp32


@pytest.mark.parametrize(("size", "factors"), [((64, 80), (0.5, 0.5)), ((128, 40), (0.25, 1))])
def test_the_flow_of_smaller_planes(size: tuple[int, int], factors: tuple[float, float]) -> None:
    """For chroma with fewer samples (4:2:0, 4:1:1) the offsets are in its samples; x is first."""
    flow = np.zeros((128, 160, 2), np.float32) + np.array([4, 2], np.float32)
    small = flow_at_size(flow, *size)

    assert small.shape == (*size, 2)
    assert np.allclose(small, (4 * factors[0], 2 * factors[1]))
    assert flow_at_size(flow, 128, 160) is flow
