"""The process of one film: this program as a child process, its events line by line, and its end.

Outside `media` this is the only module that starts processes: a film that crashes its process, or needs too
much memory, does not affect the others.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import restore
from restore.errors import RestoreError

Event = dict[str, Any]
"""One line of `--json` (docs/run.md)."""

PROGRAM = (sys.executable, "-P", "-m", "restore")
"""This program; -P: files in the current folder that are named like Python's modules are not imported."""

STDERR_TAIL = 400
"""Number of characters of a crashed process's stderr that are kept."""


class Child:
    """`restore` in a child process; its events are put into `events` as (child, event).

    The last item is (child, None): the process has ended, and `wait` gives its exit status. It stops by
    itself if this process has ended (see `restore.cli.signals.end_with_parent`).
    """

    def __init__(
        self,
        arguments: Sequence[str],
        stderr: Path,
        threads: int,
        events: queue.Queue[tuple[Child, Event | None]],
    ) -> None:
        """Start it with these arguments; `stderr` is a file, `threads` its share of the processors."""
        self._events = events
        self._stderr = stderr
        with stderr.open("wb") as file:
            self._process = _start(arguments, file.fileno(), threads)
        threading.Thread(target=self._listen, name="child", daemon=True).start()

    @property
    def pid(self) -> int:
        """The system's number of the process."""
        return self._process.pid

    def wait(self) -> int:
        """Its exit status; negative for the signal that ended it."""
        status = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return status

    def stop(self) -> None:
        """Signal it to stop; its finished parts are kept."""
        with contextlib.suppress(OSError):
            self._process.terminate()

    def end(self, patience: float) -> None:
        """Wait that many seconds for it to end, then end it."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.wait()

    def stderr_tail(self) -> str:
        """The end of its stderr, on one line."""
        with contextlib.suppress(OSError):
            return " ".join(self._stderr.read_text(errors="replace").split())[-STDERR_TAIL:]
        return ""

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with contextlib.suppress(ValueError):  # output of a library is not an event
                    event = json.loads(line)
                    if isinstance(event, dict):
                        self._events.put((self, event))
        self._events.put((self, None))


def _start(arguments: Sequence[str], stderr: int, threads: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=_environment(threads),
            # its own group: Ctrl-C at the terminal reaches this process, which then stops it
            process_group=0 if os.name == "posix" else None,
        )
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        what = f"A film's process cannot be started: {reason}."
        raise RestoreError(what, code="process-not-started") from error


def _environment(threads: int) -> Mapping[str, str]:
    """The environment: the pipe to this process, its threads (unless the user set them), restore's folder."""
    ours = {"RESTORE_LIFELINE": "1", "OMP_NUM_THREADS": str(threads)} | dict(os.environ)
    home = Path(restore.__file__).parent.parent
    if home.name not in ("site-packages", "dist-packages"):  # a checkout, not an installation
        others = os.environ.get("PYTHONPATH")
        ours["PYTHONPATH"] = f"{home}{os.pathsep}{others}" if others else str(home)
    return ours


def fair_share(jobs: int) -> int:
    """Threads for each of this number of processes, by the processors that this one may use."""
    usable = getattr(os, "sched_getaffinity", None)
    processors = len(usable(0)) if usable else os.cpu_count() or 1
    return max(1, processors // jobs)
