"""What a result's container says of it, by a second reader and by its own elements, against its source.

Every other check reads source and result through libav: what that loses of both is seen here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from restore.audit.check import Check
from restore.media.container.mediainfo import ContainerFacts, read_facts, shown_aspect
from restore.media.container.second_reading import ASPECT, Difference, differences, in_words
from restore.media.container.stored import stored_track
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.ffmpeg.encoders import marks_fields
from restore.media.source import Source
from restore.timing import FrameTable

NAME = "container facts"

_EXACT = ("mov", "mxf")
"""Containers that store how many frames there are; of Matroska MediaInfo reckons it from rate and length."""

_KINDS: Mapping[str, str] = {"stereo mode": "stereo", "number of chapters": "chapters"}
"""The kind of loss that excuses a difference, beside `facts`, which excuses them all."""


def check_container_facts(
    source: Source,
    found: Source,
    video: VideoFormat,
    frames: FrameTable,
    *,
    trimmed: bool,
    allowed: Collection[str] = (),
) -> Check:
    """MediaInfo says of the result what it says of the source, as far as the plan did not change it.

    `video` is the planned picture, `frames` are the result's on its own clock. And the result's container
    itself says sample aspect and field order: archives read these, not the decoder.
    """
    before, after = read_facts(source), read_facts(found)
    told = list(_of_container(found, video))
    if after is not None:
        wanted = expected_facts(source, before, video, frames, trimmed=trimmed)
        if found.container == "mxf" and video.color.fields:
            wanted = replace(wanted, scan=None, order=None)  # ffmpeg's muxer has no field order
        exact = found.container in _EXACT
        if not exact and _varies(frames):
            wanted = replace(wanted, frames=None)
        longest = float(max(frames.durations) * frames.time_base)
        told += differences(wanted, after, seconds=longest, frames=0 if exact else 1)
    wrong = [one for one in told if not {"facts", _KINDS.get(one.name, "")} & set(allowed)]
    if wrong:
        return Check(NAME, False, "; ".join(map(str, wrong)))
    if told:
        words = "; ".join(map(str, told))
        return Check(NAME, True, f"{words}, as allowed", lost=True)
    return Check(NAME, True, _in_words(after))


def expected_facts(
    source: Source,
    before: ContainerFacts | None,
    video: VideoFormat,
    frames: FrameTable,
    *,
    trimmed: bool,
) -> ContainerFacts:
    """What MediaInfo must say of the result: its own word for the source, less what the plan changed."""
    base = before or ContainerFacts()
    planned = Fraction(video.width, video.height) * video.sar
    aspect = float(planned)
    if base.display_aspect and not source.cropped:  # sides are rounded to even numbers
        aspect = base.display_aspect * float(planned / shown_aspect(source))
    kept = video.color.fields == source.color.fields
    # fields that libav alone reads (DV of progressive frames) are kept, and none can be lost
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
    """Whether frames last differently long, by more than a container's rounding."""
    return 2 * max(frames.durations) > 3 * min(frames.durations)


def _of_container(found: Source, video: VideoFormat) -> Iterator[Difference]:
    """What the result's container itself stores otherwise than planned, or leaves out."""
    stored = stored_track(found)
    if stored is None:
        return
    aspect = stored.aspect or Fraction(1)
    if abs(aspect / video.sar - 1) > ASPECT:
        told = "none" if stored.aspect is None else str(stored.aspect)
        yield Difference("sample aspect in the container", told, str(video.sar))
    planned = video.color.fields
    stored_fields = stored.fields if stored.fields in ("tff", "bff") else None
    if stored_fields == planned:
        return
    if stored_fields is None and (marks_fields(video) or found.container != "matroska"):
        return  # the pictures say it themselves, or the container may have no element for it
    yield Difference("field order in the container", str(stored.fields), planned or "progressive")


def _in_words(facts: ContainerFacts | None) -> str:
    if facts is None:
        return "MediaInfo reads no film in the result"
    told = [
        ("", facts.size),
        ("aspect ", facts.display_aspect),
        ("", facts.scan),
        ("", facts.order),
        ("rotation ", facts.rotation or None),
        ("", facts.stereo),
    ]
    return "MediaInfo: " + ", ".join(
        f"{name}{in_words(value)}" for name, value in told if value is not None
    )
