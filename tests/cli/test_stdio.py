"""Standard streams whose reader leaves, or whose disk is full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from restore.cli.stdio import StandardStream
from restore.errors import OutputError


def test_a_reader_that_leaves_stops_nothing() -> None:
    """After `| head -1` the rest of the output is dropped, and the program continues."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        output = StandardStream(stream, "standard output")
        os.close(reading)
        for _ in range(3):
            assert output.write("x" * 100_000) == 100_000
            output.flush()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has such a device")
def test_a_full_disk_is_reported() -> None:
    """`> report.txt` on a full disk: one error with a message, and nothing at exit."""
    with Path("/dev/full").open("w") as stream:
        output = StandardStream(stream, "standard output")
        output.write("x")
        with pytest.raises(OutputError, match="standard output"):
            output.flush()
        output.flush()


def test_a_verdict_is_given_without_a_reader(root: Path) -> None:
    """The exit code is the command's own, whoever listens to the words."""
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "restore", "models", "list"]
    ended = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, cwd=root, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_film_is_finished_without_a_reader(root: Path, tmp_path: Path) -> None:
    """`2>&1 | true`: the messages are dropped, the result is made and verified."""
    reading, writing = os.pipe()
    os.close(reading)
    film, result = root / "examples" / "reel.mp4", tmp_path / "out.mkv"
    words = [sys.executable, "-m", "restore", str(film), "--codec", "ffv1", "-o", str(result)]
    ended = subprocess.run(words, stdout=writing, stderr=writing, cwd=root, check=False)
    os.close(writing)
    assert ended.returncode == 0
    assert result.exists()
