"""A film's own process: the same program, started for one film, heard line by line, ended in order.

This is the one module beside `media` that starts processes: a film that crashes its process, or fills
its memory, takes nothing else with it.
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
"""This program; -P: a file called like one of Python's modules, where the user stands, is not ours to run."""

LAST_WORDS = 400
"""Letters kept of what a process said on stderr before it crashed."""


class Child:
    """`restore` at work in a process of its own; its events arrive in `heard` as (child, event).

    The last item is (child, None): it said everything, and `wait` gives its exit status. The process
    ends by itself, in order, if this one is gone (see `restore.cli.signals.end_with_parent`).
    """

    def __init__(
        self,
        words: Sequence[str],
        said: Path,
        threads: int,
        heard: queue.Queue[tuple[Child, Event | None]],
    ) -> None:
        """Start it with these words; `said` is a file for its stderr, `threads` its share of processors."""
        self._heard = heard
        self._said = said
        with said.open("wb") as file:
            self._process = _start(words, file.fileno(), threads)
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
        """Ask it to end in order; it keeps its finished parts."""
        with contextlib.suppress(OSError):
            self._process.terminate()

    def end(self, patience: float) -> None:
        """Wait that many seconds for it to end, then end it."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.wait()

    def last_words(self) -> str:
        """The end of what it said on stderr, on one line."""
        with contextlib.suppress(OSError):
            return " ".join(self._said.read_text(errors="replace").split())[-LAST_WORDS:]
        return ""

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with contextlib.suppress(ValueError):  # a library's own words are no event
                    event = json.loads(line)
                    if isinstance(event, dict):
                        self._heard.put((self, event))
        self._heard.put((self, None))


def _start(words: Sequence[str], said: int, threads: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [*PROGRAM, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=_environment(threads),
            # its own group: Ctrl-C at the terminal is for us, who then stop it in order
            process_group=0 if os.name == "posix" else None,
        )
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise RestoreError(f"A film's process cannot be started: {reason}.") from error


def _environment(threads: int) -> Mapping[str, str]:
    """The lifeline, a share of the processors (what the user chose stays), and where restore lies."""
    ours = {"RESTORE_LIFELINE": "1", "OMP_NUM_THREADS": str(threads)} | dict(os.environ)
    home = Path(restore.__file__).parent.parent
    if home.name not in ("site-packages", "dist-packages"):  # a checkout, not an installation
        others = os.environ.get("PYTHONPATH")
        ours["PYTHONPATH"] = f"{home}{os.pathsep}{others}" if others else str(home)
    return ours


def fair_share(jobs: int) -> int:
    """Threads for each of so many processes, by the processors that this one may use."""
    usable = getattr(os, "sched_getaffinity", None)
    processors = len(usable(0)) if usable else os.cpu_count() or 1
    return max(1, processors // jobs)
