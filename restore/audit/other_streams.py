"""All other streams and metadata: their facts, chapters, tags, timecode, captions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from restore.audit.check import Check, ms
from restore.audit.packet_times import moments_wrong
from restore.framemap import FrameMap
from restore.media.container.captions import NAMES, Payloads, by_frame, of_kind, read_payloads
from restore.media.container.chapter_copy import stored_chapters
from restore.media.container.chapter_tree import beyond_a_list, editions, read_chapters
from restore.media.container.copies import TIMECODE, Trim
from restore.media.container.formats import losses
from restore.media.container.losses import OF_STREAMS, Loss
from restore.media.container.mxf import transferable_tags
from restore.media.container.readback import StreamDigest, sample_digest, stream_digests
from restore.media.container.stream_facts import (
    Chapter,
    FileMetadata,
    changed_facts,
    changed_tags,
    read_metadata,
)
from restore.media.container.texts import KINDS as TEXT_KINDS
from restore.media.container.texts import same_text, text_lines
from restore.media.container.timecode import trimmed_timecode
from restore.media.container.userdata import Kind
from restore.media.source import Source
from restore.timing import FrameTable

SYNC = Fraction(2, 1000)
"""Seconds by which the start of a copied stream or a chapter may differ: containers have time bases of
up to 1 ms."""

_DECODED = {"audio": "decoded samples identical", "subtitle": "text and times identical"}
"""The detail for streams that have the same content in a different encoding."""

_NAMED = 3
"""How many frames or tags are named."""


@dataclass(frozen=True, slots=True)
class ExcusedLosses:
    """What may be missing: the losses that the result's container causes, and the kinds that are allowed."""

    lost: tuple[Loss, ...] = ()
    allowed: Collection[str] = ()

    def missing(self, name: str, stream: int | None, kind: str, otherwise: str) -> Check:
        """The check of something that is missing."""
        without = any((loss.stream, loss.kind) == (stream, kind) for loss in self.lost)
        if not without:
            return Check(name, False, otherwise)
        if kind in self.allowed:
            return Check(name, True, "the container cannot store it: lost, as allowed", lost=True)
        return Check(name, False, "the container cannot store it, and its loss was not allowed")

    def allows(self, stream: int | None, kind: str) -> bool:
        """Whether metadata of that kind may be missing, of a stream (None: of the film and the file)."""
        without = any((loss.stream, loss.kind) == (stream, kind) for loss in self.lost)
        return without and kind in self.allowed


def compare_other_streams(
    source: Source,
    found: Source,
    frames: FrameTable,
    allowed: Collection[str],
    trim: Trim | None,
    frame_map: FrameMap | None = None,
) -> list[Check]:
    """All checks of this module; reads both files once or twice, and decodes sound that differs in bytes.

    `frames` are the source's frames in the result, `trim` the seconds of the source that the film was cut to,
    `frame_map` says which result frame each of them went into.
    """
    suffix = _usual_suffix(found)
    excused = ExcusedLosses(losses(source, found.codec, suffix) if suffix else (), allowed)
    before = stream_digests(source.path, trim, source.zero)
    after = stream_digests(found.path, early=begins_early(before))

    shift = -trim[0] if trim is not None else Fraction(0)
    expected = expected_metadata(source, trim, found)
    metadata = read_metadata(found.path, found.video)
    return [
        *check_streams(
            before,
            after,
            shift,
            excused,
            same_content_of(source, found.path, trim),
            filled=found.container == "mxf",
            from_zero=found.container == "matroska",
        ),
        *check_metadata(expected, metadata, excused),
        *check_chapter_tree(source, found, trim, excused),
        *check_stereo(source, found, excused),
        *check_captions(
            by_frame(read_payloads(source), frames, frame_map),
            by_frame(read_payloads(found), found.frames),
            excused,
        ),
    ]


def begins_early(streams: Mapping[int, StreamDigest]) -> bool:
    """Whether sound begins before the film: MP4 and MOV hide that part by an edit list, and store it."""
    return any(stream.start is not None and stream.start < 0 for stream in streams.values())


def check_chapter_tree(
    source: Source, found: Source, trim: Trim | None, excused: ExcusedLosses
) -> list[Check]:
    """Editions, nested chapters and titles in all languages are the source's, if they are in Matroska."""
    stored = stored_chapters(source.path, trim, source.zero)
    must = editions(stored)
    if not must:
        return []
    said = ", ".join(beyond_a_list(must)) or "all kept"
    if editions(read_chapters(found.path)) == must:
        return [Check("chapter tree", True, said)]
    return [excused.missing("chapter tree", None, "chapters", f"differs from the source ({said})")]


def check_stereo(source: Source, found: Source, excused: ExcusedLosses) -> list[Check]:
    """A stereoscopic film has the stereo mode of the source."""
    if source.stereo == found.stereo:
        return [Check("stereo", True, found.stereo)] if found.stereo else []
    if found.stereo is None:
        return [excused.missing("stereo", None, "stereo", f"{source.stereo}, which is lost")]
    return [Check("stereo", False, f"{found.stereo} instead of {source.stereo}")]


