"""A recorded job run again: what is said where its frames are not the recorded ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from restore.errors import AuditError
from restore.jobs import rerun_job
from restore.jobs.prepare import JobRequest
from restore.jobs.reproduce import Comparison, Rerun
from restore.jobs.rerun_job import rerun
from restore.recipe import Recipe
from tests.report.made import made_record

JOB = Rerun(made_record(), JobRequest(Path("film.mp4"), Recipe()), ())
SAME = Comparison(100, (), same=True)


def outcome(monkeypatch: pytest.MonkeyPatch, found: Comparison, job: Rerun = JOB) -> Comparison:
    """A rerun with this comparison at its end."""
    monkeypatch.setattr(rerun_job, "restore_logged", lambda request, listener: Path("again.mp4"))
    monkeypatch.setattr(rerun_job, "compare", lambda record, result: found)
    return rerun(job, lambda event: None)


def failure(monkeypatch: pytest.MonkeyPatch, found: Comparison, job: Rerun = JOB) -> AuditError:
    """The error of a rerun with this comparison at its end."""
    with pytest.raises(AuditError) as caught:
        outcome(monkeypatch, found, job)
    assert caught.value.code == "frames-differ"
    return caught.value


def test_equal_frames_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is different on this machine."""
    assert outcome(monkeypatch, SAME, replace(JOB, differences=("torch: 1 then, 2 now",))) == SAME


def test_the_first_frame_that_differs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the number of all of them, and the new result."""
    error = failure(monkeypatch, Comparison(100, (7, 8, 50), same=False))
    assert error.where == "frame 7 is the first of 3 that differ, of 100: again.mp4"
    assert "please report" in error.what_to_do


def test_known_differences_are_the_likely_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them in a line."""
    job = replace(JOB, differences=("torch: 1 then, 2 now", "threads: 1 then, 4 now"))
    error = failure(monkeypatch, Comparison(100, (7,), same=False), job)
    assert error.what_to_do.endswith("torch: 1 then, 2 now; threads: 1 then, 4 now.")


def test_another_frame_map_is_said_even_where_all_frames_are_equal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same frames at other times are another film."""
    error = failure(monkeypatch, Comparison(100, (), same=False, same_map=False))
    assert "0 that differ" in error.where
    assert "frame map differs" in error.where
