"""What each part of a run costs, and how close the whole comes to the ideal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from restore.cli.app import main
from restore.jobs.bench_parts import BenchResult
from restore.jobs.stopwatch import Cost, Stopwatch, now

PARTS = {
    "survey": Cost(1.0, 1.5),
    "decode": Cost(2.0, 3.0),
    "upscale": Cost(20.0, 39.0),
    "encode": Cost(9.0, 17.0),
    "verification": Cost(1.0, 1.5),
}


def bench(whole: float, cores: int) -> BenchResult:
    """A measured film of 360 frames."""
    return BenchResult(Path("a.mp4"), 360, PARTS, Cost(whole, 60.0), cores, 10**9, 10**8)


def test_busy_processors_bound_a_small_machine() -> None:
    """With two processors, 62 CPU-seconds take 31 seconds at least."""
    assert bench(34.1, 2).ideal == 31.0
    assert bench(34.1, 2).ratio == pytest.approx(1.1)


def test_the_slowest_part_bounds_a_large_machine() -> None:
    """With many processors nothing is quicker than the slowest part alone."""
    assert bench(25.0, 16).ideal == 20.0


def test_the_share_of_looking() -> None:
    """Survey and verification (join and audit with it) count against the whole."""
    assert bench(40.0, 2).checks == pytest.approx(0.05)


def test_a_work_folder_is_made_or_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--work-dir names a folder; a file under that name is left alone."""
    place = tmp_path / "notes.txt"
    place.touch()
    assert main(["bench", "film.mp4", "--work-dir", str(place)]) == 4
    assert "where a folder is needed" in capsys.readouterr().err


def test_children_count() -> None:
    """A child's processor time is counted when it has ended; waiting costs time on the wall only."""
    watch = Stopwatch()
    busy = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    with watch.on("child"):
        subprocess.run([sys.executable, "-c", busy], check=True)
    with watch.on("sleep"):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)"], check=True)
    assert list(watch.costs) == ["child", "sleep"]
    assert watch.costs["child"].cpu > 0.28  # the system counts in hundredths
    assert watch.costs["sleep"].wall >= 0.3
    assert watch.costs["sleep"].cpu < watch.costs["child"].cpu
    assert (now() - now()).wall <= 0


def test_bench_of_a_short_run(reel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every part of the run has its figures, and they add up to the printed ratio."""
    words = ["bench", str(reel), "--colorize", "--start", "1.5", "--end", "2", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["frames"] == 8
    names = ["survey", "decode", "colorize", "encode", "verification", "whole"]
    assert list(told["parts"]) == names
    parts = [told["parts"][name] for name in names[:-1]]
    slowest = max(part["seconds"] for part in parts)
    ideal = max(slowest, sum(part["cpu_seconds"] for part in parts) / told["cores"])
    assert told["ideal_seconds"] == pytest.approx(ideal, abs=0.01)
    assert told["ratio"] == pytest.approx(told["parts"]["whole"]["seconds"] / ideal, rel=0.02)
    assert told["memory"] > 50_000_000


def test_bench_of_pictures(reel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A result without a container is measured, too: its pictures are a part of their own."""
    words = ["bench", str(reel), "--codec", "tiff", "--start", "1.5", "--end", "1.75", "--json"]
    assert main([*words, "--work-dir", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told["parts"])[-3:] == ["verification", "pictures", "whole"]
    seconds = {name: part["seconds"] for name, part in told["parts"].items()}
    assert 0 < seconds["pictures"] < seconds["whole"] - seconds["verification"]
    assert list(tmp_path.iterdir()) == []
