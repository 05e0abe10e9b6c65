"""The ffmpeg program and its processes: find it, build its words, start it, keep what it says."""

from __future__ import annotations

import collections
import contextlib
import errno
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, cast

import ffmpeg

from restore.errors import OutputError, RestoreError, UsageError
from restore.media.images.sequence import ImageSequence, opening
from restore.media.names import PROTOCOLS, SEQUENCE, as_input
from restore.store import writing_failed

_FIRST_LINES = 100
_LAST_LINES = 200
"""How much of what a process says is kept: the beginning and the end (the whole may be huge)."""

_PIPE_BYTES = 1 << 20
"""Room in a pipe: the largest that Linux grants without privileges; a picture or two of SD."""

_EMPTY_WORDS = re.compile(
    "Conversion failed|Terminating thread|Task finished|Nothing was written|before EOF|"
    "Error sending frames|Error while opening encoder|Svt.info|Svt.warn|Last message repeated"
)

_QUIET = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "error")

_LEVELED = "level+info"
_LEVEL = re.compile(r"\[(panic|fatal|error|warning|info)\] ")
"""What stands before each line of a log with levels, behind the name of the part that speaks."""

_CHANGED = "Reconfiguring filter graph because "
"""How ffmpeg tells that pictures within a film have another size or format, as no complaint."""

Options = Mapping[str, str | int | None]
"""Options of one input or output; None marks one that takes no value."""


def executable() -> str:
    """The ffmpeg to run: RESTORE_FFMPEG if set, else the one embedded by imageio-ffmpeg.

    Raises UsageError if RESTORE_FFMPEG names no program, RestoreError if there is no ffmpeg at all.
    """
    if chosen := os.environ.get("RESTORE_FFMPEG"):
        if found := shutil.which(chosen):
            return found
        raise UsageError(
            "RESTORE_FFMPEG names no program that can be run.",
            chosen,
            "Unset it to use the embedded ffmpeg, or give it the path of one.",
            code="ffmpeg-not-executable",
        )
    import imageio_ffmpeg

    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise RestoreError(
            "No ffmpeg was found.",
            "imageio-ffmpeg carries none for this system",
            "Install ffmpeg, or set RESTORE_FFMPEG to its path.",
            code="ffmpeg-missing",
        ) from error


def reading(path: Path, demuxer: str) -> dict[str, str | int | None]:
    """Input options shared by everything that reads a film, with its name under `filename`."""
    return {"filename": as_input(path), "format": demuxer, "protocol_whitelist": PROTOCOLS}


def reading_sequence(
    found: ImageSequence, first: int, rate: Fraction
) -> dict[str, str | int | None]:
    """The same for an image sequence, from one image on, each shown for 1 / `rate` seconds."""
    shared = {"filename": found.url, "format": SEQUENCE, "protocol_whitelist": PROTOCOLS}
    return {**shared, **opening(found, first, rate)}


def command(
    source: Options,
    target: Options,
    streams: str = "0",
    filters: str = "",
    also: Options | None = None,
) -> list[str]:
    """What ffmpeg is told for one input and one output (built by ffmpeg-python), without its name.

    `source` and `target` are the options of each, their names under `filename`; `streams` selects
    what is mapped, `filters` is a plain chain for it. `also` is a further output of the same streams, as
    they are.
    """
    graph = cast(Any, ffmpeg)
    reader = graph.input(**source)
    writer = dict(target)
    if filters:
        writer["vf"] = filters
    node = graph.output(reader[streams], **writer)
    if also is not None:
        node = graph.merge_outputs(node, graph.output(reader[streams], **also))
    return [*_QUIET, *node.get_args(overwrite_output=True)]


