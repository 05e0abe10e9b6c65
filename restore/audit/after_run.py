"""The audit at the end of every run: a result is compared with its source, its survey and its plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from restore.audit.check import AuditReport, Check
from restore.audit.container_facts import check_container_facts
from restore.audit.expected_frames import expected_frames
from restore.audit.frame_times import check_count, check_duration, check_parts, check_times
from restore.audit.order import FrameOrder, check_order, compare_order
from restore.audit.other_streams import compare_other_streams
from restore.audit.signal import compare_picture
from restore.errors import AuditError
from restore.framemap import FrameMap
from restore.media.container.join import on_result_clock
from restore.media.container.probe import probe
from restore.media.container.readback import read_thumbnails, thumbnail_matrix
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.plan import Moves
from restore.survey.findings import Survey
from restore.timing import FrameTable, Span
from restore.treatments.borders.insets import Insets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected properties of the result.

    frame_map  the source frames of each frame, and its PTS
    parts   the frames of each part by its receipt, in the order they were joined; None where no
            receipts are known
    video   the planned size, aspect and tags
    trim    seconds of the source's clock that the film was cut out of, None for the whole film; the clock of
            a cut film starts at 0
    allowed the kinds of losses that were allowed (media/container/losses.py)
    moves   the decisions for stabilized shots
    crop    the borders of the source that were cropped
    """

    frame_map: FrameMap
    parts: tuple[Span, ...] | None
    video: VideoFormat
    trim: tuple[Fraction, Fraction] | None = None
    allowed: tuple[str, ...] = ()
    moves: Moves = ()
    crop: Insets | None = None


def audit(
    source: Source,
    survey: Survey,
    thumbnails: Path,
    result: Path,
    expected: Expected,
    hashes: Path | None = None,
) -> AuditReport:
    """Read the result back and compare it with its source, its survey and the plan.

    The one decode of all its frames also writes their MD5s to `hashes` (media/ffmpeg/framemd5.py).
    Memory grows with the film by its PTS only. Raises SourceError for a file that is not a film.
    """
    found = probe(result)
    frames = shown_frames(survey, expected)
    pictures = expected_frames(
        source,
        survey.frames,
        thumbnails,
        expected.frame_map,
        expected.moves,
        expected.crop,
    )
    seen: list[Fraction] = []
    try:
        thumbs = read_thumbnails(result, thumbnail_matrix(source), hashes)
        order = compare_order(pictures, recorded(thumbs, seen))
        decoded = Check("decodes", True, "to its end")
    except AuditError as error:
        order = FrameOrder(0, (), ())
        decoded = Check("decodes", False, " ".join(str(error).split("\n")))
    tick = found.frames.time_base
    return AuditReport(
        (
            decoded,
            check_count(len(frames), len(seen)),
            *_check_parts(expected),
            check_order(order, pictures, receipts=expected.parts is not None),
            check_times(frames, seen, tick),
            check_duration(frames, found.frames, tick),
            *compare_picture(source, expected.video, found),
            check_container_facts(
                source,
                found,
                expected.video,
                frames,
                trimmed=expected.trim is not None,
                allowed=expected.allowed,
            ),
            *compare_other_streams(
                source, found, survey.frames, expected.allowed, expected.trim, expected.frame_map
            ),
        )
    )


def _check_parts(expected: Expected) -> tuple[Check, ...]:
    parts = expected.parts
    return () if parts is None else (check_parts(Span(0, len(expected.frame_map)), parts),)


def recorded(
    frames: Iterator[tuple[Fraction, NDArray[np.uint8]]], seen: list[Fraction]
) -> Iterator[NDArray[np.uint8]]:
    """The thumbnails; their times are added to `seen`."""
    for seconds, thumbnail in frames:
        seen.append(seconds)
        yield thumbnail


def shown_frames(survey: Survey, expected: Expected) -> FrameTable:
    """The frame table that the result must have, on its own clock."""
    return on_result_clock(expected.frame_map.table(survey.frames), expected.trim)
