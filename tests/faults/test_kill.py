"""kill -9 at any moment: the same command again goes on, and the film comes out the same."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from restore.media.decode import read_frames
from restore.media.probe import probe
from restore.media.process import executable
from restore.timing import Span


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One shot of 600 frames, 160x120: seven segments."""
    path = tmp_path_factory.mktemp("kill") / "film.mp4"
    picture = "testsrc2=size=160x120:rate=24:duration=25"
    subprocess.run(
        [
            executable(),
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            picture,
            "-pix_fmt",
            "yuv420p",
            str(path),
        ],
        check=True,
    )
    return path


def _start(film: Path, output: Path) -> subprocess.Popen[str]:
    """`restore` in a process of its own, slow enough to be hit (veryslow), with NDJSON events."""
    words = [sys.executable, "-m", "restore", str(film), "-o", str(output)]
    words += ["--preset", "veryslow", "--json"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _finish(process: subprocess.Popen[str]) -> list[dict[str, object]]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def _frames(path: Path) -> list[np.ndarray]:
    source = probe(path)
    pictures = read_frames(source, source.frames, Span(0, len(source.frames)))
    return [picture.planes[0].copy() for picture in pictures]


def _named(events: list[dict[str, object]], kind: str) -> set[object]:
    return {event["part"] for event in events if event["event"] == kind}


def _kill_after_a_part(process: subprocess.Popen[str]) -> None:
    """Kill as soon as one part is reported done."""
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "partdone":
            break
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_killed_run_reuses_its_parts_and_gives_the_same_frames(
    film: Path, tmp_path: Path
) -> None:
    """After SIGKILL: finished parts are named and not made again, the film equals an undisturbed one."""
    undisturbed, killed = tmp_path / "undisturbed.mp4", tmp_path / "killed.mp4"
    _finish(_start(film, undisturbed))
    _kill_after_a_part(_start(film, killed))
    assert not killed.exists()
    events = _finish(_start(film, killed))
    reused, made = _named(events, "reused"), _named(events, "partdone")
    assert reused
    assert made
    assert not reused & made
    pairs = zip(_frames(undisturbed), _frames(killed), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kills_at_random_moments_lose_nothing(film: Path, tmp_path: Path) -> None:
    """Killed twelve times at random moments, the film still comes out whole and the same."""
    undisturbed, killed = tmp_path / "undisturbed.mp4", tmp_path / "killed.mp4"
    _finish(_start(film, undisturbed))
    chance = random.Random(4)
    for _ in range(12):
        process = _start(film, killed)
        time.sleep(chance.uniform(0.2, 6))
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break
        assert not killed.exists()
    _finish(_start(film, killed))
    pairs = zip(_frames(undisturbed), _frames(killed), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "killed.mp4",
        "killed.mp4.restore.html",
        "killed.mp4.restore.json",
        "undisturbed.mp4",
        "undisturbed.mp4.restore.html",
        "undisturbed.mp4.restore.json",
    ]
