"""The facts of a film file: its streams, geometry, color description and frame times."""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from restore.clip import ColorSpec
from restore.errors import SourceError, UsageError
from restore.media.color.linear import LIGHT_FORMATS, READING
from restore.media.color.pixels import PixelFormat, has_alpha, working_format
from restore.media.container.chapter_copy import listed_chapters
from restore.media.container.jpeg2000 import splits_fields
from restore.media.container.matroska import STEREO_MODES, STEREO_TAG
from restore.media.container.own_clock import on_own_clock
from restore.media.container.packets import read_packets
from restore.media.container.shown import about_edits
from restore.media.container.stored import STORED_ORDERS, stored_fields
from restore.media.container.streams import choose_film, describe, is_undeclared
from restore.media.ffmpeg.first_frame import FirstFrame, decide_color, decoder_messages, first_frame
from restore.media.ffmpeg.process import input_options, sequence_input_options
from restore.media.images.header import Header
from restore.media.images.reader import TURNS
from restore.media.images.sequence import (
    DEFAULT_RATE,
    ImageSequence,
    find_sequence,
    look_through,
    sequence_stat,
    sound_files,
)
from restore.media.names import is_text, open_input
from restore.media.source import FieldOrder, SeekPoint, Source, Stream
from restore.media.text_encoding import make_readable
from restore.store import reading_failed
from restore.timing import FrameTable, table_from_pts

TIMECODE = "timecode"
"""The tag that ffmpeg reads a timecode track into, and builds one from."""

_MESSAGES = {"h264": "6", "hevc": "39-40"}
"""The NAL units that hold supplemental messages (SEI), such as marks of stereoscopic frames."""

_D10_SIZES = {(720, 608): 576, (720, 512): 480}
"""Sizes of D-10 frames with vertical blanking, and their number of picture lines."""

_COPY_AGAIN = "Copy it again from its source."

_NO_FILM_ERROR_CODES = {
    "This file contains only sound, no film.": "sound-only",
    "The film's stream contains no frames.": "no-frames",
    "ffmpeg cannot read these images.": "images-unreadable",
}

_NOT_FILMS = {"tty", "concat", "hls", "dash", "image2", "image2pipe", "avisynth", "vapoursynth"}
"""Demuxers that read text, playlists or single images as a film."""


def probe(path: Path, rate: Fraction | None = None, *, from_zero: bool = False) -> Source:
    """Read the facts of a film; at most its first frame is decoded.

    With `from_zero`, films with an independent clock (see `own_clock`) begin at 0. `rate` is for image
    sequences (see `sequence.find_sequence`): frames a second, replaces that of their headers. Raises
    SourceError if there is no film to restore: no such file, a folder without images, an empty file, not a
    film, sound only, a missing index, a pixel format or color space that is not supported; UsageError for the
    rate of a film file, which has its own times.
    """
    _check_name(path)
    if (found := find_sequence(path)) is not None:
        _check_name(found.pattern)
        return _probe_sequence(found, rate)
    if rate is not None:
        raise UsageError(
            "--rate applies only to image sequences: a film file has its own times.",
            str(path),
            "Leave it out.",
            code="rate-of-film",
        )
    _check_file(path)
    try:
        container = open_input(path, raw_text=True)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _not_opened(path, error) from error
    with container:
        try:
            read_as = tuple(_about_texts(make_readable(container)))
            source, first = _probe(path, container)
            source = replace(source, notes=(*source.notes, *read_as))
            return on_own_clock(source, first) if from_zero else source
        except av.error.FFmpegError as error:
            raise _not_opened(path, error) from error


def _check_name(path: Path) -> None:
    if not is_text(path):
        shown = str(path).encode("utf-8", "replace").decode()
        raise SourceError(
            "The film's name is not UTF-8 text.",
            shown,
            "Rename the file or its folder.",
            code="source-name-not-utf8",
        )


