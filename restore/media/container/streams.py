"""The streams of an opened file: what each is, and which of them is the film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from restore.media.source import Stream, StreamKind


def choose_film(container: InputContainer) -> VideoStream | None:
    """The stream that is the film: not a cover picture; the default one, then the largest."""

    def rank(stream: VideoStream) -> tuple[bool, int, int]:
        context = stream.codec_context
        default = bool(stream.disposition & Disposition.default)
        return default, context.width * context.height, -stream.index

    videos: list[Any] = list(container.streams.video)
    films = [video for video in videos if video.codec_context and not is_image(video)]
    return max(films, key=rank, default=None)


def is_image(stream: Any) -> bool:
    """Whether a video stream is a cover or another single image."""
    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def is_undeclared(stream: Any) -> bool:
    """Whether it consists of packets of a transport stream with an ID that is in none of its tables.

    Damage causes such streams; ffmpeg itself ignores them.
    """
    return stream.type == "unknown" and stream.container.format.name == "mpegts"


def read_only(container: InputContainer, wanted: Sequence[Any]) -> None:
    """Let the demuxer skip all streams but these: the film is most of a file's bytes."""
    indices = {stream.index for stream in wanted}
    for stream in list[Any](container.streams):
        if stream.index not in indices:
            stream.discard = Discard.all


def file_of(container: InputContainer) -> Path:
    """The file that a container was opened from."""
    return Path(container.name.removeprefix("file:"))


def describe(stream: Any) -> Stream:
    """A description of a stream of an opened file."""
    context = stream.codec_context
    # streams of unknown kinds have no name
    named = getattr(stream, "name", None) or "unknown"
    codec = named if context is None else context.codec.canonical_name
    kind: StreamKind = stream.type if stream.type in StreamKind.__args__ else "data"
    language = stream.metadata.get("language")
    language = None if language == "und" else language
    title = stream.metadata.get("title")
    parts = [kind, codec, language or "", f'"{title}"' if title else ""]
    if kind == "audio" and context is not None:
        parts += [f"{context.sample_rate} Hz", context.layout.name]
    if kind == "video" and context is not None:
        parts += [f"{context.width}x{context.height}"]
    return Stream(
        index=stream.index,
        kind=kind,
        codec=codec,
        language=language,
        title=title,
        attached_picture=kind == "video" and is_image(stream),
        default=bool(stream.disposition & Disposition.default),
        summary=" ".join(part for part in parts if part),
    )
