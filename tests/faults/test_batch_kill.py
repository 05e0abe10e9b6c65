"""A batch that is killed again and again: at the end every film exists, is verified, and was made once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import pytest

from restore.jobs.record_files import find_record
from restore.store import digest_file
from tests.media.films import make

KILLS = 5
FILMS = 200
JOBS = 4
BROKEN = 8
"""Films that are no films, by turns: empty, a text, a film without its index, one cut off."""

TOOL = "import sys; from restore.cli import main; "
ACTING = (
    sys.executable,
    "-I",
    "-S",
    str(Path(__file__).parent.parent / "jobs" / "batch" / "acting.py"),
)

FileStats = dict[str, tuple[int, int, int]]
Start = Callable[[], subprocess.Popen[str]]


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


def _starter(films: Path, out: Path, program: Sequence[str] = ()) -> Start:
    """Starts `restore batch` as the leader of a group of its own; `program` acts for films' processes."""
    acts = f"from restore.jobs.batch import processes; processes.PROGRAM = {program!r}; "
    words = [sys.executable, "-c", f"{TOOL}{acts if program else ''}sys.exit(main())"]
    words += ["batch", str(films), "--out", str(out), "--codec", "ffv1"]
    words += ["--jobs", str(JOBS), "--json"]
    reported = _reported(out)

    def start() -> subprocess.Popen[str]:
        # a file: nobody reads a pipe while the batch is left alone
        with reported.open("w", encoding="utf-8") as file:
            return subprocess.Popen(
                words, stdout=file, stderr=subprocess.PIPE, text=True, start_new_session=True
            )

    return start


def _reported(out: Path) -> Path:
    """The file with what the last run reported."""
    return out.with_name("reported.ndjson")


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


def _results(out: Path) -> FileStats:
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


def _finish(start: Start, out: Path) -> tuple[int, list[dict[str, Any]], str]:
    complaints = (process := start()).communicate()[1]
    lines = _reported(out).read_text(encoding="utf-8").splitlines()
    return process.returncode, [json.loads(line) for line in lines], complaints


def _through_kills(start: Start, out: Path, good: int, pause: float) -> list[tuple[int, str, int]]:
    """Kill the batch five times; returns seconds, who was killed, and results that stood then."""
    chance = random.Random(20)
    began, before = time.monotonic(), FileStats()
    figures: list[tuple[int, str, int]] = []
    for kill in range(KILLS):
        process = start()
        # the kills spread over the batch, each at a moment of its own
        aim = round(good * (kill + chance.random()) / KILLS)
        while _done(out) < aim and process.poll() is None:
            time.sleep(0.05)
        time.sleep(chance.uniform(0, pause))
        alone = kill % 2 == 1
        _await_end(_kill(process, alone=alone))
        after = _results(out)
        assert before.items() <= after.items(), "a result was made twice"
        figures.append((round(time.monotonic() - began), "parent" if alone else "all", len(after)))
        before = after
    return figures


def _check_end(start: Start, out: Path, good: set[str], broken: set[str]) -> dict[str, Any]:
    """The batch ends complete, twice alike, and leaves nothing but results and reasons."""
    before = _results(out)
    code, _, complaints = _finish(start, out)
    assert code == (7 if broken else 0), complaints
    after = _results(out)
    assert before.items() <= after.items(), "a result was made twice"
    book = _book(out)
    states = {name: entry["state"] for name, entry in book.items()}
    assert {name for name, state in states.items() if state == "done"} == good
    assert {name for name, state in states.items() if state in ("failed", "damaged")} == broken
    assert {book[name]["result"] for name in good} == set(after)

    code, events, _ = _finish(start, out)
    assert code == (7 if broken else 0)
    tried = {e["name"] for e in events if e["event"] == "film" and e["state"] == "running"}
    assert tried == {name for name, state in states.items() if state == "failed"}
    assert _results(out) == after
    left = [path for path in out.rglob("*") if path.name.startswith(".")]
    assert {path.name for path in left} <= {".batch", ".restore"}
    assert not [path for folder in left for path in folder.rglob("*.m*")]
    return book


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_killed_batch_loses_no_film_and_starts_none_twice(tmp_path: Path) -> None:
    """Two hundred films that only act, five kills: what was done is never begun again."""
    films, out = tmp_path / "films", tmp_path / "out"
    names = {f"{number % 7}/{number:03}.mkv" for number in range(FILMS)}
    for name in names:
        (films / name).parent.mkdir(parents=True, exist_ok=True)
        (films / name).write_text("ok", encoding="utf-8")
    start = _starter(films, out, ACTING)
    _through_kills(start, out, len(names), 0.5)
    _check_end(start, out, names, set())


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_a_batch_killed_five_times_ends_complete(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Two hundred real films, eight of them broken, five kills: none lost, none made twice, each verified."""
    films, out = tmp_path / "films", tmp_path / "out"
    frames, broken = _draw_films(films)
    good = set(frames) - broken
    began = time.monotonic()
    start = _starter(films, out)
    record_property("kills", _through_kills(start, out, len(good), 8))
    book = _check_end(start, out, good, broken)
    record_property("seconds", round(time.monotonic() - began))
    for name in good:
        result = out / book[name]["result"]
        record = find_record(result)
        assert record is not None
        assert record.request.source_sha256 == digest_file(films / name)
        assert _frames(result) == frames[name]
