"""What each part of a run costs, and how close the whole comes to the ideal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


def test_figures_as_plain_values() -> None:
    """Programs get seconds, CPU-seconds and frames a second of each part and of the whole."""
    record = bench(36.0, 2).as_record()
    assert record["ratio"] == 1.161
    parts = record["parts"]
    assert isinstance(parts, dict)
    assert parts["whole"] == {"seconds": 36.0, "cpu_seconds": 60.0, "fps": 10.0}
    assert list(parts) == [*PARTS, "whole"]


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
