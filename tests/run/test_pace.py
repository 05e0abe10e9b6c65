"""Frames per second and remaining time of a run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.run.pace import Pace, advice


def test_reused_frames_do_not_make_a_run_look_fast() -> None:
    """Frames since the start count for the frames per second, all missing ones for the time left."""
    pace = Pace(began=100.0, now=110.0, first=60, done=80, frames=100)
    assert pace.fps == 2.0
    assert pace.left == 10.0
    assert pace.text() == "2.0 fps, 0:10 left"


def test_there_is_no_estimate_before_the_first_frame() -> None:
    """Without a finished frame the time left is not known."""
    pace = Pace(began=100.0, now=103.0, first=5, done=5, frames=100)
    assert pace.left is None
    assert not pace.too_long


def test_a_long_estimate_counts_after_the_first_seconds() -> None:
    """An estimate above an hour is too long only after more than 20 seconds of work."""
    slow = Pace(began=0.0, now=30.0, first=0, done=10, frames=100_000)
    assert slow.too_long
    assert not Pace(began=0.0, now=5.0, first=0, done=1, frames=100_000).too_long
    assert "--start" in advice(slow)
    assert "film-x4-fast" in advice(slow)


@given(
    began=st.floats(0, 1e6),
    passed=st.floats(0.1, 1e5),
    first=st.integers(0, 100),
    made=st.integers(1, 1000),
    left=st.integers(0, 1000),
)
def test_at_the_same_pace_the_rest_takes_its_share(
    began: float, passed: float, first: int, made: int, left: int
) -> None:
    """Seconds left are to the frames left as the seconds so far to the frames made."""
    pace = Pace(began, began + passed, first, first + made, first + made + left)
    assert pace.left == pytest.approx((pace.now - began) * left / made, rel=1e-6, abs=1e-6)


def test_the_pace_of_no_time_is_zero() -> None:
    """Two events in the same instant: no division by zero, and no estimate."""
    pace = Pace(began=5.0, now=5.0, first=0, done=3, frames=9)
    assert pace.fps == 0
    assert pace.left is None
    assert pace.text() == "starting"


def test_a_finished_run_has_nothing_left() -> None:
    """After the last frame it is 0:00, and never too long."""
    pace = Pace(began=0.0, now=30.0, first=0, done=60, frames=60)
    assert pace.text() == "2.0 fps, 0:00 left"
    assert not pace.too_long


@pytest.mark.parametrize(("frames", "long"), [(3600 + 30, False), (3600 + 32, True)])
def test_the_advice_comes_above_an_hour(frames: int, long: bool) -> None:
    """At one frame per second: with an hour left there is none, with more there is."""
    assert Pace(0.0, 30.0, 0, 30, frames).too_long == long
