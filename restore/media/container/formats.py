"""Containers of results: which there are, and whether one can hold all that a result needs."""

from __future__ import annotations

import errno
import itertools
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from restore.errors import OutputError, UsageError
from restore.media.codecs import CODECS, FilmCodec
from restore.media.container.captions import NAMES, kinds, read_payloads
from restore.media.container.copies import TIMECODE, add_copy, companions, copied_packets, words_for
from restore.media.container.encoder_check import rehearse
from restore.media.container.losses import OF_STREAMS, Loss, unallowed
from restore.media.container.matroska import STEREO_MODES
from restore.media.container.mxf import mxf_holds, mxf_obstacle, mxf_word_losses
from restore.media.container.stream_facts import facts_wrong, film_facts, stream_facts
from restore.media.container.streams import describe
from restore.media.container.userdata import HOLDERS
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.names import open_input, open_output
from restore.media.source import Source
from restore.store import writing_failed
from restore.timing import FrameTable

MUXERS = {".mkv": "matroska", ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mxf": "mxf"}
"""The suffixes a result may have, with ffmpeg's muxer for each."""

_OWN = {"mov": ".mp4", "matroska": ".mkv"}
"""The suffix of a result in the source's own container, by demuxer."""

_MKV_UNIT = Fraction(1, 1000)

_DRY_PACKETS = 64
"""Packets beside the film that a trial writes: enough to meet every stream's own rules."""

_MOVIE_CLOCK = 10_000
"""Ticks a second that an MP4's own clock has at least (its tracks' clocks have as many)."""


def muxer_for(target: Path) -> str:
    """The muxer for a result's name; raises UsageError for a suffix that is not supported."""
    muxer = MUXERS.get(target.suffix.lower())
    if muxer is None:
        known = ", ".join(MUXERS)
        raise UsageError(
            f"A result cannot be written as {target.suffix or 'a file without suffix'}.",
            str(target),
            f"Choose a name that ends in one of {known}, for instance -o {target.stem}.mkv",
        )
    return muxer


def create(
    target: Path, unit: Fraction = Fraction(1, 1000), *, any_tags: bool = False
) -> OutputContainer:
    """An output container by the target's suffix, with this program's muxer settings.

    `unit` is the film's time base: MP4 stores in parts of a second by the movie's own clock when each
    stream begins, so that clock must count finely enough. `any_tags` makes MP4 and QuickTime store tags
    under any name, in a form that fewer players show.
    """
    muxer = muxer_for(target)
    # negative stamps (sound that starts before the film) are stored as they are, not shifted
    options = {"avoid_negative_ts": "disabled"}
    if muxer == "mxf":
        options = {"strict": "unofficial"}  # old films' rates (16, 18) are in no broadcast standard
    elif muxer != "matroska":
        scale = unit.denominator
        while scale < _MOVIE_CLOCK:
            scale *= 2
        options["movie_timescale"] = str(scale)
        if any_tags:
            options["movflags"] = "use_metadata_tags"
    return open_output(target, muxer, options)


def needs_any_tags(target: Path, tags: Mapping[str, str]) -> bool:
    """Whether a container like the target loses some of these tags in its customary form.

    Tried out on a file without streams' data: only the muxer knows its names.
    """
    if muxer_for(target) not in ("mp4", "mov") or not tags:
        return False
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        trial = Path(folder) / f"probe{target.suffix}"
        with create(trial) as output:
            film: Any = output.add_mux_stream("h264", width=16, height=16)
            film.time_base = Fraction(1, 25)
            output.metadata.update(tags)
            output.start_encoding()
        with open_input(trial) as back:
            kept = {name.lower() for name in back.metadata}
    return any(name.lower() not in kept | {TIMECODE} for name in tags)  # timecode has its own track


def container_for(source: Source, codec: FilmCodec) -> str:
    """The suffix of a result: the source's own kind if that holds every stream, else ".mkv".

    ProRes and DNxHR go to ".mov", their home; so does what Matroska has no place for (mov_text subtitles).
    Where frames lie closer together than Matroska counts, MP4 takes its place.
    Where none holds everything, the one that loses the fewest streams, then words about them.
    """
    own = ".mov" if source.suffix == ".mov" else _OWN.get(source.container, ".mkv")
    crowded = too_close(source.frames) is not None
    wanted = dict.fromkeys((own, ".mp4", ".mov") if crowded else (own, ".mkv", ".mov"))
    if CODECS[codec].containers[0] == ".mov":
        wanted = dict.fromkeys((".mov", *wanted))
    lost: dict[str, tuple[int, int]] = {}
    for suffix in wanted:
        if not _holds(suffix, codec) or (crowded and suffix == ".mkv"):
            continue
        streams, words = _without_place(source, suffix)
        if not streams and not words:
            return suffix
        lost[suffix] = (len(streams), len(words))
    return min(lost, key=lambda suffix: lost[suffix], default=".mkv")


def too_close(frames: FrameTable) -> int | None:
    """The first frame that Matroska, which counts milliseconds, cannot tell from the next one."""
    ticks = [round(pts * frames.time_base / _MKV_UNIT) for pts in frames.pts]
    return next((index for index, (a, b) in enumerate(itertools.pairwise(ticks)) if a >= b), None)


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
    streams, words = _without_place(source, suffix)
    return (*streams, *words, *caption_losses(source, codec))


def _without_place(source: Source, suffix: str) -> tuple[tuple[Loss, ...], tuple[Loss, ...]]:
    """The streams that a container of this suffix cannot hold, and the words about all others."""
    streams = stream_losses(source, suffix)
    words = word_losses(source, suffix, {loss.stream for loss in streams})
    return streams, (*words, *stereo_losses(source, suffix))


def stereo_losses(source: Source, suffix: str) -> tuple[Loss, ...]:
    """The mark of a stereoscopic film, which of the containers here Matroska alone can hold."""
    if source.stereo is None or (suffix == ".mkv" and source.stereo in STEREO_MODES):
        return ()
    return (Loss("stereo", None, f"mark of a stereoscopic film ({source.stereo})"),)


def stream_losses(source: Source, suffix: str) -> tuple[Loss, ...]:
    """The streams beside the film that a container of this suffix cannot hold."""
    with open_input(source.path, source.container) as container:
        beside = companions(container, source.video)
        lost = [stream for stream in beside if not _fits(stream, suffix)]
        return tuple(
            Loss(OF_STREAMS[told.kind], told.index, f"stream {told.index} ({told.summary})")
            for told in map(describe, lost)
        )


def word_losses(source: Source, suffix: str, without: Collection[int | None]) -> tuple[Loss, ...]:
    """What such a container cannot say about the streams (but those `without` a place) and the whole.

    Tried out on a file with the first packet of each stream: only the muxer knows what it stores. Where
    even that cannot be written, `check_container` says why.
    """
    if suffix == ".mxf":
        return mxf_word_losses(source, without)
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        trial = Path(folder) / f"probe{suffix}"
        with open_input(source.path, source.container) as origin:
            beside = [s for s in companions(origin, source.video) if s.index not in without]
            film: Any = origin.streams[source.video]
            told = {s.index: stream_facts(s) for s in beside} | {film.index: film_facts(film)}
            try:
                written = _write_trial(trial, origin, film, beside)
            except (ValueError, av.error.FFmpegError):
                return ()
        with open_input(trial) as back:
            found = [stream_facts(stream) for stream in back.streams]
    lost: list[Loss] = []
    for index, facts in zip(written, found, strict=False):
        of_film = index == source.video
        whose = "film" if of_film else f"stream {index}"
        for kind, text in facts_wrong(told[index], facts):
            lost.append(Loss(kind, None if of_film else index, f"words of {whose} ({text})"))
    return tuple(lost)


def _write_trial(
    trial: Path, origin: InputContainer, film: Any, beside: Sequence[Any]
) -> list[int]:
    """A file with the streams' words and one packet each.

    Returns the source's numbers of the streams in the order in which they are read again: attached files
    come last, and only Matroska keeps streams without packets.
    """
    with create(trial, any_tags=True) as output:
        stand_in: Any = output.add_mux_stream("mpeg4", width=16, height=16)
        stand_in.time_base = Fraction(1, 25)
        stand_in.metadata.update(words_for(output, film, statistics=False))
        stand_in.disposition = film.disposition
        copies = {stream.index: add_copy(output, stream) for stream in beside}
        packet: Any = Packet(bytes([0, 0, 1, 0xB6, 16, 0, 0, 0]))
        packet.stream, packet.pts, packet.dts, packet.time_base = stand_in, 0, 0, Fraction(1, 25)
        packet.is_keyframe = True
        output.mux(packet)
        missing = {index for index, copy in copies.items() if copy.type != "attachment"}
        for packet in copied_packets(origin, copies, None):
            if packet.stream_index in {copies[index].index for index in missing}:
                output.mux(packet)
                missing -= {i for i in missing if copies[i].index == packet.stream_index}
            if not missing:
                break
        absent = set[int]() if output.format.name == "matroska" else missing
        tracks = [index for index, copy in copies.items() if copy.type != "attachment"]
        files = [index for index in copies if index not in tracks]
    return [film.index, *(index for index in tracks if index not in absent), *files]


def caption_losses(source: Source, codec: str) -> tuple[Loss, ...]:
    """Captions and active format of the film, for a codec that cannot hold them."""
    if codec in HOLDERS:
        return ()
    return tuple(Loss(kind, None, NAMES[kind]) for kind in kinds(read_payloads(source)))


def _fits(stream: Any, suffix: str) -> bool:
    """Whether a header with this stream alone can be written."""
    if suffix == ".mxf":
        return mxf_holds(stream)
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        output = create(Path(folder) / f"probe{suffix}")
        try:
            add_copy(output, stream)
            output.start_encoding()
            output.close()
        except (ValueError, av.error.FFmpegError):
            return False
    return True


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


def _check_mxf(source: Source, codec: FilmCodec) -> None:
    if (obstacle := mxf_obstacle(source, codec)) is not None:
        raise _misfit(source, obstacle, ".mxf", ".mov")


def check_container(
    source: Source, video: VideoFormat, suffix: str, allowed: Collection[str] = ()
) -> None:
    """Try the result's make-up on two frames, before the long work.

    Raises UsageError naming what a container of this suffix cannot hold and `allowed` does not name,
    and the encoder's own OutputError if it refuses the format.
    """
    muxer_for(Path(f"result{suffix}"))
    lost = stream_losses(source, suffix)
    if bad := unallowed(lost, allowed):
        raise _no_place(source, bad, video.codec, suffix)
    if suffix == ".mxf":
        _check_mxf(source, video.codec)
        if (
            video.codec == "dnxhr" and video.sar != 1
        ):  # ffmpeg's muxer writes square pixels of DNxHR
            raise _misfit(source, "sample aspect of a dnxhr film", ".mxf", ".mov")
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        part = Path(folder) / "part.mkv"
        rehearse(video, part)
        target = Path(folder) / f"result{suffix}"
        try:
            _dry_join(source, part, target, {loss.stream for loss in lost})
        except (ValueError, av.error.FFmpegError) as error:
            raise _misfit(source, f"{video.codec} film ({error})", suffix, ".mkv") from error


def _dry_join(source: Source, part: Path, target: Path, lost: Collection[int | None]) -> None:
    """A result of two frames and the first packets of everything beside it."""
    with (
        open_input(part, "matroska") as film,
        open_input(source.path, source.container) as origin,
        create(target) as output,
    ):
        added: Any = output.add_stream_from_template(film.streams.video[0], opaque=True)
        added.codec_context.framerate = Fraction(25)  # MXF divides by it
        beside = [s for s in companions(origin, source.video) if s.index not in lost]
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
    better = container_for(source, codec)
    if captions:
        way = f"Use --codec {' or '.join(HOLDERS[:2])}"
    elif better != suffix and not stream_losses(source, better):
        way = f"Use -o {source.path.stem}.restored{better}"
    else:
        way = "No container here can hold it"
    return UsageError(
        f"{where} cannot hold the {', '.join(loss.what for loss in lost)}.",
        str(source.path),
        f"{way}; or let it go with {allow}.",
    )


def _misfit(source: Source, what: str, suffix: str, better: str) -> UsageError:
    """What to do when a container cannot hold the film itself: the container that can."""
    if suffix == better:
        better = ".mov"
    return UsageError(
        f"A {suffix} file cannot hold the {what}.",
        str(source.path),
        f"use -o {source.path.stem}.restored{better}",
    )


def cannot_write(target: Path, error: Exception) -> OutputError:
    """A muxer's or the system's refusal, in the user's words."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in errno.errorcode:
        return writing_failed(target, OSError(number, os.strerror(number)))
    return OutputError(
        f"The result cannot be joined: {error}",
        str(target),
        f"Try another container: -o {target.stem}.mkv (finished parts are kept).",
    )
