"""The tool as a user runs it: real processes, real films."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import pytest

from restore.cli.app import main
from restore.models import find
from tests.cli.test_app import call

SHORT = ("--start", "1.125", "--end", "1.375")
"""Four frames of the reel: two of the title card, two of the first scene."""


@pytest.fixture
def film(reel: Path, tmp_path: Path) -> Path:
    """The reel in a folder of its own."""
    copy = tmp_path / "reel.mp4"
    copy.write_bytes(reel.read_bytes())
    return copy


def frames_of(path: Path) -> tuple[int, int, int]:
    """Width, height and number of frames that decode."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height, sum(1 for _ in container.decode(stream))


def reported(output: str) -> list[dict[str, Any]]:
    """The events of a run with --json."""
    return [json.loads(line) for line in output.splitlines()]


def test_the_readme_s_command(film: Path) -> None:
    """The result is next to the film, larger, with its sound; a second run has nothing to do."""
    words: Sequence[str | Path] = [film, "--colorize", "--upscale", "4", *SHORT, "--json"]
    first = call(words, film.parent)
    assert first.returncode == 0, first.stderr
    assert first.stderr == ""
    events = reported(first.stdout)
    names = [event["event"] for event in events]
    assert [name for name in dict.fromkeys(names) if name not in ("surveying", "noted")] == [
        *("planned", "started", "progressed", "partdone", "joining", "verifying", "finished"),
    ]
    result = film.with_name("reel.restored.mp4")
    assert Path(events[-1]["output"]) == result
    assert frames_of(result) == (1280, 960, 4)
    with av.open(str(result)) as container:
        assert [stream.codec.name for stream in container.streams.audio] == ["aac"]
    assert not (film.parent / ".restore").exists()

    before = result.stat().st_mtime_ns
    again = call(words, film.parent)
    assert again.returncode == 0
    assert reported(again.stdout)[-1]["already"] is True
    assert result.stat().st_mtime_ns == before


def test_a_log_file_sees_plain_lines(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there are lines without control characters, from the plan to the result."""
    assert main([str(film), *SHORT, "-o", str(film.with_name("out.mkv"))]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\r" not in out
    assert "4 frames in" in out.splitlines()[0]
    assert "verified against the source" in out.splitlines()[-1]


def test_quiet_says_nothing(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -q a run that works is silent."""
    assert main([str(film), *SHORT, "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_foreign_file_is_not_replaced(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that the job did not make stops it before any work; --overwrite is the way out."""
    target = film.with_name("reel.restored.mp4")
    target.write_bytes(b"mine")
    assert main([str(film), *SHORT]) == 4
    assert "--overwrite" in capsys.readouterr().err
    assert target.read_bytes() == b"mine"


def test_one_failing_film_does_not_stop_the_others(
    film: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With several films the exit code is 7, the good ones are done, the bad ones are named."""
    gone, target = film.with_name("gone.mp4"), film.with_name("out")
    assert main([str(gone), str(film), *SHORT, "-o", f"{target}/"]) == 7
    reported = capsys.readouterr()
    assert "The file does not exist" in reported.err
    assert "1 of 2 films failed" in reported.err
    assert frames_of(target / "reel.restored.mp4") == (320, 240, 4)


def test_dry_run_writes_nothing(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run prints shots, treatments, models, size, time and disk, and leaves no file behind."""
    assert main([str(film), "--upscale", "2", "--colorize", *SHORT, "--dry-run"]) == 0
    text = capsys.readouterr().out
    for word in ("640x480", "film-x2", find("color").full_name, "shot", "segments", "about"):
        assert word in text
    assert [path.name for path in film.parent.iterdir()] == ["reel.mp4"]


def test_dry_run_as_json(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run --json is a single object with the plan and what it costs."""
    assert main([str(film), *SHORT, "--dry-run", "--json"]) == 0
    (event,) = reported(capsys.readouterr().out)
    assert event["event"] == "dryrun"
    assert event["plan"]["frames"] == 4
    assert event["seconds"] >= 0
    assert event["disk"] == 2 * event["result"] > 0


def test_a_failure_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the failure is an event on stdout, and still three lines on stderr."""
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert main([str(empty), "--json"]) == 3
    out, err = capsys.readouterr()
    assert reported(out)[-1]["exit_code"] == 3
    assert "empty" in err


def test_a_service_manager_stops_it_cleanly(film: Path, root: Path) -> None:
    """SIGTERM is Ctrl-C: code 130, how to go on, no final name, and an event for programs."""
    command = [sys.executable, "-m", "restore", str(film), "--upscale", "4", "--json"]
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "started":
                break
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "continues where it stopped" in err
    assert len(err.splitlines()) <= 3
    assert json.loads(out.splitlines()[-1])["event"] == "failed"
    assert not film.with_name("reel.restored.mp4").exists()
