"""Number and size of the frames of many films, read quickly from their headers in a separate process.

If a header crashes the reader, only that film's figures are missing.
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

READER = "import sys; from restore.media.container.headers import serve; serve(int(sys.argv[1]))"
"""The program of the separate process; its argument is the handle of its side of the connection."""


@dataclass(frozen=True, slots=True)
class FilmHeader:
    """`frames` as stated by the container or computed from its duration; width and height in pixels."""

    frames: int
    width: int
    height: int


def read_header(path: Path) -> FilmHeader | None:
    """The figures of one film, or None if its header does not have them."""
    if not is_text(path):
        return None
    if not path.is_file():
        return _of_images(path)
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


def _of_images(path: Path) -> FilmHeader | None:
    """The figures of an image sequence."""
    try:
        if (found := find_sequence(path)) is None:
            return None
        first = stills.read_header(found.file(found.first))
        return FilmHeader(len(found.numbers), first.width, first.height)
    except (SourceError, OSError, ValueError):
        return None


def read_headers(paths: Sequence[Path]) -> Iterator[FilmHeader | None]:
    """The figures of many films, in order; None for a film that crashes or blocks the reader."""
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
    """This side of a new process that reads headers until the connection is closed.

    It is started as a program, not by multiprocessing, which would run the main module of the user once more.
    """
    ours, theirs = Pipe()
    handle = theirs.fileno()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", READER, str(handle)],
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


def serve(handle: int) -> None:
    """Answer each path with its header, until the connection is closed; Ctrl-C does not end it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = Connection(handle)
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked.send(read_header(asked.recv()))
