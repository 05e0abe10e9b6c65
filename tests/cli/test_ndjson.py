"""A run's events as JSON."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from pathlib import Path
from typing import get_args

import pytest

from restore.cli.ndjson import as_record, failure, listener
from restore.cli.stdio import put_line
from restore.errors import SourceError
from restore.run import events
from restore.run.events import Finished, Noted, PartDone, Planned, Progressed
from restore.timing import Span
from tests.run.made import plan

FILM = Path("reels/a.mp4")


def test_every_line_is_one_object() -> None:
    """Each event becomes one line of JSON with its name and its film."""
    lines: list[str] = []
    listener(FILM, lines.append)(Progressed(3, 120, 0, 2))
    assert [json.loads(line) for line in lines] == [
        {
            "event": "progressed",
            "film": "reels/a.mp4",
            "done": 3,
            "frames": 120,
            "shot": 0,
            "shots": 2,
        }
    ]
    assert "\n" not in lines[0]


def test_spans_are_half_open_pairs() -> None:
    """A span is [first, behind the last], as everywhere in the program."""
    assert as_record(PartDone("part-000001", Span(70, 120), 2.5), FILM)["span"] == [70, 120]


def test_paths_are_words() -> None:
    """A path is written as the user's system writes it."""
    record = as_record(Finished(Path("out.mp4"), 120, 61.2), FILM)
    assert (record["output"], record["already"]) == ("out.mp4", False)


def test_a_plan_is_summarized() -> None:
    """The planned event carries size, shots with their decisions, models with their hashes."""
    record = as_record(Planned(plan(), Path("out.mp4"), Path("work")), FILM)
    reported = json.loads(json.dumps(record))["plan"]
    assert (reported["width"], reported["height"], reported["codec"]) == (1280, 960, "h264")
    color = {"mode": "color", "saturation": 1.0, "warmth": 0.0, "choice": None}
    decisions = {"colorize": color, "upscale": {"clean": 1.0}}
    assert reported["shots"][1]["decisions"] == decisions
    assert reported["treatments"][1] == {"treatment": "upscale", "model": "film-x4-v1"}
    assert reported["segments"] == [[0, 70], [70, 120]]
    assert reported["models"]["film-x4-v1"] == "b" * 64


def test_a_failure_is_an_event() -> None:
    """A program reads what, where and what to do, the exit code and the error's code, from the last line."""
    error = SourceError("It is empty.", "a.mp4", "Copy it again.", code="no-frames")
    record = json.loads(failure(error, FILM))
    assert record == {
        "event": "failed",
        "film": "reels/a.mp4",
        "exit_code": 3,
        "error": "SourceError",
        "code": "no-frames",
        "what": "It is empty.",
        "where": "a.mp4",
        "what_to_do": "Copy it again.",
    }


@pytest.mark.parametrize("event", get_args(events.Event), ids=lambda event: event.__name__)
def test_every_event_is_documented(event: type, root: Path) -> None:
    """The run's page names every event and every one of its keys."""
    page = (root / "docs" / "run.md").read_text(encoding="utf-8")
    table = page[page.index("## Events for programs") :]
    row = next((line for line in table.splitlines() if f"`{event.__name__.lower()}`" in line), "")
    missing = [field.name for field in dataclasses.fields(event) if f"`{field.name}`" not in row]
    assert row
    assert missing == []


def test_lines_of_many_threads_stay_whole(capfd: pytest.CaptureFixture[str]) -> None:
    """Eight threads write 40,000 events, short ones and ones longer than a pipe takes at once: all parse."""
    short, long = Progressed(3, 120, 0, 2), Noted("x" * 5000)
    write = listener(FILM, put_line)

    def work() -> None:
        for k in range(5000):
            write(long if k % 500 == 0 else short)

    threads = [threading.Thread(target=work) for _ in range(8)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    lines = capfd.readouterr().out.splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert (events.count("progressed"), events.count("noted")) == (8 * 4990, 8 * 10)
