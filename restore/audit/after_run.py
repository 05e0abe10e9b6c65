"""A result against its source, its survey and its plan, as the end of every run proves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from restore.audit.check import Audit, Check
from restore.audit.frame_times import check_count, check_duration, check_parts, check_times
from restore.audit.order import FrameOrder, check_order, compare_order
from restore.audit.other_streams import compare_beside
from restore.audit.signal import compare_picture
from restore.audit.stabilized import held_still
from restore.errors import AuditError
from restore.media.container.probe import probe
from restore.media.container.readback import read_thumbnails, thumbnail_matrix
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.plan import Moves
from restore.survey import survey as surveys
from restore.survey.findings import Survey
from restore.timing import FrameTable, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Expected:
    """What the result must be.

    frames  the survey's frames that went in
    parts   the frames of each part by its receipt, in the order they were joined; None where no
            receipts are known
    video   the planned size, aspect and tags
    trim    seconds of the source's clock that the film was cut out of, None for all of it; a cut film
            starts at 0
    allowed the kinds of losses that were allowed (media/container/losses.py)
    moves   what was decided for the shots that are held still
    """

    frames: Span
    parts: tuple[Span, ...] | None
    video: VideoFormat
    trim: tuple[Fraction, Fraction] | None = None
    allowed: tuple[str, ...] = ()
    moves: Moves = ()


def audit(
    source: Source,
    survey: Survey,
    thumbnails: Path,
    result: Path,
    expected: Expected,
    hashes: Path | None = None,
) -> Audit:
    """Read the result back and compare it with its source, its survey and the plan.

    The one decode of all its frames also writes their MD5s to `hashes` (media/ffmpeg/framemd5.py).
    Memory does not grow with the film but for the stamps. Raises SourceError where a file is no film.
    """
    found = probe(result)
    frames = shown(survey.frames.part(expected.frames), expected)
    pictures = shown_pictures(source, survey, thumbnails, expected)
    seen: list[Fraction] = []
    try:
        thumbs = read_thumbnails(result, thumbnail_matrix(source), hashes)
        order = compare_order(pictures, recorded(thumbs, seen))
        decoded = Check("decodes", True, "to its end")
    except AuditError as error:
        order = FrameOrder(0, (), ())
        decoded = Check("decodes", False, " ".join(str(error).split("\n")))
    tick = found.frames.time_base
    whole = survey.frames.part(expected.frames)
    return Audit(
        (
            decoded,
            check_count(len(frames), len(seen)),
            *_check_parts(expected),
            check_order(order, len(frames), receipts=expected.parts is not None),
            check_times(frames, seen, tick),
            check_duration(frames, found.frames, tick),
            *compare_picture(source, expected.video, found),
            *compare_beside(source, found, whole, expected.allowed, expected.trim),
        )
    )


def _check_parts(expected: Expected) -> tuple[Check, ...]:
    parts = expected.parts
    return () if parts is None else (check_parts(expected.frames, parts),)


def shown_pictures(
    source: Source, survey: Survey, thumbnails: Path, expected: Expected
) -> NDArray[np.uint8]:
    """The survey's thumbnails [N, 32, 32] as the result must show them."""
    pictures = held_still(
        source, survey.frames, surveys.read_thumbnails(thumbnails), expected.moves
    )
    return pictures[expected.frames.start : expected.frames.stop]


def recorded(
    frames: Iterator[tuple[Fraction, NDArray[np.uint8]]], seen: list[Fraction]
) -> Iterator[NDArray[np.uint8]]:
    """The thumbnails, while their moments are noted."""
    for seconds, thumbnail in frames:
        seen.append(seconds)
        yield thumbnail


def shown(frames: FrameTable, expected: Expected) -> FrameTable:
    """The frames as the result must show them: a trimmed film starts at 0."""
    if expected.trim is None:
        return frames
    return replace(frames, pts=tuple(pts - frames.pts[0] for pts in frames.pts))
