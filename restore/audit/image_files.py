"""ImageSequence pictures as a result: every frame in order, at its moment, with what lies beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from restore.audit.after_run import Expected, recorded, shown_frames
from restore.audit.check import AuditReport, Check
from restore.audit.expected_pictures import expected_pictures
from restore.audit.frame_times import check_count, check_times
from restore.audit.order import FrameOrder, check_order, compare_order
from restore.audit.other_streams import (
    StreamPlace,
    check_captions,
    check_streams,
    check_words,
    decoded_alike,
    told_of,
)
from restore.errors import AuditError
from restore.media.container.captions import by_frame, read_payloads
from restore.media.container.formats import losses
from restore.media.container.image_set import SOUND, TAGS, TIMES
from restore.media.container.losses import OF_STREAMS, Loss
from restore.media.container.readback import read_thumbnails, stream_digests
from restore.media.container.stream_facts import NOTHING_SAID, Beside, read_beside
from restore.media.container.timecode import result_rate, timecode_at
from restore.media.images.header import read_header
from restore.media.images.sequence import ImageSequence
from restore.media.images.smpte import timecode_bits
from restore.media.images.writer import Pattern
from restore.media.source import Source
from restore.survey.findings import Survey
from restore.timing import FrameTable

_TICK = Fraction(1, 1000)
"""Seconds that moments may be off: pictures come from a film in Matroska, which counts milliseconds."""

_LABELED = ("dpx", "exr")
"""Kinds of pictures that say their own timecode."""

_NAMED = 3
"""How many pictures a check names."""


def audit_pictures(
    source: Source, survey: Survey, thumbnails: Path, found: Source, expected: Expected
) -> AuditReport:
    """Compare pictures with their source and its survey; `found` is what `probe` says of them.

    The moments, sound and tags are those in the files that a run puts next to them
    (media/container/image_set.py); where these are not there, a source of one steady rate needs
    none, and the rest counts as lost.
    """
    assert found.sequence is not None
    frames = shown_frames(survey, expected)
    pictures = expected_pictures(
        source, survey.frames, thumbnails, expected.frame_map, expected.moves
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
    """The numbers go on without a hole."""
    span = f"{found.numbers[0]} to {found.numbers[-1]}"
    return Check("numbers", not found.gaps, f"missing: {found.gaps}" if found.gaps else span)


def check_moments(frames: FrameTable, found: ImageSequence) -> Check:
    """Every frame is shown when it must be, by the file that says so."""
    path = _companion(found, TIMES)
    if not path.is_file():
        steady = len(set(frames.durations[:-1])) <= 1
        told = f"no {path.name}: " + ("one steady rate" if steady else "the rate varies")
        return Check("times", steady, told)
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        moments = [Fraction(line) / 1000 for line in lines if not line.startswith("#")]
    except (OSError, ValueError) as error:
        return Check("times", False, f"{path.name} cannot be read: {error}")
    if len(moments) != len(frames):
        return Check("times", False, f"{path.name} has {len(moments)} moments")
    return check_times(frames, moments, _TICK)


def check_size(expected: Expected, found: Source) -> Check:
    """Size and sample aspect are the planned ones; a picture that says no aspect says 1."""
    video = expected.video
    wrong: list[str] = []
    if (found.width, found.height) != (video.width, video.height):
        wrong.append(f"{found.width}x{found.height} instead of {video.width}x{video.height}")
    if found.sar not in (video.sar, Fraction(1)):
        wrong.append(f"sample aspect {found.sar} instead of {video.sar}")
    good = f"{found.width}x{found.height}, {found.codec}"
    if found.sar != video.sar:
        good += f"; the sample aspect {video.sar} is not told"
    return Check("picture", not wrong, "; ".join(wrong) or good)


def _beside(source: Source, found: Source, survey: Survey, expected: Expected) -> Iterator[Check]:
    """Sound, words, captions and timecode."""
    assert found.sequence is not None
    trim, allowed = expected.trim, expected.allowed
    told = told_of(source, trim)
    before = stream_digests(source.path, trim, source.zero)
    path = next(filter(Path.is_file, (_companion(found.sequence, n) for n in (SOUND, TAGS))), None)
    place = StreamPlace(losses(source, "ffv1", ".mkv"), allowed)
    if path is None:
        place = _without_companion(place, {i: own.kind for i, own in before.items()}, allowed)

    after = {} if path is None else stream_digests(path)
    shift = -trim[0] if trim is not None else Fraction(0)
    alike = decoded_alike(source, path or source.path, trim)  # without a file nothing is compared
    yield from check_streams(before, after, shift, place, alike)
    words = Beside((), (), None, None, NOTHING_SAID) if path is None else read_beside(path, None)
    kind = read_header(found.sequence.file(found.sequence.first)).kind
    if kind in _LABELED:
        words = replace(words, timecode=None, reel=None)
        if told.timecode is not None:
            frames = shown_frames(survey, expected)
            rate = result_rate(source, survey.frames, expected.frame_map)
            yield check_labels(told.timecode, frames, rate, found.sequence)
        told = replace(told, timecode=None)
    elif path is None and told.timecode is not None:
        yield place.missing("timecode", None, "tags", f"None instead of {told.timecode}")
        told = replace(told, timecode=None)
    # no file here has the film's own stream, which would bear its marks
    yield from check_words(
        replace(told, reel=None), replace(words, reel=None, film=told.film), place
    )
    yield from check_captions(
        by_frame(read_payloads(source), survey.frames, expected.frame_map), {}, place
    )


def _without_companion(
    place: StreamPlace, kinds: dict[int, str], allowed: Collection[str]
) -> StreamPlace:
    """Nothing but the frames is there: whatever may be lost has no place."""
    gone = [Loss(OF_STREAMS.get(kind, "data"), index, kind) for index, kind in kinds.items()]
    return StreamPlace((*place.lost, *gone, Loss("tags", None, "tags")), allowed)


def check_labels(first: str, frames: FrameTable, rate: Fraction, found: ImageSequence) -> Check:
    """Every picture bears its own timecode, counted on from the first frame's by the time between them."""
    wrong: list[str] = []
    for place, number in zip(range(len(frames)), found.numbers, strict=False):
        is_ = read_header(found.file(number)).timecode
        passed = frames.seconds(place) - frames.start
        # midway between two labels either is right: the moment was rounded when it was written
        may = [_label(first, (passed + off) * rate, rate) for off in (0, -_TICK, _TICK)]
        if is_ not in may:
            wrong.append(f"{found.file(number).name} says {is_} instead of {may[0]}")
    if wrong:
        return Check("timecode", False, "; ".join(wrong[:_NAMED]))
    if _label(first, Fraction(0), rate) is None:
        return Check(
            "timecode", True, f"{first} has no place in headers at {float(rate):g} a second"
        )
    return Check("timecode", True, f"{first}, counted on")


def _label(first: str, passed: Fraction, rate: Fraction) -> str | None:
    """The label so many frames after the first, as a header says it; None where it has no room."""
    label = timecode_at(first, round(passed), rate)
    return None if timecode_bits(label, rate, 0) is None else label.replace(".", ";")


def _companion(found: ImageSequence, ending: str) -> Path:
    """The file of that ending that goes with the pictures."""
    pattern = Pattern(found.folder, found.prefix, found.digits, found.suffix)
    return found.folder / pattern.companion(ending)
