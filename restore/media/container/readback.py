"""A result read back for the audit: a thumbnail of every frame, a digest of every copied stream."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
import numpy as np

from restore.clip import Matrix
from restore.errors import AuditError, SourceError
from restore.media.color.pixels import RawFrame, pixel_format
from restore.media.container.copies import Trim, inside, other_streams
from restore.media.container.nal import unframed
from restore.media.container.probe import probe
from restore.media.container.shown import shown_packets
from restore.media.container.stream_facts import NO_FACTS, StreamFacts, stream_facts
from restore.media.container.streams import choose_film
from restore.media.ffmpeg.framemd5 import framemd5_output
from restore.media.ffmpeg.log_lines import video_messages
from restore.media.ffmpeg.raw_frames import RawFrameReader, whole_frames
from restore.media.ffmpeg.reduced import (
    REDUCED_FORMAT,
    THUMBNAIL,
    Bytes,
    frame_thumbnail,
    limited_thumbnail,
    luma_filter,
    reduced_filter,
)
from restore.media.images.reader import ImageReader
from restore.media.names import open_input
from restore.media.source import Source

_GRAY = pixel_format("gray")


@dataclass(frozen=True, slots=True)
class Moments:
    """The times of a stream's packets, in decoding order, in microseconds of the file's clock.

    `offsets` are the bytes of payload before each packet, by which packets are matched if another container
    divides them differently; `begins` and `ends` are equal if the container has no duration. Packets without
    a PTS are left out.
    """

    offsets: array[int] = field(default_factory=lambda: array("q"))
    begins: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))


@dataclass(frozen=True, slots=True)
class StreamDigest:
    """A digest of a stream's payload.

    `sha256` covers the bytes of all packets together: containers divide uncompressed sound into different
    packets. ADTS headers of AAC, which only raw streams need, and start codes or lengths of H.264 and HEVC
    are left out. Silence at the end of PCM sound counts only in `size`: MXF pads its last frame with it.
    `start` is when the first packet begins, in seconds (None without packets). `facts` are its metadata,
    `moments` the times of its packets.
    """

    kind: str
    sha256: str
    size: int
    start: Fraction | None
    facts: StreamFacts = NO_FACTS
    moments: Moments = field(default_factory=Moments, compare=False, repr=False)


def read_thumbnails(
    path: Path, matrix: Matrix | None = None, hashes: Path | None = None
) -> Iterator[tuple[Fraction, Bytes]]:
    """(seconds, thumbnail [32, 32]) of every frame of a film, in order.

    The thumbnail is the area mean of luma, as `reduced.thumbnail` of a reduced frame, by `matrix`
    (None: the film's own, BT.709 for RGB). `hashes` is a file for the MD5s of a film file's frames (see
    framemd5.py), computed in the same pass. Raises SourceError if the file cannot be probed, AuditError if it
    cannot be decoded.
    """
    film = probe(path)
    if film.decoder != "ffmpeg":
        yield from _of_whole(film, matrix or "bt709")
        return
    size = (THUMBNAIL, THUMBNAIL)
    own = thumbnail_matrix(film)
    converted = film.format.family == "rgb" or (None not in (own, matrix) and own != matrix)
    filters = reduced_filter(film, size, matrix) if converted else luma_filter(size)
    also = framemd5_output(hashes) if hashes else None
    reader = RawFrameReader(film, REDUCED_FORMAT if converted else _GRAY, size, None, filters, also)
    for picture in _whole(reader, film):
        luma = picture.planes[0].view(np.uint8)
        seconds = picture.pts * film.frames.time_base
        yield seconds, luma if converted else limited_thumbnail(film, luma)


def _of_whole(film: Source, matrix: Matrix) -> Iterator[tuple[Fraction, Bytes]]:
    """The same for image files that ffmpeg does not read."""
    for picture in _whole(whole_frames(film), film):
        yield picture.pts * film.frames.time_base, frame_thumbnail(film, picture.planes, matrix)


def _whole(reader: RawFrameReader | ImageReader, film: Source) -> Iterator[RawFrame]:
    """All frames of a reader; raises AuditError if decoding fails."""
    try:
        yield from reader
        status, said = reader.wait(), video_messages(reader.messages(), film)
        if status != 0 or said:
            what = "The result cannot be decoded to its end."
            raise AuditError(what, str(film.path), "; ".join(said[:3]), code="result-undecodable")
    finally:
        reader.close()


def thumbnail_matrix(film: Source) -> Matrix | None:
    """The matrix of a film's thumbnails; None for gray ones.

    With another matrix the luma of strong colors differs by up to about twenty code values.
    """
    if film.format.family == "gray":
        return None
    return "bt709" if film.format.family == "rgb" else film.color.matrix


def stream_digests(
    path: Path, within: Trim | None = None, zero: Fraction = Fraction(0), *, early: bool = False
) -> dict[int, StreamDigest]:
    """A digest of every stream other than the film, by its index, in the file's order.

    Times count from `zero`, in seconds of the file's own clock; `early` as in `shown_packets`.

    `within` (seconds) selects only the packets that a film trimmed to it has, and limits subtitles to it.
    Raises SourceError if the file cannot be read.
    """
    try:
        with open_input(path) as container:
            film = choose_film(container)
            others = other_streams(container, -1 if film is None else film.index)
            sums = {stream.index: _Sum(stream) for stream in others}
            _add_packets(container, sums, within, zero, early=early)
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(
            f"The file cannot be read: {error}", str(path), code="source-unreadable"
        ) from error
    return {index: found.digest() for index, found in sums.items()}


def _add_packets(
    container: Any, sums: dict[int, _Sum], within: Trim | None, zero: Fraction, *, early: bool
) -> None:
    wanted = [container.streams[index] for index in sums]
    wanted = [stream for stream in wanted if stream.type != "attachment"]
    if not wanted:
        return
    for packet in shown_packets(container, wanted, zero, early=early):
        if not packet.size and packet.pts is None:
            continue
        if within is None or packet.stream.type == "video" or inside(packet, within):
            sums[packet.stream_index].add(packet, within)


def sample_digest(
    path: Path, index: int, within: Trim | None = None, zero: Fraction = Fraction(0)
) -> str:
    """SHA-256 over the decoded samples of a sound track, with their format, rate and number of channels.

    Raises AuditError if the track cannot be decoded.
    """
    sha = hashlib.sha256()
    layout = ""
    try:
        for frame in _decoded(path, index, within, zero):
            if not layout:
                layout = (
                    f"{frame.format.packed.name} {frame.sample_rate} {frame.layout.nb_channels}"
                )
                sha.update(layout.encode())
            sha.update(_samples(frame))
    except (av.error.FFmpegError, OSError) as error:
        raise AuditError(
            f"Sound cannot be decoded: {error}", str(path), code="audit-sound"
        ) from error
    return sha.hexdigest()


def _decoded(path: Path, index: int, within: Trim | None, zero: Fraction) -> Iterator[Any]:
    """All frames of a track."""
    with open_input(path) as container:
        track: Any = container.streams[index]
        for packet in shown_packets(container, [track], zero):
            if packet.size and (within is None or inside(packet, within)):
                yield from packet.decode()
        yield from track.codec_context.decode(None)


def _samples(frame: Any) -> bytes:
    """A frame's samples with all channels interleaved; some decoders return them channel by channel."""
    each, count = frame.format.bytes, frame.samples
    if not frame.format.is_planar:
        return bytes(memoryview(frame.planes[0])[: count * each * frame.layout.nb_channels])
    planes = [np.frombuffer(plane, np.uint8)[: count * each] for plane in frame.planes]
    return np.stack([plane.reshape(count, each) for plane in planes], axis=1).tobytes()


class _Sum:
    """A stream's digest while it is computed."""

    def __init__(self, stream: Any) -> None:
        self._kind = str(stream.type)
        self._facts = stream_facts(stream)
        self._aac = getattr(stream, "name", "") == "aac"
        self._units = self._kind == "video" and getattr(stream, "name", "") in ("h264", "hevc")
        self._pcm = str(getattr(stream, "name", "")).startswith("pcm_")
        self._silence = 0
        self._sha = hashlib.sha256()
        self._size = 0
        self._start: Fraction | None = None
        self._moments = Moments()
        if self._kind == "attachment":
            self._update(stream.data)

    def add(self, packet: Any, within: Trim | None) -> None:
        if self._start is None and packet.pts is not None:
            self._start = packet.pts * packet.time_base
        if packet.pts is not None:
            self._moments.offsets.append(self._size)
            self._moments.begins.append(_microseconds(packet.pts, packet))
            self._moments.ends.append(_end(packet, within))
        self._update(self._bare(bytes(packet)))

    def _bare(self, data: bytes) -> bytes:
        """A packet's payload without the framing, which differs between containers."""
        if self._units:
            return unframed(data)
        return without_adts(data) if self._aac else data

    def digest(self) -> StreamDigest:
        facts = (self._start, self._facts, self._moments)
        return StreamDigest(self._kind, self._sha.hexdigest(), self._size, *facts)

    def _update(self, data: bytes) -> None:
        self._size += len(data)
        sound = data.rstrip(b"\0") if self._pcm else data
        if sound:
            self._sha.update(bytes(self._silence))
            self._sha.update(sound)
            self._silence = 0
        self._silence += len(data) - len(sound)


def _end(packet: Any, within: Trim | None) -> int:
    """The end of a packet in microseconds; a subtitle ends with the trimmed film at the latest."""
    end = _microseconds(packet.pts + (packet.duration or 0), packet)
    if within is None or packet.stream.type != "subtitle":
        return end
    return min(end, round(1_000_000 * within[1]))


def _microseconds(ticks: int, packet: Any) -> int:
    return round(1_000_000 * ticks * packet.time_base)


def without_adts(data: bytes) -> bytes:
    """An AAC frame without its ADTS header (ISO 14496-3, 1.A.2.2), which containers do not store."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return data
    return data[7:] if data[1] & 1 else data[9:]
