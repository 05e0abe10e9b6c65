"""The tool in a process of its own, films to feed it, and a look at what it leaves behind."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import av
import numpy as np

from restore.cli.app import main
from restore.media.ffmpeg.process import executable

FRAMES = 220
"""Frames of the film that most faults befall: three segments."""


@dataclass(frozen=True)
class Answer:
    """What a run of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of a run with --json; a killed one's last may be torn."""
        lines = self.out.splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def parts(self, event: str) -> set[str]:
        """The parts that were `reused`, or made (`partdone`)."""
        return {each["part"] for each in self.events if each["event"] == event}


def restore(
    *words: object, timeout: float = 600, settings: Mapping[str, str] | None = None
) -> Answer:
    """`restore WORDS...`, with these environment variables in addition."""
    return ended(started(*words, settings=settings), timeout)


def with_records(*results: str) -> set[str]:
    """The names of results and of the files with messages next to them."""
    return {name + end for name in results for end in ("", ".restore.json", ".restore.html")}


@dataclass(frozen=True)
class Run:
    """A running `restore` and the files that it writes its words to."""

    process: BaseProcess
    out: Path
    err: Path

    def kill(self) -> bool:
        """SIGKILL; whether it was still running."""
        self.process.kill()
        self.process.join()
        return self.process.exitcode == -signal.SIGKILL

    def wait_for(self, event: str, timeout: float = 120) -> bool:
        """Wait until the run (with --json) reports this event; False if it ended without it."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            alive = self.process.is_alive()
            if f'"event": "{event}"' in self.out.read_text():
                return True
            if not alive:
                return False
            time.sleep(0.01)
        raise TimeoutError(event)


def started(*words: object, settings: Mapping[str, str] | None = None) -> Run:
    """`restore WORDS...`, running: a process forked from one that has imported everything already.

    That saves the seconds of importing torch for each of some hundred runs.
    """
    folder = Path(tempfile.mkdtemp(prefix="restore-words-"))
    out, err = folder / "out", folder / "err"
    for path in (out, err):  # a run may be killed before it opens them
        path.touch()
    reported = [str(word) for word in words]
    process = FORKS.Process(target=_main, args=(reported, dict(settings or {}), out, err))
    process.start()
    return Run(process, out, err)


def ended(run: Run, timeout: float = 600) -> Answer:
    """What a running one gave in the end."""
    run.process.join(timeout)
    if run.process.exitcode is None:
        run.kill()
        raise TimeoutError(f"still running after {timeout} s: {run.err.read_text()}")
    return Answer(run.process.exitcode, run.out.read_text(), run.err.read_text())


def _main(words: list[str], settings: dict[str, str], out: Path, err: Path) -> None:
    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), stream)
    os.environ.update(settings)
    sys.argv = ["restore", *words]
    sys.exit(main())


FORKS = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
"""Runs are forked from a process of their own, which holds nothing of the tests."""
FORKS.set_forkserver_preload(
    [
        "cv2",
        "restore.audit",
        "restore.jobs.verify",
        "restore.media.ffmpeg.decode",
        "restore.media.container.join",
        "restore.jobs.restore_film",
        "restore.treatments.catalog",
        "tests.faults.tool",
        "torch",
    ]
)


def ffmpeg(*words: object) -> None:
    """Make a film with the embedded ffmpeg."""
    subprocess.run([executable(), "-v", "error", "-y", *map(str, words)], check=True)


def draw(path: Path, *words: object, frames: int = FRAMES, size: str = "64x48") -> Path:
    """A film of a moving test picture, coded as `words` say."""
    source = f"testsrc2=size={size}:rate=24"
    ffmpeg("-f", "lavfi", "-i", source, "-frames:v", frames, "-pix_fmt", "yuv420p", *words, path)
    return path


def check_refused(answer: Answer, code: int, *parts: str) -> None:
    """The exit code, at most three lines on stderr, all the words that matter, no traceback."""
    assert answer.code == code, answer.err
    assert 1 <= len(answer.err.strip().splitlines()) <= 3, answer.err
    for part in parts:
        assert part.lower() in answer.err.lower(), answer.err
    assert "Traceback" not in answer.err


def pictures(path: Path) -> list[str]:
    """A digest of every frame of a film, as PyAV decodes it."""
    with av.open(str(path)) as film:
        return [
            hashlib.sha256(np.ascontiguousarray(frame.to_ndarray()).tobytes()).hexdigest()
            for frame in film.decode(video=0)
        ]


def reborn(folder: Path, copy: Path) -> Path:
    """A finished job as if it had been killed before its parts were joined; its result's coming name.

    `folder` holds `out.mkv` of a run with --keep-work.
    """
    shutil.copytree(folder, copy)
    for path in copy.glob("out.mkv*"):
        path.unlink()
    return copy / "out.mkv"


def parts_folder(output: Path) -> Path:
    """Where the one job of this result keeps its parts."""
    (parts,) = output.parent.glob(".restore/*/parts")
    return parts


def strays(folder: Path) -> list[str]:
    """Command lines of ffmpeg processes that still work on files of this folder (Linux)."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and "-hide_banner" in line:
            found.append(line)
    return found


def dying_ffmpeg(folder: Path, which: str, death: str, after: int, times: int = 1) -> Path:
    """A stand-in for ffmpeg that fails the first `times` times it does a certain job.

    `which`  "probe" (decodes the first picture), "survey" (small ones), "decoder" (whole ones) or
             "encoder"
    `death`  the shell's words for its end, once `after` bytes went through: "kill -9 $$", "exit 0"
    """
    pattern = {
        "probe": "*showinfo*",
        "survey": "*scale=*pipe:1*",
        "decoder": "*pipe:1*",
        "encoder": "*pipe:0*unfinished-*",
    }[which]
    count, real = shlex.quote(str(folder / "times")), shlex.quote(executable())
    spared = '*scale=*pipe:1*|*showinfo*) exec $real "$@" ;;' if which == "decoder" else ""
    through = (
        f'head -c {after} | $real "$@"'
        if which == "encoder"
        else f'$real "$@" 2>/dev/null | head -c {after}'
    )
    script = folder / "ffmpeg.sh"
    script.write_text(
        f"""#!/bin/sh
real={real}
case "$*" in
{spared}
{pattern})
  if [ "$(cat {count} 2>/dev/null | wc -c)" -lt {times} ]; then
    printf x >> {count}
    {through}
    {death}
  fi ;;
esac
exec $real "$@"
"""
    )
    script.chmod(0o755)
    return script
