"""Container facts of the result, by MediaInfo and by its own elements, compared with the source.

All other checks read source and result through libav; this one finds facts that libav misses in both files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from restore.audit.check import Check
from restore.media.container.mediainfo import ContainerFacts, read_facts, shown_aspect
from restore.media.container.second_reading import ASPECT, Difference, differences, fact_text
from restore.media.container.stored import stored_track
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.ffmpeg.encoders import marks_fields
from restore.media.source import Source
from restore.timing import FrameTable

NAME = "container facts"

_EXACT = ("mov", "mxf")
"""Containers that store the number of frames; for Matroska MediaInfo computes it from rate and duration."""

_KINDS: Mapping[str, str] = {"stereo mode": "stereo", "number of chapters": "chapters"}
"""The kind of loss that permits a difference; `facts` permits all of them."""


def check_container_facts(
    source: Source,
    found: Source,
    video: VideoFormat,
    frames: FrameTable,
    *,
    trimmed: bool,
    allowed: Collection[str] = (),
) -> Check:
    """MediaInfo reports the same for the result as for the source, except for what the plan changes.

    `video` is the planned picture, `frames` are the result's on its own clock. The container itself must
    store sample aspect and field order, too: archives read these values, not the decoder's.
    """
    before, after = read_facts(source), read_facts(found)
    found_differences = list(_of_container(found, video))
    if after is not None:
        wanted = expected_facts(source, before, video, frames, trimmed=trimmed)
        if found.container == "mxf" and video.color.fields:
            wanted = replace(wanted, scan=None, order=None)  # ffmpeg's muxer has no field order
        exact = found.container in _EXACT
        if not exact and _varies(frames):
            wanted = replace(wanted, frames=None)
        longest = float(max(frames.durations) * frames.time_base)
        found_differences += differences(wanted, after, seconds=longest, frames=0 if exact else 1)
    wrong = [
        one for one in found_differences if not {"facts", _KINDS.get(one.name, "")} & set(allowed)
    ]
    if wrong:
        return Check(NAME, False, "; ".join(map(str, wrong)))
    if found_differences:
        text = "; ".join(map(str, found_differences))
        return Check(NAME, True, f"{text}, as allowed", lost=True)
    return Check(NAME, True, _as_text(after))


def expected_facts(
    source: Source,
    before: ContainerFacts | None,
    video: VideoFormat,
    frames: FrameTable,
    *,
    trimmed: bool,
) -> ContainerFacts:
    """What MediaInfo must report for the result: its report for the source, with the changes of the plan."""
    base = before or ContainerFacts()
    planned = Fraction(video.width, video.height) * video.sar
    aspect = float(planned)
    if base.display_aspect and not source.cropped:  # sides are rounded to even numbers
        aspect = base.display_aspect * float(planned / shown_aspect(source))
    kept = video.color.fields == source.color.fields
    # fields that libav alone reads (DV of progressive frames) are kept, and cannot be lost
    agreed = base.scan != "progressive" or source.color.fields is None
    said = kept and agreed and (video.color.fields is None or marks_fields(video))
    return replace(
        base,
        size=(video.width, video.height),
        display_aspect=aspect,
        scan=base.scan if said else None,
        order=base.order if said else None,
        duration=float(frames.end - frames.start),
        frames=len(frames),
        stereo=base.stereo or source.stereo,
        chapters=None if trimmed else base.chapters,
    )


def _varies(frames: FrameTable) -> bool:
    """Whether the durations of frames differ by more than a container's rounding."""
    return 2 * max(frames.durations) > 3 * min(frames.durations)


def _of_container(found: Source, video: VideoFormat) -> Iterator[Difference]:
    """The facts that the result's container stores differently than planned, or does not store."""
    stored = stored_track(found)
    if stored is None:
        return
    aspect = stored.aspect or Fraction(1)
    if abs(aspect / video.sar - 1) > ASPECT:
        shown = "none" if stored.aspect is None else str(stored.aspect)
        yield Difference("sample aspect in the container", shown, str(video.sar))
    planned = video.color.fields
    stored_fields = stored.fields if stored.fields in ("tff", "bff") else None
    if stored_fields == planned:
        return
    if stored_fields is None and (marks_fields(video) or found.container != "matroska"):
        return  # the bitstream has it, or the container has no element for it
    yield Difference("field order in the container", str(stored.fields), planned or "progressive")


def _as_text(facts: ContainerFacts | None) -> str:
    if facts is None:
        return "MediaInfo finds no video in the result"
    values = [
        ("", facts.size),
        ("aspect ", facts.display_aspect),
        ("", facts.scan),
        ("", facts.order),
        ("rotation ", facts.rotation or None),
        ("", facts.stereo),
    ]
    return "MediaInfo: " + ", ".join(
        f"{name}{fact_text(value)}" for name, value in values if value is not None
    )
