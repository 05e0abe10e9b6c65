"""The facts of many films by their headers, quickly: number and size of frames, read in another process.

A header that crashes the reader costs that film's figures, not the program.
"""

from __future__ import annotations

import collections
import contextlib
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import av.error

from restore.errors import SourceError
from restore.media.images import header as stills
from restore.media.images.sequence import find_sequence
from restore.media.names import is_text, open_input

TIMEOUT = 10.0
"""Seconds that opening a film may take."""


@dataclass(frozen=True, slots=True)
class FilmHeader:
    """`frames` as the container states or its duration leads to expect; width and height in pixels."""

    frames: int
    width: int
    height: int


def read_header(path: Path) -> FilmHeader | None:
    """The figures of one film, or None where its header does not have them."""
    if not is_text(path):
        return None
    if not path.is_file():
        return _of_pictures(path)
    try:
        with open_input(path, timeout=TIMEOUT) as container:
            stream = next(iter(container.streams.video), None)
            if stream is None:
                return None
            rate, length = stream.average_rate, container.duration
            expected = float(rate) * length / 1_000_000 if rate and length else 0
            frames = stream.frames or round(expected)
            return FilmHeader(frames, stream.width, stream.height) if frames > 0 else None
    except (av.error.FFmpegError, OSError, ValueError):
        return None


def _of_pictures(path: Path) -> FilmHeader | None:
    """The figures of an image sequence."""
    try:
        if (found := find_sequence(path)) is None:
            return None
        first = stills.read_header(found.file(found.first))
        return FilmHeader(len(found.numbers), first.width, first.height)
    except (SourceError, OSError, ValueError):
        return None


def read_headers(paths: Sequence[Path]) -> Iterator[FilmHeader | None]:
    """The figures of many films, in order; None for one that crashes the reader or holds it up."""
    left = collections.deque(paths)
    while left:
        with _reader() as reader:
            try:
                while left:
                    reader.send(left[0])
                    found = reader.recv() if reader.poll(2 * TIMEOUT) else _empty_header()
                    left.popleft()
                    yield found
            except (EOFError, OSError):
                left.popleft()
                yield None


def _empty_header() -> FilmHeader:
    raise EOFError


@contextlib.contextmanager
def _reader() -> Generator[Connection]:
    """Our end of a process, started afresh, that reads headers until this end is closed.

    It is started as a program, not by multiprocessing, which would run the main module of the user once more.
    """
    ours, theirs = Pipe()
    handle = theirs.fileno()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM.format(path=_import_path(), **READER), str(handle)],
        stdin=subprocess.DEVNULL,
        pass_fds=(handle,),
    )
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.kill()
        process.wait()


READER = {"module": __name__, "function": "serve"}
"""What the process runs: a function that takes the other end of the connection."""

_PROGRAM = """
import sys
sys.path[:] = {path}
from multiprocessing.connection import Connection
from {module} import {function}
{function}(Connection(int(sys.argv[1])))
"""


def _import_path() -> list[str]:
    """Where this process finds modules; entries that depend on the current folder are left out."""
    return [entry for entry in sys.path if Path(entry).is_absolute()]


def serve(asked: Connection) -> None:
    """Answer with the header of each path; Ctrl-C is the other end's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked.send(read_header(asked.recv()))