def _check_file(path: Path) -> None:
    """Raise SourceError unless it is a file that can be read and is not empty."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise SourceError(
                "This is not a file.", str(path), "Name a film file.", code="not-a-file"
            )
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise SourceError(
            "The file does not exist.", str(path), "Check the name.", code="no-such-file"
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if facts.st_size == 0:
        raise SourceError("The file is empty.", str(path), _COPY_AGAIN, code="file-empty")


def _unreadable(path: Path, error: Exception) -> SourceError:
    return SourceError(
        f"The file cannot be read: {reading_failed(error)}.", str(path), code="source-unreadable"
    )


def _not_opened(path: Path, error: Exception) -> SourceError:
    """Why ffmpeg cannot read a file."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return SourceError(
            "The film's index (moov) is missing: the file was cut off, or is still being written.",
            str(path),
            "Copy it again from where it came; the program untrunc or the recording device may repair it.",
            code="index-missing",
        )
    if isinstance(error, av.error.InvalidDataError) or head.startswith(b"ffconcat"):
        return _no_film(path)
    if getattr(error, "errno", None) in (errno.EIO, errno.EAGAIN):
        what = (
            "The headers of the file cannot be read to their end: the file or its disk is damaged."
        )
        return SourceError(what, str(path), _COPY_AGAIN, code="source-unreadable")
    what = f"ffmpeg cannot read it: {error}"
    return SourceError(what, str(path), _COPY_AGAIN, code="source-unreadable")


def _no_film(path: Path, what: str = "This is not a film.") -> SourceError:
    code = _NO_FILM_ERROR_CODES.get(what, "not-a-film")
    return SourceError(what, str(path), "Name a film file (mp4, mkv, mov, avi ...).", code=code)


def _probe(path: Path, container: InputContainer) -> tuple[Source, int | None]:
    """The film on the file's clock, and the PTS of the first frame that decodes."""
    demuxer = container.format.name.split(",")[0]
    if demuxer in _NOT_FILMS or demuxer.endswith("_pipe"):
        raise _no_film(path)
    film = choose_film(container)
    if film is None:
        if container.streams.audio:
            raise _no_film(path, "This file contains only sound, no film.")
        raise _no_film(path)
    _refuse_split_fields(path, film)
    stored = _stored_format(path, film)
    pixels = _working(path, stored)
    facts, bitstream_filter = _decoded(path, demuxer, film)
    packets = read_packets(container, film, facts.pts)
    if packets.frames is None:
        raise _no_film(path, "The film's stream contains no frames.")
    size = path.stat().st_size
    source = _source(path, container, film, facts, packets.frames, (stored, pixels))
    notes = (*source.notes, *packets.notes, *about_edits(container, film, packets.hidden))
    source = replace(
        source,
        size=size,
        keys=packets.keys,
        notes=notes,
        unstamped=packets.unstamped,
        counted=packets.counted,
        bitstream_filter=bitstream_filter,
    )
    return _with_hidden_edges(source, facts.shown), facts.pts


def _refuse_split_fields(path: Path, film: VideoStream) -> None:
    """Raise SourceError for fields that are coded as separate images, of which one would be lost."""
    if film.codec_context.name == "jpeg2000" and splits_fields(path, film.index):
        raise SourceError(
            "The film's JPEG 2000 stores each field of a frame as a separate image, and "
            "ffmpeg decodes only the first.",
            str(path),
            "Convert it with a program that decodes both fields (the one that made it, for instance).",
            code="fields-split",
        )


def _decoded(path: Path, demuxer: str, film: VideoStream) -> tuple[FirstFrame, str | None]:
    """The first frame, and the bitstream filter that is needed to decode it.

    The ffmpeg program (9.0) decodes no frame of films that are marked as stereoscopic in both container and
    stream ("File exists"); without the marks in the stream it does.
    """
    reader = input_options(path, demuxer)
    facts, messages = first_frame(reader, film.index), _MESSAGES.get(film.codec_context.name)
    if facts.decoded or messages is None:
        return facts, None
    spared = f"filter_units=remove_types={messages}"
    again = first_frame({**reader, f"bsf:{film.index}": spared}, film.index)
    return (again, spared) if again.stereo else (facts, None)


