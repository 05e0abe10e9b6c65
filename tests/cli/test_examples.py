"""The examples work as they stand."""

from __future__ import annotations

import configparser
import inspect
import os
import shlex
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from restore.cli import batch
from restore.cli.recipe_options import with_recipe_options
from restore.errors import BatchError, OutputError, UsageError
from restore.jobs.batch.workers import GRACE
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


def tools(folder: Path, program: str) -> str:
    """A PATH on which `restore` is that shell command."""
    folder.mkdir()
    tool = folder / "restore"
    tool.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    tool.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_the_archive_script(root: Path, reel: Path, tmp_path: Path) -> None:
    """The script restores a folder of films into another, and says so; given again, it is done."""
    films = tmp_path / "films"
    (films / "sub").mkdir(parents=True)
    (films / "sub" / "one.mp4").write_bytes(reel.read_bytes())
    path = tools(tmp_path / "bin", f'exec "{sys.executable}" -m restore "$@"')
    command = [
        *("bash", str(root / "examples" / "batch_archive.sh"), str(films), str(tmp_path / "out")),
        *("--start", "1", "--end", "1.25", "--model", "film-x2-fast"),
    ]
    for reported in ("sub/one.mp4: done, 4 frames", "1 film: 1 done"):
        done = subprocess.run(
            command,
            cwd=root,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert reported in done.stdout
        assert "all films are done" in done.stdout
    found = sorted(path.name for path in (tmp_path / "out" / "sub").glob("one.restored.*"))
    assert found == [found[0], f"{found[0]}.restore.html", f"{found[0]}.restore.json"]


def batch_options(words: list[str]) -> set[str]:
    """The options among the words of a `restore batch`; none may be unknown to it."""
    given = {word for word in words if word.startswith("--")}
    parameters = inspect.signature(with_recipe_options(batch.command)).parameters
    known = {f"--{name.replace('_', '-')}" for name in parameters}
    assert given <= known
    return given


@pytest.mark.parametrize(("task", "share"), [("3", "1/4"), ("6", "4/4")])
def test_each_task_of_an_array_takes_its_share(
    task: str, share: str, root: Path, tmp_path: Path
) -> None:
    """Whatever number an array begins with, its tasks have shares 1 to N of all films."""
    path = tools(tmp_path / "bin", 'printf "%s\\n" "$@"')
    slurm = {
        "SLURM_ARRAY_TASK_ID": task,
        "SLURM_ARRAY_TASK_MIN": "3",
        "SLURM_ARRAY_TASK_COUNT": "4",
    }
    script = str(root / "examples" / "slurm_array.sh")
    done = subprocess.run(
        ["bash", script, "/shared/my films", "/shared/out", "--codec", "ffv1"],
        env={**os.environ, "PATH": path, **slurm},
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.splitlines()
    assert words[:4] == ["batch", "/shared/my films", "--out", "/shared/out"]
    assert words[words.index("--share") + 1] == share
    assert batch_options(words) == {"--out", "--share", "--codec"}


def test_the_service_calls_the_batch(root: Path) -> None:
    """The unit's command is one that the tool understands, and its signal goes to the batch alone."""
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string((root / "examples" / "restore-batch.service").read_text(encoding="utf-8"))
    words = shlex.split(unit["Service"]["ExecStart"])
    assert words[1] == "batch"
    assert batch_options(words) == {"--out", "--recipe"}
    assert unit["Service"]["KillMode"] == "mixed"
    assert float(unit["Service"]["TimeoutStopSec"]) > GRACE
    kept = set(unit["Service"]["RestartPreventExitStatus"].split())
    assert {str(error.exit_code) for error in (UsageError, OutputError, BatchError)} <= kept


@pytest.mark.slow
def test_the_script_draws_the_reel(root: Path, reel: Path, tmp_path: Path) -> None:
    """Drawn again, the film is the same but for what other versions of the libraries round away."""
    target = tmp_path / "again.mp4"
    script = root / "examples" / "draw_reel.py"
    subprocess.run([sys.executable, str(script), str(target)], check=True, capture_output=True)
    for drawn, shipped in zip(lumas(target), lumas(reel), strict=True):
        error = np.mean((drawn.astype(float) - shipped.astype(float)) ** 2)
        assert error < 4.0
