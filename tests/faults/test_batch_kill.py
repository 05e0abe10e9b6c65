"""A batch that is killed again and again: at the end every film is there, proven, and was made once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from restore.run.record import find_record
from restore.store import digest_file
from tests.media.films import make

KILLS = 5
FILMS = 200
JOBS = 10
BROKEN = 8
"""Films that are no films, by number modulo: empty, a text, a film without its index, one cut off."""

Stamps = dict[str, tuple[int, int, int]]


def _draw_films(folder: Path) -> tuple[dict[str, int], set[str]]:
    """Films in a tree of four folders: name -> number of frames, and the names of those that are broken."""
    frames: dict[str, int] = {}
    broken: set[str] = set()
    for number in range(FILMS):
        count = 3 + number % 8
        # twins: two films in one folder whose names differ only by suffix
        stem, suffix = f"film {number // 2:03}", (".mkv", ".mp4")[number % 2]
        name = f"reel {number % 4 // 2}/{'abc'[number % 3]}/{stem}{suffix}"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = f"testsrc2=s=48x32:r=12:d={count / 12},hue=h={number}"
        make(path, "-c:v", "libx264", "-preset", "ultrafast", "-frames:v", str(count), drawn=drawn)
        frames[name] = count
        if number % (FILMS // BROKEN) == 3:
            _break(path, number // (FILMS // BROKEN) % 4)
            broken.add(name)
    return frames, broken


def _break(path: Path, how: int) -> None:
    whole = path.read_bytes()
    wrecks = (b"", b"This is a letter.\n", whole[:40], whole[: len(whole) // 3])
    path.write_bytes(wrecks[how])


def _start(films: Path, out: Path) -> subprocess.Popen[str]:
    """`restore batch` as the leader of a group of its own."""
    words = [sys.executable, "-m", "restore", "batch", str(films), "--out", str(out)]
    words += ["--codec", "ffv1", "--jobs", str(JOBS), "--json"]
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def _descendants(pid: int) -> Iterator[int]:
    """Every process below one, by the system's own list."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield int(child)
                yield from _descendants(int(child))


def _kill(process: subprocess.Popen[str], *, alone: bool) -> list[int]:
    """SIGKILL for the parent alone, or for it and all its processes; returns those below it."""
    below = list(_descendants(process.pid))
    for pid in (process.pid, *(() if alone else below)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()
    return below


def _await_end(pids: list[int], patience: float = 120) -> None:
    """Wait until processes that lost their parent ended by themselves."""
    ends = time.monotonic() + patience
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists() and not _is_zombie(pid)]:
        assert time.monotonic() < ends, left
        time.sleep(0.2)


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2][1] == "Z"
    return True


def _results(out: Path) -> Stamps:
    """Every file under a final name, with what changes if it is made again."""
    return {
        path.relative_to(out).as_posix(): (facts.st_ino, facts.st_mtime_ns, facts.st_size)
        for path in sorted(out.rglob("*.restored.m*"))
        if path.suffix in (".mkv", ".mp4") and not path.name.startswith(".")
        for facts in (path.stat(),)
    }


def _book(out: Path) -> dict[str, Any]:
    return json.loads((out / "batch.json").read_bytes())["films"]


def _done(out: Path) -> int:
    if not (out / "batch.json").exists():
        return 0
    return sum(entry["state"] == "done" for entry in _book(out).values())


def _frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _finish(films: Path, out: Path) -> tuple[int, list[dict[str, Any]], str]:
    told, complaints = (process := _start(films, out)).communicate()
    return process.returncode, [json.loads(line) for line in told.splitlines()], complaints


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_a_batch_killed_five_times_ends_complete(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Two hundred films, five kills at random moments: none lost, none made twice, each proven."""
    films, out = tmp_path / "films", tmp_path / "out"
    frames, broken = _draw_films(films)
    good = set(frames) - broken
    chance = random.Random(20)
    began = time.monotonic()
    before: Stamps = {}
    figures = []
    for kill in range(KILLS):
        process = _start(films, out)
        # the kills spread over the batch, each at a moment of its own
        aim = round(len(good) * (kill + chance.random()) / KILLS)
        while _done(out) < aim and process.poll() is None:
            time.sleep(0.2)
        time.sleep(chance.uniform(0, 8))
        alone = kill % 2 == 1
        _await_end(_kill(process, alone=alone))
        after = _results(out)
        assert before.items() <= after.items(), "a result was made twice"
        states = {entry["state"] for entry in _book(out).values()}
        figures.append((round(time.monotonic() - began), "parent" if alone else "all", len(after)))
        assert states <= {"waiting", "running", "done", "failed", "damaged"}
        before = after
    code, events, complaints = _finish(films, out)
    record_property("kills", figures)
    record_property("seconds", round(time.monotonic() - began))

    assert code == 7, complaints
    assert f"{len(broken)} of {FILMS} films failed" in complaints
    after = _results(out)
    assert before.items() <= after.items(), "a result was made twice"
    book = _book(out)
    assert {name for name, entry in book.items() if entry["state"] == "done"} == good
    damaged = {name for name, entry in book.items() if entry["state"] == "damaged"}
    assert damaged | {name for name, entry in book.items() if entry["state"] == "failed"} == broken
    assert {book[name]["result"] for name in good} == set(after)
    for name in good:
        result = out / book[name]["result"]
        record = find_record(result)
        assert record is not None
        assert record.request.source_sha256 == digest_file(films / name)
        assert _frames(result) == frames[name]

    again, events, _ = _finish(films, out)
    assert again == 7
    tried = {e["name"] for e in events if e["event"] == "film" and e["state"] == "running"}
    assert tried == broken - damaged
    assert _results(out) == after
    left = [path for path in out.rglob("*") if path.name.startswith(".")]
    assert {path.name for path in left} <= {".batch", ".restore"}
    assert not [path for folder in left for path in folder.rglob("*.m*")]
