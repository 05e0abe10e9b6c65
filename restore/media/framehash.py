"""The MD5 of every decoded frame of a film, as ffmpeg's framemd5 (an archive's habit) gives it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from restore.errors import AuditError
from restore.media.names import open_input
from restore.media.probe import choose_film
from restore.media.process import FfmpegProcess, command, reading


def hash_arguments(path: Path, demuxer: str, stream: int) -> list[str]:
    """What ffmpeg is told: decode the film's stream, and write a line with an MD5 for each frame."""
    reader = reading(path, demuxer) | {"noautorotate": None}
    writer: dict[str, str | int | None] = {
        "filename": "pipe:1",
        "format": "framemd5",
        "fps_mode": "passthrough",
    }
    return command(reader, writer, str(stream))


@contextmanager
def hashing(path: Path) -> Generator[Callable[[], tuple[str, ...]]]:
    """Decode a result of ours beside other work; the process ends with the block.

    What it yields waits for the MD5s (32 hexadecimal digits) of all frames' decoded samples, in order,
    and raises AuditError where the film does not decode to its end.
    """
    with open_input(path) as container:
        film, demuxer = choose_film(container), container.format.name.split(",")[0]
        stream = 0 if film is None else film.index
    process = FfmpegProcess(hash_arguments(path, demuxer, stream))
    with ThreadPoolExecutor(max_workers=1) as beside:
        told = beside.submit(_digests, process)

        def digests() -> tuple[str, ...]:
            found = told.result()
            if process.wait() != 0 or process.messages():
                said = "; ".join(process.messages()[:3])
                raise AuditError("The result cannot be decoded to its end.", str(path), said)
            return found

        try:
            yield digests
        finally:
            process.stop()


def _digests(process: FfmpegProcess) -> tuple[str, ...]:
    """The last column of every line that is no comment."""
    lines = (line.decode("ascii", "replace") for line in process.pipe)
    return tuple(line.rsplit(",", 1)[-1].strip() for line in lines if line[0] != "#")