def _probe_sequence(found: ImageSequence, rate: Fraction | None) -> Source:
    """The facts of an image sequence; the PTS count the file numbers from the first one on."""
    header = look_through(found)
    path = found.pattern
    used = rate or header.rate or DEFAULT_RATE
    pts_values = [number - found.first for number in found.numbers]
    frames = table_from_pts(1 / used, pts_values, 1)
    flip, turn = TURNS[header.orientation]
    try:
        with open_input(path) as container:
            film: Any = container.streams.video[0]
            if header.decoder == "ffmpeg":
                facts = first_frame(sequence_input_options(found, found.first, used), 0)
                stored = _stored_format(path, film)
            else:
                facts, stored = _first_image(header), header.stored
            pixels = LIGHT_FORMATS.get(stored) or _working(path, stored)
            facts = replace(facts, rotation=facts.rotation if header.orientation == 1 else turn)
            size = (header.width, header.height)
            source = _source(path, container, film, facts, frames, (stored, pixels), size)
    except (av.error.FFmpegError, IndexError) as error:
        raise _no_film(path, "ffmpeg cannot read these images.") from error
    return replace(
        source,
        size=sequence_stat(found)[0],
        sar=header.sar or source.sar,
        keys=tuple(SeekPoint(pts_value, pts_value) for pts_value in pts_values),
        duration=frames.end,
        tags=((TIMECODE, header.timecode),) if header.timecode else (),
        notes=(*source.notes, *_about_sequence(found, header, rate, used)),
        streams=tuple(_sized(stream, header) for stream in source.streams),
        sequence=found,
        decoder=header.decoder,
        flip=flip,
    )


def _sized(stream: Stream, header: Header) -> Stream:
    """The images' stream, with the size, which ffmpeg may not read."""
    summary = f"video {stream.codec} {header.width}x{header.height}"
    return replace(stream, summary=summary)


def _first_image(header: Header) -> FirstFrame:
    """The facts of an image that OpenImageIO reads: full range, and the curve for linear light."""
    light = header.stored in LIGHT_FORMATS
    return FirstFrame(
        matrix="bt709" if light else None,
        range="pc",
        primaries=header.primaries,
        transfer=READING if light else None,
        field_order="progressive",
        decoded=True,
    )


def _about_sequence(
    found: ImageSequence, header: Header, rate: Fraction | None, used: Fraction
) -> Iterator[str]:
    """Notes for the user about an image sequence."""
    if rate is None:
        why = "their headers have this rate" if header.rate else "no header has a rate"
        yield f"the images are shown at {used} frames a second, because {why} (--rate changes it)"
    if found.gaps:
        yield f"the numbering has gaps: {found.gaps}"
    if found.strays:
        yield f"images without a number are left out: {', '.join(found.strays)}"
    if sounds := sound_files(found):
        yield f"sound next to the images is not part of the film: {', '.join(sounds)}"
    yield from header.notes
    if header.orientation > 1:
        yield f"the images are rotated or mirrored by their header's orientation ({header.orientation})"
    if header.kind == "exr":
        yield (
            "the EXR's linear light is converted to 16-bit values with the curve of BT.709; "
            "light below 0 or above 1 is refused"
        )
    if header.logarithmic:
        yield "the images contain film densities (logarithmic): they are processed as they are"


def _working(path: Path, stored: str) -> PixelFormat:
    """The working format of a stored one; SourceError if there is none."""
    pixels = working_format(stored)
    if pixels is None:
        raise SourceError(
            f"The film's pixel format ({stored}) is not supported.",
            str(path),
            "Convert it first, for instance: ffmpeg -i FILM -c copy -c:v ffv1 -pix_fmt yuv444p16le "
            "OUT.mkv",
            code="pixel-format-unsupported",
        )
    return pixels


def _source(
    path: Path,
    container: InputContainer,
    film: VideoStream,
    facts: FirstFrame,
    frames: FrameTable,
    formats: tuple[str, PixelFormat],
    size: tuple[int, int] | None = None,
) -> Source:
    """The facts of container, stream and first frame; `formats`: stored and working.

    `size` is that of images (None: the stream's).
    """
    stored, pixels = formats
    context = film.codec_context
    fields = stored_fields(path, film)
    facts = replace(facts, field_order=_field_order(facts, fields, film))
    width, height = size or (context.width, context.height)
    color = decide_color(facts, pixels.family, height, path)
    return Source(
        path=path,
        size=0,
        suffix=path.suffix.lower(),
        container=container.format.name.split(",")[0],
        video=film.index,
        codec=context.codec.canonical_name,
        profile=film.profile,
        width=width,
        height=height,
        stored_format=stored,
        format=pixels,
        sar=film.sample_aspect_ratio or facts.sar or Fraction(1),
        color=color,
        field_order=facts.field_order,
        rotation=facts.rotation,
        frames=frames,
        keys=(),
        duration=_header_duration(container),
        streams=tuple(describe(stream) for stream in container.streams),
        chapters=len(listed_chapters(container)),
        tags=tuple(container.metadata.items()),
        notes=(
            *_notes(color, stored, facts),
            *_about_fields(facts, fields),
            *_about_alpha(film),
            *_about_undeclared(container),
            *_about_blanking(context.codec.canonical_name, (width, height), facts),
        ),
        stereo=_stereo(facts, film),
    )


