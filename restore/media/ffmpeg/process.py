"""The ffmpeg program and its processes: locate it, build its arguments, start it, keep its messages."""

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
"""Number of lines of a process's messages that are kept at the beginning and at the end."""

_PIPE_BYTES = 1 << 20
"""Size of a pipe: the largest that Linux allows without privileges; one or two SD frames."""

_UNINFORMATIVE = re.compile(
    "Conversion failed|Terminating thread|Task finished|Nothing was written|before EOF|"
    "Error sending frames|Error while opening encoder|Svt.info|Svt.warn|Last message repeated"
)

QUIET = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "error")
"""Arguments of every ffmpeg: it logs errors only."""

_LEVELED = "level+info"
_LEVEL = re.compile(r"\[(panic|fatal|error|warning|info)\] ")
"""The level in each line of a log with levels, after the name of the component."""

_CHANGED = "Reconfiguring filter graph because "
"""ffmpeg's message that the size or format of frames changes within a film; it is not an error."""

Options = Mapping[str, str | int | None]
"""Options of one input or output; the value None is for options without a value."""


def executable() -> str:
    """The ffmpeg to run: RESTORE_FFMPEG if set, else the one embedded by imageio-ffmpeg.

    Raises UsageError if RESTORE_FFMPEG names no program, RestoreError if there is no ffmpeg at all.
    """
    if chosen := os.environ.get("RESTORE_FFMPEG"):
        if found := shutil.which(chosen):
            return found
        raise UsageError(
            "RESTORE_FFMPEG is not a program that can be run.",
            chosen,
            "Unset it to use the embedded ffmpeg, or set it to the path of an ffmpeg.",
            code="ffmpeg-not-executable",
        )
    import imageio_ffmpeg

    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise RestoreError(
            "No ffmpeg was found.",
            "imageio-ffmpeg has none for this system",
            "Install ffmpeg, or set RESTORE_FFMPEG to its path.",
            code="ffmpeg-missing",
        ) from error


def input_options(path: Path, demuxer: str) -> dict[str, str | int | None]:
    """Input options for reading a film, with its name under `filename`."""
    return {"filename": as_input(path), "format": demuxer, "protocol_whitelist": PROTOCOLS}


def sequence_input_options(
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
    """Build ffmpeg's arguments for one input and one output (with ffmpeg-python), without the program.

    `source` and `target` are the options of input and output, their names under `filename`; `streams`
    selects the streams that are mapped, `filters` is a chain of filters for them. `also` is a second output
    of the same streams without filters.
    """
    graph = cast(Any, ffmpeg)
    reader = graph.input(**source)
    writer = dict(target)
    if filters:
        writer["vf"] = filters
    node = graph.output(reader[streams], **writer)
    if also is not None:
        node = graph.merge_outputs(node, graph.output(reader[streams], **also))
    return [*QUIET, *node.get_args(overwrite_output=True)]


class FfmpegProcess:
    """A running ffmpeg; a thread reads its messages, so that it never blocks on them."""

    def __init__(self, arguments: Sequence[str], *, feed: bool = False) -> None:
        """Start ffmpeg with these arguments; `feed` opens its standard input, otherwise its output."""
        self._leveled = _LEVELED in arguments
        self._first: list[str] = []
        self._last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        self._process = _start([executable(), *arguments], feed)
        self._drain = threading.Thread(target=self._listen, name="ffmpeg stderr", daemon=True)
        self._drain.start()
        _widen(self.pipe)

    @property
    def pipe(self) -> IO[bytes]:
        """Our end of the pipe: its standard input (`feed`) or its output."""
        pipe = self._process.stdin or self._process.stdout
        assert pipe is not None
        return pipe

    @property
    def pid(self) -> int:
        """The process ID."""
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit status; closes our end and reads all its messages."""
        self._close()
        status = self._process.wait(timeout)
        self._finish_listening()
        return status

    def stop(self) -> None:
        """Kill it. May be called again."""
        if self._process.poll() is None:
            self._process.kill()
        self._close()
        self._process.wait()
        self._finish_listening()

    def messages(self) -> tuple[str, ...]:
        """Its messages so far, a line each; of very many the middle is left out."""
        return (*self._first, *self._last)

    def _listen(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        for raw in pipe:
            line = without_addresses(raw.decode("utf-8", "replace"))
            if line := wanted_line(line) if self._leveled else line:
                kept = self._first if len(self._first) < _FIRST_LINES else self._last
                kept.append(line)

    def _finish_listening(self) -> None:
        self._drain.join(timeout=10)
        if self._process.stderr is not None and not self._drain.is_alive():
            self._process.stderr.close()

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # closing flushes; the other end may already be closed
            self.pipe.close()


def _start(arguments: list[str], feed: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if feed else subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"SVT_LOG": "1"},  # SVT-AV1: errors only
            # its own group: Ctrl-C at the terminal is handled by us
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
    """Enlarge the pipe to whole frames where the system supports it (Linux)."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def without_addresses(line: str) -> str:
    """Remove memory addresses from a line of ffmpeg's log; they differ from run to run."""
    return re.sub(r"\[([^\]@]+?) @ 0x[0-9a-f]+\]", r"[\1]", line).strip()


def with_change_messages(arguments: Sequence[str]) -> list[str]:
    """Arguments of `command`, changed so that ffmpeg also reports format changes (see `split_changes`)."""
    return [*QUIET[:-1], _LEVELED, *arguments[len(QUIET) :]]


def wanted_line(line: str) -> str:
    """A line of a log with levels, without its level, if it is an error or a format change; otherwise "".

    Lines without a level are continuations of tags with several lines.
    """
    level = _LEVEL.search(line)
    if level is None:
        return ""
    wanted = level[1] not in ("warning", "info") or _CHANGED in line
    return line.replace(level[0], "", 1) if wanted else ""


def split_changes(messages: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Separate the formats that frames change to, as ffmpeg describes them, from the other messages."""
    formats = [line.partition(_CHANGED)[2] for line in messages if _CHANGED in line]
    changes = [re.sub(r".*changed to |, unspecified alpha", "", line) for line in formats]
    return tuple(dict.fromkeys(changes)), tuple(m for m in messages if _CHANGED not in m)


def informative_messages(messages: Sequence[str]) -> list[str]:
    """The informative messages: without ffmpeg's closing lines and the information lines of encoders."""
    found = [line for line in messages if not _UNINFORMATIVE.search(line)]
    return found or list(messages) or ["no message"]


def encoding_failed(target: Path, messages: Sequence[str], status: int | None) -> RestoreError:
    """The error for an encoding process that failed."""
    text = "\n".join(messages)
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO):
        if os.strerror(number) in text:
            return writing_failed(target, OSError(number, os.strerror(number)))
    how = f"signal {-status}" if status is not None and status < 0 else f"status {status}"
    return OutputError(
        f"ffmpeg stopped while encoding ({how}): {informative_messages(messages)[0]}",
        str(target),
        "Run the same command again: finished parts are kept. If it fails again, try --codec h264.",
        code="encoder-failed",
    )
