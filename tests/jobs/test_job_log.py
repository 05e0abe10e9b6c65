"""The log of a job."""

from __future__ import annotations

from pathlib import Path

from restore.jobs.job_log import JobLog
from restore.run.events import Noted, Planned
from tests.run.made import plan


def test_the_log_lies_in_the_work_folder_and_grows(tmp_path: Path) -> None:
    """What is logged before the folder is known is written as soon as it is; runs add to each other."""
    for word in ("first", "second"):
        log = JobLog()
        log(Noted(f"{word} run begins"))
        assert log.path is None
        log(Planned(plan(), tmp_path / "out.mp4", tmp_path))
        log(Noted(f"{word} run ends"))
    lines = (tmp_path / "log.txt").read_text(encoding="utf-8").splitlines()
    texts = [line[20:] for line in lines]
    assert [text for text in texts if "run" in text] == [
        "first run begins",
        "first run ends",
        "second run begins",
        "second run ends",
    ]
    assert lines[0][:2] == "20"


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """A vanished work folder is not the log's problem."""
    log = JobLog()
    log(Planned(plan(), tmp_path / "out.mp4", tmp_path / "gone"))
    log(Noted("still here"))
