"""Containers of results: which there are, and whether one can hold all that a result needs."""

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
from restore.media.container.copies import add_copy, companions, copied_packets
from restore.media.container.encoder_check import rehearse
from restore.media.container.fits import Place, muxer_speaks, muxers_words, places
from restore.media.container.losses import OF_STREAMS, Loss, unallowed
from restore.media.container.matroska import STEREO_MODES
from restore.media.container.muxers import create, muxer_for, too_close
from restore.media.container.mxf import mxf_obstacle
from restore.media.container.texts import STYLED, text_target
from restore.media.container.userdata import HOLDERS
from restore.media.container.word_losses import word_losses
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.names import open_input
from restore.media.source import Source

_OWN = {"mov": ".mp4", "matroska": ".mkv"}
"""The suffix of a result in the source's own container, by demuxer."""

_DRY_PACKETS = 64
"""Packets beside the film that a trial writes: enough to meet every stream's own rules."""


def container_for(source: Source, codec: FilmCodec) -> str:
    """The suffix of a result: the source's own kind if that holds every stream, else ".mkv".

    ProRes and DNxHR go to ".mov", their home. Where frames lie closer together than Matroska counts, MP4
    takes its place. Where none holds everything as it is, the one that loses the fewest streams, then words
    about them, then converts the fewest subtitles.
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
        found = places(source, suffix)
        streams, words = _without_place(source, suffix, found)
        converted = sum(place.way == "converted" for place in found.values())
        if not streams and not words and not converted:
            return suffix
        lost[suffix] = (len(streams), len(words), converted)
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
    """All that a result of this codec and suffix cannot hold of a film.

    Reads the film's packets once for a codec that cannot hold captions.
    """
    streams, words = _without_place(source, suffix, places(source, suffix))
    return (*streams, *words, *caption_losses(source, codec))


def _without_place(
    source: Source, suffix: str, found: Mapping[int, Place]
) -> tuple[tuple[Loss, ...], tuple[Loss, ...]]:
    """The streams that a container of this suffix cannot hold, and the words about all others."""
    untried = {index for index, place in found.items() if place.way in ("none", "appended")}
    words = word_losses(source, suffix, untried)
    return _lost(source, found), (
        *words,
        *stereo_losses(source, suffix),
        *chapter_losses(source, suffix),
    )


def stereo_losses(source: Source, suffix: str) -> tuple[Loss, ...]:
    """The mark of a stereoscopic film, which of the containers here Matroska alone can hold."""
    if source.stereo is None or (suffix == ".mkv" and source.stereo in STEREO_MODES):
        return ()
    return (Loss("stereo", None, f"mark of a stereoscopic film ({source.stereo})"),)


def chapter_losses(source: Source, suffix: str) -> tuple[Loss, ...]:
    """What Matroska's chapters say beyond one list with a title each, which no other container holds."""
    if suffix == ".mkv" or source.container != "matroska":
        return ()
    beyond = beyond_a_list(editions(read_chapters(source.path)))
    return (
        (Loss("chapters", None, f"chapters as they are ({', '.join(beyond)})"),) if beyond else ()
    )


def stream_losses(source: Source, suffix: str) -> tuple[Loss, ...]:
    """The streams beside the film that a container of this suffix cannot hold."""
    return _lost(source, places(source, suffix))


def _lost(source: Source, found: Mapping[int, Place]) -> tuple[Loss, ...]:
    told = {stream.index: stream for stream in source.streams}
    return tuple(
        Loss(
            OF_STREAMS[told[index].kind],
            index,
            f"stream {index} ({told[index].summary})",
            place.why,
        )
        for index, place in found.items()
        if place.way == "none"
    )


def conversions(source: Source, suffix: str) -> tuple[str, ...]:
    """What becomes of text subtitles that such a container knows in another form, a line each."""
    told = {stream.index: stream for stream in source.streams}
    return tuple(
        f"the subtitles of stream {index} become {text_target(suffix)} (they are {told[index].codec}): "
        + (
            "text and times are kept, styles are not"
            if told[index].codec in STYLED
            else "text and times are kept"
        )
        for index, place in places(source, suffix).items()
        if place.way == "converted"
    )


def caption_losses(source: Source, codec: str) -> tuple[Loss, ...]:
    """Captions and active format of the film, for a codec that cannot hold them."""
    if codec in HOLDERS:
        return ()
    return tuple(Loss(kind, None, NAMES[kind]) for kind in kinds(read_payloads(source)))


