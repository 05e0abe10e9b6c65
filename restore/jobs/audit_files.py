"""The audit of a result from the two files and the record: at any time, on any machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from restore.audit.after_run import Expected, audit
from restore.audit.check import AuditReport, Check
from restore.audit.image_files import audit_images
from restore.framemap import FrameMap, IdentityMap
from restore.jobs.prepare import film_digest, restored_part
from restore.jobs.record_files import KnownRecord, digest_result, read_known
from restore.media.codecs import codec_by_ffmpeg_name
from restore.media.container.probe import probe
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.plan import output_color, result_size
from restore.recipe import Recipe
from restore.survey.findings import Survey
from restore.survey.survey import survey as survey_part
from restore.treatments.borders.insets import Insets


def audit_files(
    source: Path,
    result: Path,
    allowed: Collection[str] = (),
    progress: Callable[[int], None] = lambda done: None,
    rate: Fraction | None = None,
) -> AuditReport:
    """Compare a result of any program with its source; decodes both once.

    Both may be image sequences. The record next to the result, if there is one, has the requested part of the
    film, its size, and the allowed losses; both files must be those in the record. `progress` gets the
    number of surveyed frames; `rate` is that of a source of images (None: the record's, else
    the headers'). Raises SourceError if a file is not a film, UsageError for the rate of a film file.
    """
    found = probe(result)
    if found.sequence is not None:
        result = found.sequence.folder
    record = read_known(result)
    recipe = Recipe.model_validate(record.request.recipe) if record is not None else None
    film = _on_clock_of(found, source, rate or (recipe.rate if recipe else None))
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        thumbnails = Path(folder) / "thumbnails"
        survey = survey_part(film, thumbnails, restored_part(film, recipe or Recipe()), progress)
        trimmed = recipe is not None and (recipe.start is not None or recipe.end is not None)
        lost = record.lost if record is not None else ()
        crop = record.crop if record is not None else None
        expected = Expected(
            frame_map=_frame_map(record, survey),
            parts=None,
            video=_without_fields(expected_video(film, found, recipe, crop), record),
            trim=(survey.frames.start, survey.frames.end) if trimmed else None,
            allowed=(*allowed, *lost),
            moves=record.moves if record is not None else (),
            crop=crop,
        )
        if found.sequence is not None:
            made = audit_images(film, survey, thumbnails, found, expected)
        else:
            made = audit(film, survey, thumbnails, result, expected)
    return AuditReport((*_check_record(record, film, result), *made.checks))


def _without_fields(video: VideoFormat, record: KnownRecord | None) -> VideoFormat:
    """The format of a result whose fields became frames, by its record."""
    if record is None or not record.deinterlaced:
        return video
    return replace(video, color=replace(video.color, fields=None))


def _on_clock_of(found: Source, source: Path, rate: Fraction | None) -> Source:
    """The source on the clock of the result: its own, or one that begins with the first frame."""
    film = probe(source, rate, from_zero=True)
    start = found.frames.start
    kept = film.zero > 0 and abs(start - film.zero) < abs(start)
    return probe(source, rate) if kept else film


def _frame_map(record: KnownRecord | None, survey: Survey) -> FrameMap:
    """The frame map of the record; the identity if it has none, or if the film has another length.

    The audit reports such a length.

    """
    known = record.frame_map if record is not None else None
    if known is None or known.source != len(survey.frames):
        return IdentityMap(len(survey.frames))
    return known


def _check_record(record: KnownRecord | None, source: Source, result: Path) -> tuple[Check, ...]:
    """Both files are, byte for byte, those in the record."""
    if record is None:
        return ()
    wrong: list[str] = []
    if film_digest(source) != record.request.source_sha256:
        wrong.append("the source is not the file that was restored")
    if digest_result(result) != record.result_sha256:
        wrong.append("the result was changed after it was made")
    return (Check("record", not wrong, "; ".join(wrong) or "both files are those in the record"),)


def expected_video(
    source: Source, found: Source, recipe: Recipe | None, crop: Insets | None = None
) -> VideoFormat:
    """The format that the result must have, by the recipe; without one, any size of the source's aspect.

    `crop` are the borders of the source that were cropped.
    """
    if recipe is not None:
        size = result_size(source, recipe, crop)
        width, height, sar = size.width, size.height, size.sar
    elif same_shape(source, found):
        width, height, sar = found.width, found.height, found.sar
    else:
        width, height, sar = source.width, source.height, source.sar
    codec = codec_by_ffmpeg_name(found.codec)
    rows = None if crop is None else crop.size(source.width, source.height)[1]
    return VideoFormat(
        codec=codec,  # pyright: ignore[reportArgumentType] - whatever made it
        pixel_format=found.format.name,
        width=width,
        height=height,
        rate=found.frames.rate,
        sar=sar,
        color=output_color(source, height, codec, found.format.name, rows),
        crf=None,
        preset=None,
    )


def same_shape(source: Source, found: Source) -> bool:
    """Whether both have the same display aspect, except for sides rounded to even pixels."""
    one, other = (Fraction(film.width, film.height) * film.sar for film in (source, found))
    return abs(one / other - 1) <= Fraction(2, min(found.width, found.height))