def _usual_suffix(found: Source) -> str | None:
    """The suffix of results in this container, whatever the file's name; None for other containers."""
    if found.container == "mov":
        return found.suffix if found.suffix in (".mov", ".m4v") else ".mp4"
    return {"matroska": ".mkv", "mxf": ".mxf"}.get(found.container)


def expected_metadata(
    source: Source, trim: Trim | None, found: Source | None = None
) -> FileMetadata:
    """The metadata that the result must have: the source's, trimmed to `trim`, in the result's container."""
    wanted = read_metadata(source.path, source.video, trim, source.zero)
    if found is not None and source.container == found.container == "mxf":
        wanted = replace(wanted, tags=tuple(transferable_tags(dict(wanted.tags)).items()))
    first = wanted.timecode or dict(source.tags).get(TIMECODE)  # an image sequence's headers
    if trim is not None and first is not None:
        first = trimmed_timecode(first, source, trim[0])
    return replace(wanted, timecode=first)


def same_content_of(source: Source, path: Path, trim: Trim | None) -> Callable[[int, int], bool]:
    """Compares a stream of the source and one of a file: decoded samples, or text with its times."""
    texts = {each.index for each in source.streams if each.codec in TEXT_KINDS}

    def alike(one: int, other: int) -> bool:
        if one in texts:
            lines = text_lines(source.path, one, trim, source.zero)
            return same_text(lines, text_lines(path, other, None, Fraction(0)), SYNC)
        own = sample_digest(source.path, one, trim, source.zero)
        return own == sample_digest(path, other)

    return alike


def check_streams(
    source: Mapping[int, StreamDigest],
    result: Mapping[int, StreamDigest],
    shift: Fraction,
    excused: ExcusedLosses,
    same_content: Callable[[int, int], bool],
    *,
    filled: bool = False,
    from_zero: bool = False,
) -> list[Check]:
    """Every other stream is in the result bit for bit, at its time (plus `shift`), with its metadata.

    `same_content` compares what two streams of sound or text decode to, by their numbers; `filled` allows
    uncompressed sound to end with silence that the source does not have (MXF). `from_zero`: streams of which
    all packets are before 0 are read from 0 on (libav's demuxer of Matroska).
    """
    pairs = _pairs(source, result, same_content, filled=filled)
    checks: list[Check] = []
    counts: dict[str, int] = {}
    for index, stream in source.items():
        number = counts.get(stream.kind, 0)
        counts[stream.kind] = number + 1
        name = f"{stream.kind} {number}"
        if index in pairs:
            other, exact = pairs[index]
            bits = _as_text(stream, result[other]) if exact else _DECODED[stream.kind]
            copy = _Copy(index, stream, result[other])
            moved = _readable_shift(copy, shift) if from_zero else shift
            checks.append(_check_copy(name, copy, moved, bits, excused))
        elif not stream.size:
            checks.append(Check(name, True, "it is empty"))
        else:
            kind = OF_STREAMS.get(stream.kind, "data")
            checks.append(excused.missing(name, index, kind, "missing, or different"))
    extra = len(result) - len(pairs)
    if extra:
        checks.append(Check("streams", False, f"{extra} that the source does not have"))
    return checks


def _as_text(stream: StreamDigest, copy: StreamDigest) -> str:
    bits = f"{stream.size} bytes, bit for bit"
    more = copy.size - stream.size
    return f"{bits}, and {more} bytes of silence" if more else bits


def _decodes(stream: StreamDigest) -> bool:
    """Whether a stream is sound or text, whose content may be the same in other bytes."""
    return stream.kind == "audio" or stream.facts.codec in TEXT_KINDS


def _is_copy(stream: StreamDigest, own: StreamDigest, *, filled: bool) -> bool:
    """Whether a stream has the other's bytes; silence at the end of PCM counts in the size only."""
    if (own.kind, own.sha256) != (stream.kind, stream.sha256):
        return False
    return own.size == stream.size or (filled and own.size > stream.size)


def _pairs(
    source: Mapping[int, StreamDigest],
    result: Mapping[int, StreamDigest],
    same_content: Callable[[int, int], bool],
    *,
    filled: bool,
) -> dict[int, tuple[int, bool]]:
    """Source stream -> the result's stream with its content, and whether bit for bit."""
    pairs: dict[int, tuple[int, bool]] = {}
    free = dict(result)
    for index, stream in source.items():
        same = next((n for n, own in free.items() if _is_copy(stream, own, filled=filled)), None)
        if same is not None:
            pairs[index] = (same, True)
            del free[same]
    for index, stream in source.items():
        if index in pairs or not _decodes(stream):
            continue
        others = [n for n, own in free.items() if own.kind == stream.kind and _decodes(own)]
        same = next((n for n in others if same_content(index, n)), None)
        if same is not None:
            pairs[index] = (same, False)
            del free[same]
    return pairs