def _with_hidden_edges(source: Source, shown: tuple[int, int] | None) -> Source:
    """A film that players crop because its container says so (clean aperture): all pixels are kept."""
    if shown is None or source.container not in ("mov", "matroska"):
        return source
    width, height = shown
    if shown == (source.width, source.height) or width > source.width or height > source.height:
        return source
    note = (
        f"players crop the stored {source.width}x{source.height} pixels to {width}x{height}: "
        f"the result has all of them, and its edges are visible"
    )
    return replace(source, cropped=True, notes=(*source.notes, note))


def _stored_format(path: Path, film: VideoStream) -> str:
    pixels = film.codec_context.format
    if pixels is None or film.codec_context.width < 1:
        said = decoder_messages(
            input_options(path, film.container.format.name.split(",")[0]), film.index
        )
        raise SourceError(
            f"No frame of the film can be decoded (codec {film.codec_context.name})"
            + (f": {said}" if said else "."),
            str(path),
            _COPY_AGAIN,
            code="no-frames",
        )
    return pixels.name


def _header_duration(container: InputContainer) -> Fraction | None:
    ticks = container.duration
    return None if ticks is None or ticks <= 0 else Fraction(ticks, av.time_base)


def _stereo(facts: FirstFrame, film: VideoStream) -> str | None:
    """The stereo mode of the container (ffmpeg's decoders do not support anaglyphs), else the stream's."""
    mode = {name.lower(): value for name, value in film.metadata.items()}.get(STEREO_TAG)
    return mode if mode in STEREO_MODES else facts.stereo


def _field_order(facts: FirstFrame, stored: FieldOrder | None, film: VideoStream) -> FieldOrder:
    """From the first frame; from the container, if the frames are not marked as interlaced.

    Few codecs can mark frames, so captures store this in the container; FFV1 and H.264 can, but many encoders
    do not do so.
    """
    if not facts.decoded:
        order = int(getattr(film.codec_context, "field_order", 0))
        return stored or STORED_ORDERS.get(order, "unknown")
    if facts.field_order not in ("tff", "bff") and stored in ("tff", "bff"):
        return stored
    return facts.field_order


def _notes(color: ColorSpec, stored: str, facts: FirstFrame) -> tuple[str, ...]:
    notes: list[str] = []
    if color.assumed:
        notes.append("assumed, because there is no tag: " + ", ".join(color.assumed))
    if has_alpha(stored):
        notes.append(f"the transparency of {stored} is dropped")
    if not facts.decoded:
        notes.append("the first frame cannot be decoded")
    return tuple(notes)


def _about_fields(facts: FirstFrame, stored: FieldOrder | None) -> Iterator[str]:
    if stored == "unknown" and facts.field_order not in ("tff", "bff"):
        yield (
            "the container marks the film as interlaced without a field order: "
            f"{facts.field_order} is assumed"
        )


def _about_alpha(film: VideoStream) -> Iterator[str]:
    """VP8 and VP9 store transparency separately; only a mark in Matroska shows it."""
    tags = {name.lower(): value for name, value in film.metadata.items()}
    if tags.get("alpha_mode", "0") != "0":
        yield "the separately stored transparency is dropped"


def _about_texts(names: Sequence[str]) -> Iterator[str]:
    """A note about tags that are not UTF-8."""
    if names:
        yield f"text that is not UTF-8 is read as Windows-1252: {', '.join(names)}"


def _about_blanking(codec: str, size: tuple[int, int], facts: FirstFrame) -> Iterator[str]:
    """D-10 (IMX, SMPTE ST 356) stores lines of vertical blanking above the picture."""
    coded = codec == "mpeg2video" or facts.field_order in ("tff", "bff")
    if coded and (lines := _D10_SIZES.get(size)) is not None:
        yield (
            f"{size[0]}x{size[1]} is the size of D-10 (IMX): the first {size[1] - lines} "
            f"lines are vertical blanking (VBI); they are processed like the picture and stay in the result"
        )


def _about_undeclared(container: InputContainer) -> Iterator[str]:
    for stream in filter(is_undeclared, container.streams):
        yield f"stream {stream.index} is left out: the file does not declare what it contains"
