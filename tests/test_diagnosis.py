"""The benchmark of the diagnosis on some of its films: no false treatment, no phase error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

CLIPS = ROOT.parent / "shared" / "data" / "clips"


@pytest.mark.slow
@pytest.mark.skipif(not CLIPS.is_dir(), reason="the clips are not here")
@pytest.mark.parametrize("only", ["video tff", "3:2 tff", "titles"])
def test_made_films_are_diagnosed(tmp_path: Path, only: str) -> None:
    """19 of 20 shots are right; progressive ones are never treated; every moment of film is right."""
    scores = tmp_path / "scores.json"
    clips = [str(CLIPS / f"{name}.mp4") for name in ("dog_fetch", "rollercoaster", "daisies")]
    script = ROOT / "benchmarks" / "diagnosis.py"
    line = [sys.executable, str(script), *clips, "--only", only, "--json", str(scores)]
    subprocess.run(line, check=True, cwd=ROOT, timeout=900)
    shots = json.loads(scores.read_text())
    assert shots
    assert sum(shot["right"] for shot in shots) >= 0.95 * len(shots)
    assert not any(shot["false_treatment"] for shot in shots)
    assert sum(shot["phase_errors"] for shot in shots) == 0
