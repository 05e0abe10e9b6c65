"""The examples work as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from restore.recipe import load_recipe


def lumas(path: Path) -> list[np.ndarray]:
    """The luma planes of a film."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def test_the_reel_is_small_and_complete(reel: Path) -> None:
    """The film that ships has at most a megabyte, 96 frames and a sound track."""
    assert reel.stat().st_size <= 1_000_000
    assert len(lumas(reel)) == 96
    with av.open(str(reel)) as container:
        assert len(container.streams.audio) == 1


def test_the_example_recipe_is_valid(root: Path) -> None:
    """Every recipe among the examples says only what recipes can say."""
    recipes = sorted((root / "examples").glob("*.toml"))
    assert recipes
    for path in recipes:
        assert load_recipe(path, {}).codec == "ffv1"


def test_the_archive_script(root: Path, reel: Path, tmp_path: Path) -> None:
    """The script restores a folder of films into another, and says so; given again, it is done."""
    films, tools = tmp_path / "films", tmp_path / "bin"
    films.mkdir()
    tools.mkdir()
    (films / "one.mp4").write_bytes(reel.read_bytes())
    tool = tools / "restore"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m restore "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    command = [
        *("bash", str(root / "examples" / "archive.sh"), str(films), str(tmp_path / "out")),
        *("--start", "1", "--end", "1.25"),
    ]
    for told in ("checked against the source", "done already"):
        done = subprocess.run(
            command,
            cwd=root,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
        assert "all 1 films are done" in done.stdout
    assert {path.stem for path in (tmp_path / "out").glob("one.*")} >= {"one.restored"}


@pytest.mark.slow
def test_the_script_draws_the_reel(root: Path, reel: Path, tmp_path: Path) -> None:
    """Drawn again, the film is the same but for what other versions of the libraries round away."""
    target = tmp_path / "again.mp4"
    script = root / "examples" / "draw_reel.py"
    subprocess.run([sys.executable, str(script), str(target)], check=True, capture_output=True)
    for drawn, shipped in zip(lumas(target), lumas(reel), strict=True):
        error = np.mean((drawn.astype(float) - shipped.astype(float)) ** 2)
        assert error < 4.0
