"""The containers of results as ffmpeg's muxers write them, with this program's settings."""

from __future__ import annotations

import errno
import itertools
import os
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import OutputContainer

from restore.errors import OutputError, UsageError
from restore.media.container.copies import TIMECODE
from restore.media.names import open_input, open_output
from restore.store import writing_failed
from restore.timing import FrameTable

MUXERS = {".mkv": "matroska", ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mxf": "mxf"}
"""The suffixes a result may have, with ffmpeg's muxer for each."""

_MKV_UNIT = Fraction(1, 1000)

_MOVIE_CLOCK = 10_000
"""The least number of ticks per second of an MP4's movie clock (and of its tracks' clocks)."""


def muxer_for(target: Path) -> str:
    """The muxer for a result's name; raises UsageError for a suffix that is not supported."""
    muxer = MUXERS.get(target.suffix.lower())
    if muxer is None:
        known = ", ".join(MUXERS)
        raise UsageError(
            f"A result cannot be written as {target.suffix or 'a file without suffix'}.",
            str(target),
            f"Choose a name that ends in one of {known}, for instance -o {target.stem}.mkv",
            code="container-unknown",
        )
    return muxer


def create(
    target: Path, unit: Fraction = Fraction(1, 1000), *, any_tags: bool = False
) -> OutputContainer:
    """An output container by the target's suffix, with this program's muxer settings.

    `unit` is the film's time base: MP4 stores the start of each stream in units of the movie clock, so this
    clock must be fine enough. `any_tags` makes MP4 and QuickTime store tags under any name, in a form that
    fewer players show.
    """
    muxer = muxer_for(target)
    # negative PTS (sound that starts before the film) are stored as they are, not shifted
    options = {"avoid_negative_ts": "disabled"}
    if muxer == "mxf":
        options = {
            "strict": "unofficial"
        }  # no broadcast standard has the rates of old films (16, 18)
    elif muxer != "matroska":
        scale = unit.denominator
        while scale < _MOVIE_CLOCK:
            scale *= 2
        options["movie_timescale"] = str(scale)
        if any_tags:
            options["movflags"] = "use_metadata_tags"
    return open_output(target, muxer, options)


def needs_any_tags(target: Path, tags: Mapping[str, str]) -> bool:
    """Whether a container like the target loses some of these tags in its usual form.

    Tested with a file without stream data, because it depends on the muxer.
    """
    if muxer_for(target) not in ("mp4", "mov") or not tags:
        return False
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        trial = Path(folder) / f"probe{target.suffix}"
        with create(trial) as output:
            film: Any = output.add_mux_stream("h264", width=16, height=16)
            film.time_base = Fraction(1, 25)
            output.metadata.update(tags)
            output.start_encoding()
        with open_input(trial) as back:
            kept = {name.lower() for name in back.metadata}
    return any(
        name.lower() not in kept | {TIMECODE} for name in tags
    )  # the timecode has a separate track


def too_close(frames: FrameTable) -> int | None:
    """The first frame that has the same time as the next one in Matroska, which counts milliseconds."""
    ticks = [round(pts * frames.time_base / _MKV_UNIT) for pts in frames.pts]
    return next((index for index, (a, b) in enumerate(itertools.pairwise(ticks)) if a >= b), None)


def write_error(target: Path, error: Exception) -> OutputError:
    """A muxer's or the system's error, as an error for the user."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in errno.errorcode:
        return writing_failed(target, OSError(number, os.strerror(number)))
    other = ".mov" if target.suffix.lower() == ".mkv" else ".mkv"
    return OutputError(
        f"The result cannot be joined: {error}",
        str(target),
        f"Try another container: -o with a name that ends in {other} (finished parts are kept).",
        code="join-failed",
    )
