"""What a batch will cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.jobs.batch.estimate import ROUGH, Rate, cost, measured_rate, time_left, tried_rate
from restore.jobs.batch.listing import Film
from restore.jobs.batch.state import Entry
from restore.jobs.batch.work_items import WorkItem

DONE = Entry("f", "done", job_digest="w", result_stat=(6000, 1), seconds=12.0, work=3.0, jobs=4)
OPEN = Entry("f", "waiting", job_digest="w", work=30.0)


def test_films_side_by_side_share_the_time() -> None:
    """Four films at once in twelve seconds are three seconds each."""
    assert measured_rate([DONE, OPEN], frozenset("w")) == Rate(0.0, 1.0, 2000.0)
    assert time_left([DONE, OPEN]) == pytest.approx(30.0)


def test_another_wish_tells_nothing() -> None:
    """Films made by another recipe are no measure."""
    assert measured_rate([DONE], frozenset("v")) is None
    assert time_left([DONE]) is None


def test_results_stay_and_parts_come_and_go(tmp_path: Path) -> None:
    """Disk: all results, and the parts of the largest films at work; unknown headers are counted."""
    films = [OPEN, OPEN, Entry("f", "waiting", work=10.0), Entry("f", "waiting")]
    found = cost(Rate(2.0, 1.0, 100.0), films, tmp_path, jobs=2)
    assert (found.seconds, found.disk) == (70.0 + 2.0 * 3 / 2, 7000 + 6000)
    assert (found.films, found.unknown) == (3, 1)
    pictures = cost(Rate(2.0, 1.0, 100.0, temporary=10.0), films, tmp_path, jobs=1)
    assert pictures.disk == 7000 + 300


def test_a_handful_of_short_clips_counts_roughly(tmp_path: Path) -> None:
    """Where no network is asked for, no trial is made, and the sum says that it is rough."""
    film = Film("f", tmp_path / "f.mkv", "f.restored.mkv")
    entries = {"f": Entry("f", "waiting", work=4.0)}
    rate = tried_rate([WorkItem(film, "w", (), networks=False)], entries)
    assert rate is ROUGH
    found = cost(rate, list(entries.values()), tmp_path, jobs=1)
    assert (found.seconds, found.films, found.rough) == (7.0, 1, True)
