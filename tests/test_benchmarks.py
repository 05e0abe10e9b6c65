"""The comparisons in benchmarks/ run on a film that the test makes."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.media.films import make


def test_the_deinterlacers_are_compared(root: Path, tmp_path: Path) -> None:
    """A moving test pattern: every method has a score for both sources, ours is the best lossless one."""
    clip = make(tmp_path / "clip.mp4", drawn="testsrc2=s=96x64:r=25:d=0.6")
    scores = tmp_path / "scores.json"
    command = [
        sys.executable,
        "benchmarks/deinterlace.py",
        clip,
        "--frames",
        "12",
        "--json",
        scores,
    ]
    found = subprocess.run(
        [*map(str, command), "--precision", "fp32"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )

    rows = json.loads(scores.read_text())
    by = {(row["source"], row["method"]): row for row in rows}
    methods = {"ours", "bwdif", "w3fdif", "estdif"}
    assert set(by) == {(source, method) for source in ("clean", "mpeg2") for method in methods}
    assert by["clean", "ours"]["psnr"] == max(by["clean", name]["psnr"] for name in methods)
    assert all(0 < row["ssim"] <= 1 and row["cpu_seconds_per_field"] >= 0 for row in rows)
    assert "| mean |" in found.stdout


@pytest.mark.parametrize("bits", [8, 10])
def test_films_are_read_as_they_were_written(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    """Planes of odd sizes and all bits come back, with their times."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    film_files = importlib.import_module("film_files")
    values = np.random.default_rng(1).integers(0, 2**bits, 3 * (45 * 33 + 2 * 23 * 17))
    frames = [
        (each[:1485].reshape(45, 33), each[1485:1876].reshape(23, 17), each[1876:].reshape(23, 17))
        for each in values.reshape(3, -1)
    ]
    path = tmp_path / "film.mkv"
    film_files.write(frames, path, Fraction(25), "-c:v", "ffv1", bits=bits)
    found = list(film_files.timed(path, bits=bits))
    assert [time for time, _ in found] == [0, Fraction(1, 25), Fraction(2, 25)]
    for (_, planes), frame in zip(found, frames, strict=True):
        for plane, wanted in zip(planes, frame, strict=True):
            np.testing.assert_array_equal(plane, wanted)
    assert len(film_files.decoded(path, 2, bits=bits)) == 2


def test_the_samplers_are_compared(root: Path) -> None:
    """Cached and naive samples of small planes are equal, and the ratio of their times is printed."""
    command = [sys.executable, "benchmarks/pixelcnn.py", "--batch", "2", "--size", "5"]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "equal values 100.000%" in found.stdout
    assert "times faster" in found.stdout
