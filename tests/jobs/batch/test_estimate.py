"""What a batch will cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.jobs.batch import estimate
from restore.jobs.batch.estimate import (
    ROUGH,
    Rate,
    as_json,
    cost,
    free_space,
    measured_rate,
    time_left,
    tried_rate,
)
from restore.jobs.batch.listing import Film
from restore.jobs.batch.state import Entry
from restore.jobs.batch.work_items import WorkItem

DONE = Entry("f", "done", job_digest="w", result_stat=(6000, 1), seconds=12.0, work=3.0, jobs=4)
OPEN = Entry("f", "waiting", job_digest="w", work=30.0)


def test_films_side_by_side_share_the_time() -> None:
    """Four films at once in twelve seconds are three seconds each."""
    assert measured_rate([DONE, OPEN], frozenset("w")) == Rate(0.0, 1.0, 2000.0)
    assert time_left([DONE, OPEN]) == pytest.approx(30.0)


def test_other_options_give_no_message() -> None:
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


def item(name: str, *, networks: bool = True) -> WorkItem:
    """A film's work."""
    film = Film(name, Path("films") / name, f"{name}.restored.*")
    return WorkItem(film, "w", (), networks=networks)


def dry_run(**changes: Any) -> dict[str, Any]:
    """The event of a trial of 24 of 240 frames, in two seconds, of a film with 3 MB of result."""
    event = {"frames_tried": 24, "seconds": 20.0, "disk": 9_000_000, "result": 3_000_000}
    return {"event": "dryrun", "plan": {"frames": 240}, **event, **changes}


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The films that are tried, in order; those called `bad` fail."""
    tried: list[str] = []

    def acting(task: WorkItem) -> dict[str, Any] | None:
        tried.append(task.film.name)
        return None if task.film.name.startswith("bad") else dry_run()

    monkeypatch.setattr(estimate, "_dry_run", acting)
    return tried


def waiting(**films: tuple[int, float | None]) -> dict[str, Entry]:
    """Films with frames and work."""
    return {
        name: Entry(name, "waiting", job_digest="w", frames=frames, work=work)
        for name, (frames, work) in films.items()
    }


@pytest.mark.parametrize(
    ("films", "expected"),
    [
        ({"big": (500, 90.0), "small": (60, 30.0), "clip": (10, 1.0)}, ["small"]),
        ({"clip": (10, 1.0), "longer": (40, 5.0)}, ["longer"]),
        ({"bad": (60, 1.0), "good": (60, 2.0)}, ["bad", "good"]),
        ({"edge": (48, 9.0), "short": (47, 1.0)}, ["edge"]),
        (
            {"bad1": (60, 1.0), "bad2": (60, 2.0), "bad3": (60, 3.0), "good": (60, 4.0)},
            ["bad1", "bad2", "bad3"],
        ),
        ({"unknown": (0, None)}, []),
    ],
)
def test_the_smallest_film_of_enough_frames_is_tried(
    films: dict[str, tuple[int, float | None]], expected: list[str], trials: list[str]
) -> None:
    """Of shorter ones the largest; the next one where a trial fails, three at most."""
    rate = tried_rate([item(name) for name in films], waiting(**films))
    assert trials == expected
    assert (rate is None) == (not expected or expected[-1].startswith("bad"))


def test_a_trial_becomes_a_rate_per_unit_of_work(trials: list[str]) -> None:
    """Seconds and bytes of the whole film over its work; what the trial itself took is the start."""
    rate = tried_rate([item("film")], waiting(film=(240, 10.0)))
    assert rate is not None
    assert (rate.seconds, rate.bytes, rate.temporary) == (2.0, 300_000, 600_000)
    assert rate.start == 0.0  # the acting trial took less time than it says


@pytest.mark.parametrize(
    ("work", "networks", "rough"), [(19.9, False, True), (20.0, False, False), (1.0, True, False)]
)
def test_a_trial_is_spared_only_where_it_would_take_as_long(
    work: float, networks: bool, rough: bool, trials: list[str]
) -> None:
    """A small batch without networks; any network is tried."""
    rate = tried_rate([item("film", networks=networks)], waiting(film=(240, work)))
    assert (rate is ROUGH) == rough
    assert (trials == []) == rough


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=8), st.integers(1, 8))
def test_costs_add_up(works: list[float], jobs: int) -> None:
    """More jobs never take longer and never need less disk; all the work counts once."""
    rate = Rate(1.0, 2.0, 1000.0)
    entries = [Entry(str(n), "waiting", work=work) for n, work in enumerate(works)]
    one, several = (cost(rate, entries, Path("/"), count) for count in (1, jobs))
    assert several.seconds <= one.seconds
    assert several.disk >= one.disk
    assert one.seconds == pytest.approx(2 * sum(works) + len(works))
    assert one.disk == pytest.approx(1000 * (sum(works) + max(works)), abs=1)


@pytest.mark.parametrize(
    "values",
    [
        {"seconds": None},
        {"work": None},
        {"result_stat": None},
        {"state": "failed"},
        {"seconds": 0.0},
    ],
)
def test_a_film_without_all_figures_is_no_measure(values: dict[str, Any]) -> None:
    """Rather no rate than a wrong one; others of the same job still count."""
    entry = replace(DONE, **values)
    assert measured_rate([entry], frozenset("w")) is None
    assert measured_rate([entry, DONE], frozenset("w")) == measured_rate([DONE], frozenset("w"))


def test_free_space_is_that_of_the_disk_where_the_folder_will_be(tmp_path: Path) -> None:
    """Folders that do not exist yet are on their parents' disk."""
    assert free_space(tmp_path / "a" / "b") == pytest.approx(free_space(tmp_path), rel=0.05)


def test_costs_are_whole_numbers_in_the_state_file(tmp_path: Path) -> None:
    """Seconds are rounded; whether the figures are rough is kept."""
    found = as_json(cost(ROUGH, [*waiting(film=(1, 3.3)).values()], tmp_path, jobs=1))
    assert found["seconds"] == round(5 + 0.5 * 3.3)
    assert found["rough"] is True
    assert (found["films"], found["unknown"]) == (1, 0)


def test_the_time_left_counts_what_is_not_finished() -> None:
    """Failed films are not done again in this run."""
    entries = [DONE, OPEN, replace(OPEN, state="running"), replace(OPEN, state="failed")]
    assert time_left(entries) == pytest.approx(60.0)
    assert time_left([replace(OPEN, work=None), DONE]) == 0.0
