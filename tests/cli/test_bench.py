"""What each part of a run costs, and how close the whole comes to the ideal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restore.cli.app import main


def test_a_work_folder_is_made_or_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--work-dir names a folder; a file under that name is left alone."""
    place = tmp_path / "notes.txt"
    place.touch()
    assert main(["bench", "film.mp4", "--work-dir", str(place)]) == 4
    assert "where a folder is needed" in capsys.readouterr().err


def test_bench_of_a_short_run(reel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every part of the run has its figures, and they add up to the printed ratio."""
    words = ["bench", str(reel), "--colorize", "--start", "1.5", "--end", "2", "--json"]
    assert main(words) == 0
    reported = json.loads(capsys.readouterr().out)
    assert reported["frames"] == 8
    names = ["survey", "decode", "colorize", "encode", "verification", "whole"]
    assert list(reported["parts"]) == names
    parts = [reported["parts"][name] for name in names[:-1]]
    slowest = max(part["seconds"] for part in parts)
    ideal = max(slowest, sum(part["cpu_seconds"] for part in parts) / reported["cores"])
    assert reported["ideal_seconds"] == pytest.approx(ideal, abs=0.01)
    assert reported["ratio"] == pytest.approx(
        reported["parts"]["whole"]["seconds"] / ideal, rel=0.02
    )
    assert reported["memory"] > 50_000_000


def test_bench_of_pictures(reel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A result without a container is measured, too: its pictures are a part of their own."""
    words = ["bench", str(reel), "--codec", "tiff", "--start", "1.5", "--end", "1.75", "--json"]
    assert main([*words, "--work-dir", str(tmp_path)]) == 0
    reported = json.loads(capsys.readouterr().out)
    assert list(reported["parts"])[-3:] == ["verification", "pictures", "whole"]
    seconds = {name: part["seconds"] for name, part in reported["parts"].items()}
    assert 0 < seconds["pictures"] < seconds["whole"] - seconds["verification"]
    assert list(tmp_path.iterdir()) == []
