"""Containers of results: the list, and whether a container can hold everything that a result needs."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error

from restore.errors import UsageError
from restore.media.codecs import CODECS, FilmCodec
from restore.media.container.captions import NAMES, kinds, read_payloads
from restore.media.container.chapter_tree import beyond_a_list, editions, read_chapters
from restore.media.container.copies import add_copy, copied_packets, other_streams
from restore.media.container.encoder_check import trial_encode
from restore.media.container.losses import OF_STREAMS, Loss, unallowed
from restore.media.container.matroska import STEREO_MODES
from restore.media.container.metadata_losses import metadata_losses
from restore.media.container.muxers import create, muxer_for, too_close
from restore.media.container.mxf import mxf_obstacle
from restore.media.container.stream_copies import (
    StreamCopy,
    copy_methods,
    muxer_message,
    muxer_messages,
)
from restore.media.container.texts import STYLED, text_target
from restore.media.container.userdata import HOLDERS
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.names import open_input
from restore.media.source import Source

_OWN = {"mov": ".mp4", "matroska": ".mkv"}
"""The suffix of a result in the source's own container, by demuxer."""

_TRIAL_PACKETS = 64
"""Packets of other streams that a trial writes: enough for the muxer's checks of every stream."""


def container_for(source: Source, codec: FilmCodec) -> str:
    """The suffix of a result: the source's own kind if it can hold every stream, else ".mkv".

    ProRes and DNxHR go to ".mov". If frames are closer together than a unit of Matroska's time base, MP4 is
    used instead. If no container can hold everything unchanged, the one is used that loses the fewest
    streams, then the least metadata, then converts the fewest subtitles.
    """
    own = ".mov" if source.suffix == ".mov" else _OWN.get(source.container, ".mkv")
    crowded = too_close(source.frames) is not None
    wanted = dict.fromkeys((own, ".mp4", ".mov") if crowded else (own, ".mkv", ".mov"))
    if CODECS[codec].containers[0] == ".mov":
        wanted = dict.fromkeys((".mov", *wanted))
    lost: dict[str, tuple[int, int, int]] = {}
    for suffix in wanted:
        if not _holds(suffix, codec) or (crowded and suffix == ".mkv"):
            continue
        found = copy_methods(source, suffix)
        streams, metadata = _all_losses(source, suffix, found)
        converted = sum(copy.method == "converted" for copy in found.values())
        if not streams and not metadata and not converted:
            return suffix
        lost[suffix] = (len(streams), len(metadata), converted)
    return min(lost, key=lambda suffix: lost[suffix], default=".mkv")


def _holds(suffix: str, codec: FilmCodec) -> bool:
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        output = create(Path(folder) / f"probe{suffix}")
        try:
            output.add_mux_stream(CODECS[codec].ffmpeg_name, width=16, height=16)
        except ValueError:
            return False
    return True


def losses(source: Source, codec: str, suffix: str) -> tuple[Loss, ...]:
    """Everything in a film that a result of this codec and suffix cannot hold.

    Reads the film's packets once for a codec that cannot hold captions.
    """
    streams, metadata = _all_losses(source, suffix, copy_methods(source, suffix))
    return (*streams, *metadata, *caption_losses(source, codec))


def _all_losses(
    source: Source, suffix: str, found: Mapping[int, StreamCopy]
) -> tuple[tuple[Loss, ...], tuple[Loss, ...]]:
    """The streams that a container of this suffix cannot hold, and the metadata of all others."""
    not_copied = {index for index, copy in found.items() if copy.method in ("dropped", "appended")}
    metadata = metadata_losses(source, suffix, not_copied)
    return _lost(source, found), (
        *metadata,
        *stereo_losses(source, suffix),
        *chapter_losses(source, suffix),
    )


def stereo_losses(source: Source, suffix: str) -> tuple[Loss, ...]:
    """The mark of a stereoscopic film, which only Matroska can hold."""
    if source.stereo is None or (suffix == ".mkv" and source.stereo in STEREO_MODES):
        return ()
    return (Loss("stereo", None, f"mark of a stereoscopic film ({source.stereo})"),)


def chapter_losses(source: Source, suffix: str) -> tuple[Loss, ...]:
    """Chapters that only Matroska can hold: those that need more than one list with a title each."""
    if suffix == ".mkv" or source.container != "matroska":
        return ()
    beyond = beyond_a_list(editions(read_chapters(source.path)))
    return (Loss("chapters", None, f"chapters unchanged ({', '.join(beyond)})"),) if beyond else ()


def stream_losses(source: Source, suffix: str) -> tuple[Loss, ...]:
    """The streams other than the film that a container of this suffix cannot hold."""
    return _lost(source, copy_methods(source, suffix))


def _lost(source: Source, found: Mapping[int, StreamCopy]) -> tuple[Loss, ...]:
    by_index = {stream.index: stream for stream in source.streams}
    return tuple(
        Loss(
            OF_STREAMS[by_index[index].kind],
            index,
            f"stream {index} ({by_index[index].summary})",
            copy.drop_reason,
        )
        for index, copy in found.items()
        if copy.method == "dropped"
    )


def conversions(source: Source, suffix: str) -> tuple[str, ...]:
    """The text subtitles that such a container stores in another form, a line each."""
    by_index = {stream.index: stream for stream in source.streams}
    return tuple(
        f"the subtitles of stream {index} become {text_target(suffix)} (they are {by_index[index].codec}): "
        + (
            "text and times are kept, styles are not"
            if by_index[index].codec in STYLED
            else "text and times are kept"
        )
        for index, copy in copy_methods(source, suffix).items()
        if copy.method == "converted"
    )


