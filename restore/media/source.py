"""A film file as a value: its facts before decoding."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from restore.clip import ColorSpec
from restore.media.color.pixels import PixelFormat
from restore.media.images.header import Decoder
from restore.media.images.reader import Flip
from restore.media.images.sequence import ImageSequence
from restore.timing import FrameTable

FieldOrder = Literal["progressive", "tff", "bff", "unknown"]

StreamKind = Literal["video", "audio", "subtitle", "attachment", "data"]


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of the file; `summary` is a short description of it for people."""

    index: int
    kind: StreamKind
    codec: str
    language: str | None
    title: str | None
    attached_picture: bool
    default: bool
    summary: str


@dataclass(frozen=True, slots=True)
class SeekPoint:
    """A place to begin decoding: after a seek to PTS `seek`, frames from PTS `clean` on are correct."""

    clean: int
    seek: int


@dataclass(frozen=True)
class Source:
    """The facts of a film file before decoding.

    video       index of the film's stream in the file
    container   ffmpeg's name of the demuxer (the first of several)
    sar         sample aspect ratio: the container's, else the codec's; 1 where nothing is stored
    rotation    degrees counter-clockwise that players turn the picture by: 0, 90, 180, 270
    frames      from the packets: without those that an edit list hides
    keys        where decoding can begin; empty if seeking is not reliable
    duration    seconds, from the container's header; None if it stores none
    chapters    number of chapters
    tags        the container's own (title, date ...)
    notes       assumptions and other notes, for the log
    cropped     whether players crop edges, as the container requires; decoding keeps them
    sequence    the image sequence that the film is; None for a film file. `path` is then its pattern, and
                the frames' PTS count from the first number, gaps included
    zero        seconds of the file's own clock that count as 0: `frames` and `keys` count from there
    stereo      how frames of a stereoscopic film contain two views, by Matroska's names
    bitstream_filter  the filter that ffmpeg's decoder needs for this film; None for nearly all
    unstamped   number of frames at the start without a PTS from the demuxer (Matroska's before zero)
    counted     whether decoded frames are identified by their order from a seek point on: their own PTS are
    decoding times
    decoder     what reads the frames' samples: OpenImageIO reads some image files
    flip        how decoding reverses the stored rows and columns of image files; `rotation` is applied after
    it
    """

    path: Path
    size: int
    suffix: str
    container: str
    video: int
    codec: str
    profile: str | None
    width: int
    height: int
    stored_format: str
    format: PixelFormat
    sar: Fraction
    color: ColorSpec
    field_order: FieldOrder
    rotation: int
    frames: FrameTable
    keys: tuple[SeekPoint, ...]
    duration: Fraction | None
    streams: tuple[Stream, ...]
    chapters: int
    tags: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    sequence: ImageSequence | None = None
    cropped: bool = False
    unstamped: int = 0
    counted: bool = False
    zero: Fraction = Fraction(0)
    stereo: str | None = None
    bitstream_filter: str | None = None
    decoder: Decoder = "ffmpeg"
    flip: Flip = ""
