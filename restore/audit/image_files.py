"""Audit of an image sequence: order and times of its images, and the files next to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from restore.audit.after_run import Expected, recorded, shown_frames
from restore.audit.check import AuditReport, Check
from restore.audit.expected_frames import expected_frames
from restore.audit.frame_times import check_count, check_times
from restore.audit.order import FrameOrder, check_order, compare_order
from restore.audit.other_streams import (
    ExcusedLosses,
    check_captions,
    check_metadata,
    check_streams,
    expected_metadata,
    same_content_of,
)
from restore.errors import AuditError
from restore.media.container.captions import by_frame, read_payloads
from restore.media.container.formats import losses
from restore.media.container.image_set import SOUND, TAGS, TIMES
from restore.media.container.losses import OF_STREAMS, Loss
from restore.media.container.readback import read_thumbnails, stream_digests
from restore.media.container.stream_facts import NO_FACTS, FileMetadata, read_metadata
from restore.media.container.timecode import result_rate, timecode_at
from restore.media.images.header import read_header
from restore.media.images.sequence import ImageSequence
from restore.media.images.smpte import timecode_bits
from restore.media.images.writer import Pattern
from restore.media.source import Source
from restore.survey.findings import Survey
from restore.timing import FrameTable

_TICK = Fraction(1, 1000)
"""Seconds by which times may differ: images are made from a film in Matroska, which has milliseconds."""

_LABELED = ("dpx", "exr")
"""Kinds of images with a timecode in their header."""

_NAMED = 3
"""How many images a check names."""


def audit_images(
    source: Source, survey: Survey, thumbnails: Path, found: Source, expected: Expected
) -> AuditReport:
    """Compare images with their source and its survey; `found` are the facts that `probe` found.

    Times, sound and tags are in the files that a run writes next to them (media/container/image_set.py).
    Without these files the times of a source with a constant rate are known, and the rest counts as lost.
    """
    assert found.sequence is not None
    frames = shown_frames(survey, expected)
    pictures = expected_frames(
        source,
        survey.frames,
        thumbnails,
        expected.frame_map,
        expected.moves,
        expected.crop,
    )
    matrix = "bt709" if source.color.matrix == "rgb" else source.color.matrix
    seen: list[Fraction] = []
    try:
        order = compare_order(pictures, recorded(read_thumbnails(found.path, matrix), seen))
        decoded = Check("decodes", True, "every picture")
    except AuditError as error:
        order = FrameOrder(0, (), ())
        decoded = Check("decodes", False, " ".join(str(error).split("\n")))
    return AuditReport(
        (
            decoded,
            check_count(len(frames), len(seen)),
            check_numbers(found.sequence),
            check_order(order, pictures, receipts=False),
            check_moments(frames, found.sequence),
            check_size(expected, found),
            *_beside(source, found, survey, expected),
        )
    )


def check_numbers(found: ImageSequence) -> Check:
    """The numbers have no gaps."""
    span = f"{found.numbers[0]} to {found.numbers[-1]}"
    return Check("numbers", not found.gaps, f"missing: {found.gaps}" if found.gaps else span)


def check_moments(frames: FrameTable, found: ImageSequence) -> Check:
    """Every frame has its time in the file of times."""
    path = _companion(found, TIMES)
    if not path.is_file():
        steady = len(set(frames.durations[:-1])) <= 1
        text = f"no {path.name}: " + ("a constant rate" if steady else "a variable rate")
        return Check("times", steady, text)
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        times = [Fraction(line) / 1000 for line in lines if not line.startswith("#")]
    except (OSError, ValueError) as error:
        return Check("times", False, f"{path.name} cannot be read: {error}")
    if len(times) != len(frames):
        return Check("times", False, f"{path.name} has {len(times)} times")
    return check_times(frames, times, _TICK)


def check_size(expected: Expected, found: Source) -> Check:
    """Size and sample aspect are the planned ones; an image without an aspect has 1."""
    video = expected.video
    wrong: list[str] = []
    if (found.width, found.height) != (video.width, video.height):
        wrong.append(f"{found.width}x{found.height} instead of {video.width}x{video.height}")
    if found.sar not in (video.sar, Fraction(1)):
        wrong.append(f"sample aspect {found.sar} instead of {video.sar}")
    good = f"{found.width}x{found.height}, {found.codec}"
    if found.sar != video.sar:
        good += f"; the sample aspect {video.sar} is not stored"
    return Check("picture", not wrong, "; ".join(wrong) or good)


def _beside(source: Source, found: Source, survey: Survey, expected: Expected) -> Iterator[Check]:
    """Sound, metadata, captions and timecode."""
    assert found.sequence is not None
    trim, allowed = expected.trim, expected.allowed
    wanted = expected_metadata(source, trim)
    before = stream_digests(source.path, trim, source.zero)
    path = next(filter(Path.is_file, (_companion(found.sequence, n) for n in (SOUND, TAGS))), None)
    excused = ExcusedLosses(losses(source, "ffv1", ".mkv"), allowed)
    if path is None:
        excused = _without_companion(excused, {i: own.kind for i, own in before.items()}, allowed)

    after = {} if path is None else stream_digests(path)
    shift = -trim[0] if trim is not None else Fraction(0)
    alike = same_content_of(
        source, path or source.path, trim
    )  # without the file nothing is compared
    yield from check_streams(before, after, shift, excused, alike)
    metadata = (
        FileMetadata((), (), None, None, NO_FACTS) if path is None else read_metadata(path, None)
    )
    kind = read_header(found.sequence.file(found.sequence.first)).kind
    if kind in _LABELED:
        metadata = replace(metadata, timecode=None, reel=None)
        if wanted.timecode is not None:
            frames = shown_frames(survey, expected)
            rate = result_rate(source, survey.frames, expected.frame_map)
            yield check_labels(wanted.timecode, frames, rate, found.sequence)
        wanted = replace(wanted, timecode=None)
    elif path is None and wanted.timecode is not None:
        yield excused.missing("timecode", None, "tags", f"None instead of {wanted.timecode}")
        wanted = replace(wanted, timecode=None)
    # no file here contains the film's own stream with its metadata
    yield from check_metadata(
        replace(wanted, reel=None), replace(metadata, reel=None, film=wanted.film), excused
    )
    yield from check_captions(
        by_frame(read_payloads(source), survey.frames, expected.frame_map), {}, excused
    )


def _without_companion(
    excused: ExcusedLosses, kinds: dict[int, str], allowed: Collection[str]
) -> ExcusedLosses:
    """Only the images exist: everything that may be lost is lost."""
    gone = [Loss(OF_STREAMS.get(kind, "data"), index, kind) for index, kind in kinds.items()]
    return ExcusedLosses((*excused.lost, *gone, Loss("tags", None, "tags")), allowed)


def check_labels(first: str, frames: FrameTable, rate: Fraction, found: ImageSequence) -> Check:
    """Every image has its own timecode: the first frame's plus the frames since then."""
    wrong: list[str] = []
    for place, number in zip(range(len(frames)), found.numbers, strict=False):
        is_ = read_header(found.file(number)).timecode
        passed = frames.seconds(place) - frames.start
        # between two labels both are accepted: the time was rounded when it was written
        may = [_label(first, (passed + off) * rate, rate) for off in (0, -_TICK, _TICK)]
        if is_ not in may:
            wrong.append(f"{found.file(number).name} says {is_} instead of {may[0]}")
    if wrong:
        return Check("timecode", False, "; ".join(wrong[:_NAMED]))
    if _label(first, Fraction(0), rate) is None:
        return Check(
            "timecode",
            True,
            f"{first} cannot be stored in headers at {float(rate):g} frames a second",
        )
    return Check("timecode", True, f"{first}, counted from there")


def _label(first: str, passed: Fraction, rate: Fraction) -> str | None:
    """The label after that many frames, as a header stores it; None if it cannot be stored."""
    label = timecode_at(first, round(passed), rate)
    return None if timecode_bits(label, rate, 0) is None else label.replace(".", ";")


def _companion(found: ImageSequence, ending: str) -> Path:
    """The file with that ending next to the images."""
    pattern = Pattern(found.folder, found.prefix, found.digits, found.suffix)
    return found.folder / pattern.companion(ending)