def check_losses(
    source: Source, codec: FilmCodec, suffix: str, allowed: Collection[str] = ()
) -> tuple[Loss, ...]:
    """What a result will lose, all of it of `allowed` kinds; raises UsageError for anything else."""
    if suffix == ".mxf":
        _check_mxf(source, codec)
    found = losses(source, codec, suffix)
    if lost := unallowed(found, allowed):
        raise _no_place(source, lost, codec, suffix)
    return found


def check_image_chapters(source: Source, allowed: Collection[str]) -> tuple[Loss, ...]:
    """The chapters of a film without other streams, which an image sequence keeps as text: a list at most.

    Raises UsageError where that loses something which is not allowed.
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
        raise _misfit(source, obstacle, codec, ".mxf")


def check_container(
    source: Source, video: VideoFormat, suffix: str, allowed: Collection[str] = ()
) -> None:
    """Try the result's make-up on two frames, before the long work.

    Raises UsageError naming what a container of this suffix cannot hold and `allowed` does not name,
    and the encoder's own OutputError if it refuses the format.
    """
    muxer_for(Path(f"result{suffix}"))
    found = places(source, suffix)
    if bad := unallowed(_lost(source, found), allowed):
        raise _no_place(source, bad, video.codec, suffix)
    if suffix == ".mxf":
        _check_mxf(source, video.codec, video.sar)
    untried = {index for index, place in found.items() if place.way in ("none", "appended")}
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        part = Path(folder) / "part.mkv"
        rehearse(video, part)
        target = Path(folder) / f"result{suffix}"
        try:
            with muxer_speaks():
                _dry_join(source, part, target, untried)
        except (ValueError, av.error.FFmpegError) as error:
            raise _misfit(source, f"{video.codec} film", video.codec, suffix, error) from error


def _dry_join(source: Source, part: Path, target: Path, without: Collection[int]) -> None:
    """A result of two frames and the first packets of everything beside it."""
    with (
        open_input(part, "matroska") as film,
        open_input(source.path, source.container) as origin,
        create(target) as output,
    ):
        added: Any = output.add_stream_from_template(film.streams.video[0], opaque=True)
        added.codec_context.framerate = Fraction(25)  # MXF divides by it
        beside = [s for s in companions(origin, source.video) if s.index not in without]
        copies = {stream.index: add_copy(output, stream) for stream in beside}
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = added
                output.mux(packet)
        for packet in itertools.islice(copied_packets(origin, copies, None), _DRY_PACKETS):
            output.mux(packet)


def _no_place(source: Source, lost: Sequence[Loss], codec: FilmCodec, suffix: str) -> UsageError:
    """What would be lost, and the ways out: a container or codec that can hold it, or to allow it."""
    captions = lost[0].kind in NAMES
    where = f"The codec {codec}" if captions else f"A {suffix} file"
    allow = " ".join(f"--allow-loss {kind}" for kind in dict.fromkeys(loss.kind for loss in lost))
    better = None if captions else _better(source, codec, suffix)
    if captions:
        way = f"Use --codec {' or '.join(HOLDERS[:2])}"
    elif better is not None:
        way = f"Use -o {source.path.stem}.restored{better}"
    else:
        way = "No container here can hold it"
    gone = ", ".join(loss.what + (f": {loss.why}" if loss.why else "") for loss in lost)
    return UsageError(
        f"{where} cannot hold the {gone}.",
        str(source.path),
        f"{way}; or let it go with {allow}.",
        code="container-loses",
    )


def _better(source: Source, codec: FilmCodec, suffix: str) -> str | None:
    """The container that holds all of a film, if another one than this does."""
    better = container_for(source, codec)
    return better if better != suffix and not losses(source, codec, better) else None


def _misfit(
    source: Source, what: str, codec: FilmCodec, suffix: str, error: Exception | None = None
) -> UsageError:
    """What to do when a container cannot hold the film itself: the container that can."""
    better = container_for(source, codec)
    better = better if better != suffix else (".mkv" if suffix != ".mkv" else ".mov")
    gone = dict.fromkeys(loss.kind for loss in losses(source, codec, better))
    allowing = "".join(f" --allow-loss {kind}" for kind in gone)
    said = f": {muxers_words(error)}" if error is not None else ""
    return UsageError(
        f"A {suffix} file cannot hold the {what}{said}.",
        str(source.path),
        f"Use -o {source.path.stem}.restored{better}{allowing}.",
        code="container-refuses",
    )
