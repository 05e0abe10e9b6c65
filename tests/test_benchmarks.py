"""The comparisons in benchmarks/ run on a film that the test makes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