class FfmpegProcess:
    """A running ffmpeg whose stderr is drained, so that it never blocks on what it says."""

    def __init__(self, arguments: Sequence[str], *, feed: bool = False) -> None:
        """Start ffmpeg with these words; `feed` gives us its standard input, else its output."""
        self._leveled = _LEVELED in arguments
        self._first: list[str] = []
        self._last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        self._process = _start([executable(), *arguments], feed)
        self._drain = threading.Thread(target=self._listen, name="ffmpeg stderr", daemon=True)
        self._drain.start()
        _widen(self.pipe)

    @property
    def pipe(self) -> IO[bytes]:
        """Our end: what it reads (`feed`) or what it writes."""
        pipe = self._process.stdin or self._process.stdout
        assert pipe is not None
        return pipe

    @property
    def pid(self) -> int:
        """The system's number of the process."""
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status once it ended and everything it said was read; closes our end."""
        self._close()
        status = self._process.wait(timeout)
        self._finish_listening()
        return status

    def stop(self) -> None:
        """End it now, whatever it is doing. Safe to call again."""
        if self._process.poll() is None:
            self._process.kill()
        self._close()
        self._process.wait()
        self._finish_listening()

    def messages(self) -> tuple[str, ...]:
        """What it said so far, a line each; the middle of very long talk is left out."""
        return (*self._first, *self._last)

    def _listen(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        for raw in pipe:
            line = plain(raw.decode("utf-8", "replace"))
            if line := heard(line) if self._leveled else line:
                kept = self._first if len(self._first) < _FIRST_LINES else self._last
                kept.append(line)

    def _finish_listening(self) -> None:
        self._drain.join(timeout=10)
        if self._process.stderr is not None and not self._drain.is_alive():
            self._process.stderr.close()

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # closing flushes: the other end may be gone already
            self.pipe.close()


def _start(arguments: list[str], feed: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if feed else subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"SVT_LOG": "1"},  # SVT-AV1: errors only
            # its own group: Ctrl-C at the terminal is for us, who then end it in order
            process_group=0 if os.name == "posix" else None,
        )
    except OSError as error:
        raise RestoreError(
            f"ffmpeg cannot be started: {os.strerror(error.errno or 0)}.",
            arguments[0],
            "Reinstall imageio-ffmpeg, or set RESTORE_FFMPEG to a working ffmpeg.",
            code="ffmpeg-not-started",
        ) from error


def _widen(pipe: IO[bytes]) -> None:
    """Let whole pictures through at once where the system can (Linux)."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def plain(line: str) -> str:
    """A line of ffmpeg's log without memory addresses, which differ from run to run."""
    return re.sub(r"\[([^\]@]+?) @ 0x[0-9a-f]+\]", r"[\1]", line).strip()


def attentive(words: Sequence[str]) -> list[str]:
    """What `command` gave, but ffmpeg also tells when pictures within a film change (see `told_changes`)."""
    return [*_QUIET[:-1], _LEVELED, *words[len(_QUIET) :]]


def heard(line: str) -> str:
    """A line of a log with levels, without its level, if it complains or tells a change; else nothing.

    Lines without a level are the rest of a film's tags of several lines.
    """
    level = _LEVEL.search(line)
    if level is None:
        return ""
    wanted = level[1] not in ("warning", "info") or _CHANGED in line
    return line.replace(level[0], "", 1) if wanted else ""


def told_changes(messages: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What pictures within a film change to, in ffmpeg's words, and all other messages."""
    told = [line.partition(_CHANGED)[2] for line in messages if _CHANGED in line]
    changes = [re.sub(r".*changed to |, unspecified alpha", "", line) for line in told]
    return tuple(dict.fromkeys(changes)), tuple(m for m in messages if _CHANGED not in m)


def telling(messages: Sequence[str]) -> list[str]:
    """The messages that say something: ffmpeg's own summing up and encoders' chat left out."""
    found = [line for line in messages if not _EMPTY_WORDS.search(line)]
    return found or list(messages) or ["it said nothing"]


def encoding_failed(target: Path, messages: Sequence[str], status: int | None) -> RestoreError:
    """Why an encoding process ended badly, in the user's words."""
    text = "\n".join(messages)
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO):
        if os.strerror(number) in text:
            return writing_failed(target, OSError(number, os.strerror(number)))
    how = f"signal {-status}" if status is not None and status < 0 else f"status {status}"
    return OutputError(
        f"ffmpeg stopped while encoding ({how}): {telling(messages)[0]}",
        str(target),
        "Run the same command again: finished parts are kept. If it fails again, try --codec h264.",
        code="encoder-failed",
    )