@dataclass(frozen=True, slots=True)
class _Copy:
    """A stream of the source, by its number there, and its copy."""

    index: int
    stream: StreamDigest
    same: StreamDigest


def _check_copy(
    name: str, copy: _Copy, shift: Fraction, bits: str, excused: ExcusedLosses
) -> Check:
    stream, same = copy.stream, copy.same
    wrong: list[str] = []
    timed = (
        stream.kind == "subtitle" and stream.sha256 != same.sha256
    )  # the times of the lines were compared
    if stream.start is not None and same.start is not None and not timed:
        off = abs(stream.start + shift - same.start)
        if off > SYNC and not (shift and stream.kind == "subtitle" and same.start == 0):
            wrong.append(f"begins {ms(off)} off")
    if not wrong and (late := moments_wrong(stream, same, shift, SYNC)) is not None:
        wrong.append(late)
    differences = changed_facts(stream.facts, same.facts)
    wrong += [text for kind, text in differences if not excused.allows(copy.index, kind)]
    if wrong:
        return Check(name, False, "; ".join(wrong))
    text = ", ".join(filter(None, (stream.facts.codec, stream.facts.language)))
    lost = "".join(f"; {text}, as allowed" for _, text in differences)
    return Check(name, True, (f"{text}: {bits}" if text else bits) + lost, lost=bool(differences))


def _readable_shift(copy: _Copy, shift: Fraction) -> Fraction:
    """The shift with which a copy is read: to 0, if all packets of the stream are before the film."""
    stream = copy.stream
    early = max(stream.moments.begins, default=0) < -1e6 * float(shift)
    if not early or stream.start is None or copy.same.start != 0:
        return shift
    return -stream.start


def check_metadata(
    source: FileMetadata, found: FileMetadata, excused: ExcusedLosses
) -> list[Check]:
    """Tags, chapters, timecode and the film's own metadata equal those of the source."""
    checks = [_check_tags(source, found, excused)]
    if source.chapters or found.chapters:
        checks.append(check_chapters(source.chapters, found.chapters))
    if source.timecode is not None:
        must, is_ = (
            f"{e.timecode}{f' on reel {e.reel}' if e.reel else ''}" for e in (source, found)
        )
        checks.append(
            Check("timecode", must == is_, is_ if must == is_ else f"{is_} instead of {must}")
        )
    return checks


def _check_tags(source: FileMetadata, found: FileMetadata, excused: ExcusedLosses) -> Check:
    differences: list[tuple[str, str]] = [
        ("tags", text) for text in changed_tags(source.tags, found.tags)
    ]
    differences += [(k, f"the film's {text}") for k, text in changed_facts(source.film, found.film)]
    wrong = [text for kind, text in differences if not excused.allows(None, kind)]
    if wrong:
        return Check("tags", False, "; ".join(wrong[:_NAMED]))
    count = len(source.tags) + len(source.film.tags) - len(differences)
    lost = "".join(f"; {text}, as allowed" for _, text in differences[:_NAMED])
    return Check("tags", True, f"{count} kept{lost}", lost=bool(differences))


def check_chapters(source: Sequence[Chapter], found: Sequence[Chapter]) -> Check:
    """As many chapters as in the source, with the same titles and start times.

    Every chapter but the last also has the same end, or ends where the next one begins, as MP4 requires.
    """
    if len(source) != len(found):
        return Check("chapters", False, f"{len(found)} of {len(source)}")
    for number, (must, is_) in enumerate(zip(source, found, strict=True), start=1):
        if must.title != is_.title:
            return Check("chapters", False, f"{number} is {is_.title!r}, not {must.title!r}")
        if abs(must.start - is_.start) > SYNC:
            return Check(
                "chapters", False, f"{number} begins {ms(abs(must.start - is_.start))} off"
            )
        following = found[number].start if number < len(found) else is_.end
        if min(abs(is_.end - end) for end in (must.end, following)) > SYNC:
            return Check("chapters", False, f"{number} ends {ms(abs(must.end - is_.end))} off")
    return Check("chapters", True, f"{len(found)}")


def check_captions(source: Payloads, found: Payloads, excused: ExcusedLosses) -> list[Check]:
    """Closed captions and active format description of every frame, byte for byte."""
    kinds: tuple[Kind, ...] = ("captions", "afd")
    checks = (
        _check_payloads(kind, of_kind(source, kind), of_kind(found, kind), excused)
        for kind in kinds
    )
    return [check for check in checks if check is not None]


def _check_payloads(
    kind: Kind, source: Payloads, found: Payloads, excused: ExcusedLosses
) -> Check | None:
    if source == found:
        text = f"{NAMES[kind]} of {len(source)} frames, byte for byte"
        return Check(kind, True, text) if source else None
    if not found:
        return excused.missing(kind, None, kind, f"lost on all {len(source)} frames")
    wrong = sorted(i for i in source.keys() | found.keys() if source.get(i) != found.get(i))
    named = ", ".join(map(str, wrong[:_NAMED]))
    return Check(kind, False, f"{len(wrong)} frames have wrong captions: {named}")
