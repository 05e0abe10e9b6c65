"""A second reading of a film file's container, by MediaInfo: independent of libav, trusted by archives.

A fact that only one reader reports is uncertain. If both read different facts in source and result, a fact
was lost or added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal
from xml.etree.ElementTree import ParseError

from restore.clip import Fields
from restore.media.container.stored import film_number
from restore.media.names import open_input
from restore.media.source import Source

Scan = Literal["progressive", "interlaced"]

_SCANS: Mapping[str, Scan] = {"Progressive": "progressive", "Interlaced": "interlaced"}
"""MediaInfo's scan types that describe the frames; MBAFF and PAFF only describe the coding."""

_ORDERS: Mapping[str, Fields] = {"TFF": "tff", "BFF": "bff"}

_LAYOUTS = {
    "Side by Side (left eye first)": "left_right",
    "Top-Bottom (right eye first)": "bottom_top",
    "Top-Bottom (left eye first)": "top_bottom",
    "Checkboard (right eye first)": "checkerboard_rl",
    "Checkboard (left eye first)": "checkerboard_lr",
    "Row Interleaved (right eye first)": "row_interleaved_rl",
    "Row Interleaved (left eye first)": "row_interleaved_lr",
    "Column Interleaved (right eye first)": "col_interleaved_rl",
    "Column Interleaved (left eye first)": "col_interleaved_lr",
    "Anaglyph (cyan/red)": "anaglyph_cyan_red",
    "Side by Side (right eye first)": "right_left",
    "Anaglyph (green/magenta)": "anaglyph_green_magenta",
    "Both Eyes laced in one block (left eye first)": "block_lr",
    "Both Eyes laced in one block (right eye first)": "block_rl",
}
"""MediaInfo's names of Matroska's stereo modes."""

_ALONE = {"File_TestContinuousFileNames": "0"}
"""Files whose names have consecutive numbers are separate files."""

_CHAPTER = re.compile(r"\d\d_\d\d_\d+")
"""How pymediainfo names a chapter: by its time."""


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """The facts of a film file that a reader reports; None for those that it does not report.

    display_aspect  width over height as shown, before rotation
    duration        seconds of the film's own stream
    rotation        degrees counter-clockwise
    channels        of each sound track the numbers that the reader reports (some codecs allow two readings)
    stereo          how a frame contains two views, by Matroska's names
    """

    size: tuple[int, int] | None = None
    display_aspect: float | None = None
    scan: Scan | None = None
    order: Fields | None = None
    duration: float | None = None
    frames: int | None = None
    rotation: int | None = None
    channels: tuple[frozenset[int], ...] = ()
    stereo: str | None = None
    chapters: int | None = None


def read_facts(source: Source) -> ContainerFacts | None:
    """MediaInfo's reading of a film file.

    None for image sequences, and if MediaInfo finds no such film or is not installed completely.
    """
    if source.sequence is not None:
        return None
    tracks = _parsed(source.path)
    videos = [track for track in tracks if track.get("track_type") == "Video"]
    films = [s for s in source.streams if s.kind == "video" and not s.attached_picture]
    if not videos or len(videos) != len(films):
        return None
    facts = _facts(videos[film_number(source)], tracks)
    # FLV's header describes all AAC as stereo
    return replace(facts, channels=()) if source.container == "flv" else facts


def _parsed(path: Path) -> list[dict[str, Any]]:
    from pymediainfo import MediaInfo

    try:
        found: Any = MediaInfo.parse(
            path.absolute(), encoding_errors="replace", mediainfo_options=_ALONE
        )
    except (OSError, RuntimeError, ValueError, ParseError):
        return []
    return [track.to_data() for track in found.tracks]


def _facts(film: Mapping[str, Any], tracks: Sequence[Mapping[str, Any]]) -> ContainerFacts:
    scan = _SCANS.get(str(film.get("scan_type")))
    order = _ORDERS.get(str(film.get("scan_order"))) if scan == "interlaced" else None
    seconds, frames = _length(film)
    turned = _number(film.get("rotation"))
    size = _number(film.get("width")), _number(film.get("height"))
    sounds = [track for track in tracks if track.get("track_type") == "Audio"]
    return ContainerFacts(
        size=None if size[0] is None or size[1] is None else (round(size[0]), round(size[1])),
        display_aspect=_number(film.get("display_aspect_ratio")),
        # Matroska files from discs are reported as interlaced, without an order, because the sequence permits
        # it
        scan=None if scan == "interlaced" and order is None else scan,
        order=order,
        duration=seconds,
        frames=frames,
        rotation=None if turned is None else round(-turned) % 360,
        channels=tuple(frozenset(_whole(track.get("channel_s"))) for track in sounds),
        stereo=_LAYOUTS.get(str(film.get("multiview_layout"))),
        chapters=max(_chapters(tracks), default=0),
    )


def _length(film: Mapping[str, Any]) -> tuple[float | None, int | None]:
    """Seconds and number of frames; of MP4 without the time before the first frame.

    MediaInfo adds an empty edit at the start of a track to its duration, and counts frames in it.
    """
    shown, count = _number(film.get("duration")), _number(film.get("frame_count"))
    empty = _number(film.get("source_delay")) or 0
    if shown is not None and empty > 0:
        shown -= empty
        whole = _number(film.get("source_duration")) == shown
        count = _number(film.get("source_frame_count")) if whole else None
    return None if shown is None else shown / 1000, None if count is None else round(count)


def _number(value: object) -> float | None:
    """The first number in a value; None if there is none."""
    found = re.match(r"-?\d+(\.\d+)?", str(value))
    return float(found[0]) if found else None


def _whole(value: object) -> Iterator[int]:
    return map(int, re.findall(r"\d+", str(value)))


def _chapters(tracks: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """The number of chapters of each menu: MP4 can store the same ones twice."""
    for track in tracks:
        if track.get("track_type") == "Menu":
            yield sum(1 for name in track if _CHAPTER.fullmatch(name))


def shown_aspect(source: Source) -> Fraction:
    """Width over height as the film is shown, before rotation."""
    return Fraction(source.width, source.height) * source.sar


def facts_of(source: Source) -> ContainerFacts:
    """The same facts as libav reads them, which the run uses."""
    order = source.color.fields
    return ContainerFacts(
        size=(source.width, source.height),
        display_aspect=float(shown_aspect(source)),
        scan="interlaced" if order else "progressive",
        order=order,
        duration=float(source.frames.end - source.frames.start),
        frames=len(source.frames),
        rotation=source.rotation,
        channels=_channels(source),
        stereo=source.stereo,
        chapters=source.chapters,
    )


def _channels(source: Source) -> tuple[frozenset[int], ...]:
    with open_input(source.path, source.container) as container:
        return tuple(
            frozenset((stream.codec_context.layout.nb_channels,))
            for stream in container.streams.audio
        )