def caption_losses(source: Source, codec: str) -> tuple[Loss, ...]:
    """Captions and active format of the film, for a codec that cannot hold them."""
    if codec in HOLDERS:
        return ()
    return tuple(Loss(kind, None, NAMES[kind]) for kind in kinds(read_payloads(source)))


def check_losses(
    source: Source, codec: FilmCodec, suffix: str, allowed: Collection[str] = ()
) -> tuple[Loss, ...]:
    """The losses of a result, all of `allowed` kinds; raises UsageError for any other loss."""
    if suffix == ".mxf":
        _check_mxf(source, codec)
    found = losses(source, codec, suffix)
    if lost := unallowed(found, allowed):
        raise _loses_error(source, lost, codec, suffix)
    return found


def check_image_chapters(source: Source, allowed: Collection[str]) -> tuple[Loss, ...]:
    """The chapters of a film without other streams, which an image sequence stores as one list of text.

    Raises UsageError for a loss that is not allowed.
    """
    lost = chapter_losses(source, ".txt") if len(source.streams) == 1 else ()
    for bad in unallowed(lost, allowed):
        raise UsageError(
            f"The text file of an image sequence cannot hold the {bad.what}.",
            str(source.path),
            f"Restore to -o {source.path.stem}.mkv; or drop them with --allow-loss chapters.",
            code="container-loses",
        )
    return lost


def _check_mxf(source: Source, codec: FilmCodec, sample_aspect: Fraction = Fraction(1)) -> None:
    obstacle = mxf_obstacle(source, codec)
    if obstacle is None and codec == "dnxhr" and sample_aspect != 1:
        obstacle = "sample aspect of a dnxhr film"  # ffmpeg's muxer writes square pixels of DNxHR
    if obstacle is not None:
        raise _refuses_error(source, obstacle, codec, ".mxf")


def check_container(
    source: Source, video: VideoFormat, suffix: str, allowed: Collection[str] = ()
) -> None:
    """Write a trial result of two frames before the run.

    Raises UsageError for everything that this container cannot hold and that is not `allowed`, and the
    encoder's OutputError if it refuses the format.
    """
    muxer_for(Path(f"result{suffix}"))
    found = copy_methods(source, suffix)
    if bad := unallowed(_lost(source, found), allowed):
        raise _loses_error(source, bad, video.codec, suffix)
    if suffix == ".mxf":
        _check_mxf(source, video.codec, video.sar)
    not_copied = {index for index, copy in found.items() if copy.method in ("dropped", "appended")}
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        part = Path(folder) / "part.mkv"
        trial_encode(video, part)
        target = Path(folder) / f"result{suffix}"
        try:
            with muxer_messages():
                _trial_join(source, part, target, not_copied)
        except (ValueError, av.error.FFmpegError) as error:
            raise _refuses_error(
                source, f"{video.codec} film", video.codec, suffix, error
            ) from error


def _trial_join(source: Source, part: Path, target: Path, without: Collection[int]) -> None:
    """A result of two frames and the first packets of all other streams."""
    with (
        open_input(part, "matroska") as film,
        open_input(source.path, source.container) as origin,
        create(target) as output,
    ):
        added: Any = output.add_stream_from_template(film.streams.video[0], opaque=True)
        added.codec_context.framerate = Fraction(25)  # MXF divides by it
        others = [s for s in other_streams(origin, source.video) if s.index not in without]
        copies = {stream.index: add_copy(output, stream) for stream in others}
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = added
                output.mux(packet)
        for packet in itertools.islice(copied_packets(origin, copies, None), _TRIAL_PACKETS):
            output.mux(packet)


def _loses_error(source: Source, lost: Sequence[Loss], codec: FilmCodec, suffix: str) -> UsageError:
    """The error for a loss, with a container or codec that can hold it, or the option that allows it."""
    captions = lost[0].kind in NAMES
    where = f"The codec {codec}" if captions else f"A {suffix} file"
    allow = " ".join(f"--allow-loss {kind}" for kind in dict.fromkeys(loss.kind for loss in lost))
    better = None if captions else _better(source, codec, suffix)
    if captions:
        advice = f"Use --codec {' or '.join(HOLDERS[:2])}"
    elif better is not None:
        advice = f"Use -o {source.path.stem}.restored{better}"
    else:
        advice = "No supported container can hold it"
    gone = ", ".join(loss.what + (f": {loss.why}" if loss.why else "") for loss in lost)
    return UsageError(
        f"{where} cannot hold the {gone}.",
        str(source.path),
        f"{advice}; or drop it with {allow}.",
        code="container-loses",
    )


def _better(source: Source, codec: FilmCodec, suffix: str) -> str | None:
    """Another container that can hold the whole film, if there is one."""
    better = container_for(source, codec)
    return better if better != suffix and not losses(source, codec, better) else None


def _refuses_error(
    source: Source, what: str, codec: FilmCodec, suffix: str, error: Exception | None = None
) -> UsageError:
    """The error for a container that cannot hold the film itself, with one that can."""
    better = container_for(source, codec)
    better = better if better != suffix else (".mkv" if suffix != ".mkv" else ".mov")
    gone = dict.fromkeys(loss.kind for loss in losses(source, codec, better))
    allowing = "".join(f" --allow-loss {kind}" for kind in gone)
    said = f": {muxer_message(error)}" if error is not None else ""
    return UsageError(
        f"A {suffix} file cannot hold the {what}{said}.",
        str(source.path),
        f"Use -o {source.path.stem}.restored{better}{allowing}.",
        code="container-refuses",
    )
