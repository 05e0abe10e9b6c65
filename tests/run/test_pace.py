"""How fast a run goes and how long it will still take."""

from __future__ import annotations

from restore.run.pace import Pace, advice


def test_reused_frames_do_not_make_a_run_look_fast() -> None:
    """Only frames made since the start count for the rate; all that are missing count for the rest."""
    pace = Pace(began=100.0, now=110.0, first=60, done=80, frames=100)
    assert pace.fps == 2.0
    assert pace.left == 10.0
    assert pace.text() == "2.0 fps, 0:10 left"


def test_nothing_is_promised_before_the_first_frame() -> None:
    """Without a finished frame nobody knows how long it takes."""
    pace = Pace(began=100.0, now=103.0, first=5, done=5, frames=100)
    assert pace.left is None
    assert not pace.too_long


def test_a_long_run_is_noticed_once_its_pace_has_settled() -> None:
    """An estimate above an hour counts only after enough work to believe it."""
    slow = Pace(began=0.0, now=30.0, first=0, done=10, frames=100_000)
    assert slow.too_long
    assert not Pace(began=0.0, now=5.0, first=0, done=1, frames=100_000).too_long
    assert "--start" in advice(slow)
    assert "film-x4-fast" in advice(slow)
