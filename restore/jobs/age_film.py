"""A film file aged: decoded once, shot by shot, a few frames at a time, its time stamps kept."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from restore import __version__
from restore.ageing.aged_planes import FilmPlanes
from restore.ageing.amounts import Ageing
from restore.ageing.random_streams import seeded
from restore.ageing.shot import AgedShot, age, in_files
from restore.ageing.shrink import resize
from restore.ageing.storage import to_codes
from restore.clip import Clip, ColorSpec
from restore.errors import OutputError, SourceError, UsageError
from restore.filters.rgb import to_rgb
from restore.jobs.prepare import check_writable
from restore.media.color.convert import from_clip, to_clip
from restore.media.color.pixels import DecodedFrame as Decoded
from restore.media.color.pixels import PixelFormat, pixel_format
from restore.media.container.formats import check_container, muxer_for
from restore.media.container.join import check_ticks, join
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import Codec, PartEncoder, VideoFormat, output_pixel_format
from restore.media.source import Source
from restore.store import publish_all, writing_failed
from restore.survey.survey import survey
from restore.timing import FrameTable, Span, cut_evenly

SCHEMA = 1

LONGEST = 1500
"""Frames after which a shot is aged as another one: what lasts is followed from a shot's start."""

_RUN_FRAMES, _RUN_BYTES = (12, 96), 1 << 27
"""Frames that go through the codecs together, and the memory for their code values."""

_PIECE_FRAMES, _PIECE_BYTES = (2, 32), 1 << 29
"""Frames that are aged together, and the memory for what is computed on the way."""

_WORKING_PLANES = 16
"""Float planes of the sharp size that ageing a frame takes at its peak, about."""

_LEAST = 16
"""Fewest rows and columns of an aged picture: one block of the codecs."""

_NEUTRAL = 128 / 255
"""No chroma, in code values."""

Choose = Callable[[int, int], Ageing]
"""(number of the shot, lines of the aged picture) -> its amounts"""

Tell = Callable[[str, int, int], None]
"""(what is being done, frames done, frames in all)"""


@dataclass(frozen=True)
class AgeRequest:
    """A clip to age, and where the results go; `truth` and `masks` only if named.

    `codec` codes the aged film and the truth (None: lossless in Matroska, else H.264); masks are
    always lossless. `shrink`: how many times smaller the aged picture is.
    """

    clip: Path
    aged: Path
    truth: Path | None
    masks: Path | None
    choose: Choose
    seed: int
    shrink: int
    codec: Codec | None
    overwrite: bool

    @property
    def record(self) -> Path:
        """Where the amounts are written down."""
        return self.aged.with_name(f"{self.aged.name}.age.json")

    @property
    def films(self) -> dict[str, Path]:
        """The films that are wanted, by what they show."""
        named = {"aged": self.aged, "truth": self.truth, "masks": self.masks}
        return {name: path for name, path in named.items() if path is not None}


@dataclass(frozen=True)
class ShotAgeing:
    """A shot and what happens to it."""

    number: int
    span: Span
    amounts: Ageing


def age_film(order: AgeRequest, tell: Tell) -> tuple[ShotAgeing, ...]:
    """Age a clip; writes the films and the record of the amounts, which it returns.

    Every frame of the clip is in the result under its own time stamp; sound and everything else is
    copied. All results get their names, the record last, or none. Shot n depends on the clip, the
    amounts, the seed and n alone. Raises SourceError for a clip that is damaged, interlaced or too
    small, UsageError and OutputError for names that will not do.
    """
    _check_names(order)
    source = probe(order.clip)
    size = _sharp_size(source, order.shrink)
    try:
        with ExitStack() as stack:
            rooms = {name: _room(path, stack) for name, path in order.films.items()}
            frames, spans = _look(source, rooms["aged"], tell)
            lines = size[0] // order.shrink
            shots = tuple(
                ShotAgeing(number, span, order.choose(number, lines))
                for number, span in enumerate(spans)
            )
            formats = _formats(order, source, frames, size, any(_has_color(s) for s in shots))
            for name, path in order.films.items():
                check_container(source, formats[name], path.suffix, ("data",))
                check_ticks(path, frames)
            parts = {name: rooms[name] / f"{name}.mkv" for name in formats}
            _age_all(order, source, frames, shots, formats, parts, tell)
            ready = _joined(order, source, frames, parts, tell)
            ready[order.record] = rooms["aged"] / "record.json"
            with _told_as(order.record):
                ready[order.record].write_bytes(_record(order, size, shots))
            publish_all(ready, replace=order.overwrite)
    except OSError as error:
        raise writing_failed(order.aged, error) from error
    return shots


def _room(path: Path, stack: ExitStack) -> Path:
    """A folder beside a result, so on its own disk, for what becomes it; gone when the stack closes."""
    with _told_as(path):
        room = tempfile.TemporaryDirectory(dir=path.parent, prefix=".restore-age-")
        return Path(stack.enter_context(room))


@contextmanager
def _told_as(path: Path) -> Generator[None]:
    """What cannot be written in this block is told by the name of its result."""
    try:
        yield
    except OSError as error:
        raise writing_failed(path, error) from error
    except OutputError as error:
        raise OutputError(error.what, str(path), error.what_to_do) from error


def _check_names(order: AgeRequest) -> None:
    names = [*order.films.values(), order.record]
    if len({path.absolute() for path in names}) < len(names):
        raise UsageError("Two results have the same name.", str(order.aged), "Name them apart.")
    for path in order.films.values():
        muxer_for(path)
        check_writable(path)
    for path in names:
        if not path.exists():
            continue
        if order.clip.exists() and path.samefile(order.clip):
            todo = "Choose another name: the clip is never touched."
            raise UsageError("The result would replace the clip.", str(path), todo)
        if not order.overwrite:
            todo = "Choose another name, or replace it with --overwrite."
            raise OutputError("There is a file under the result's name.", str(path), todo)


def _sharp_size(source: Source, shrink: int) -> tuple[int, int]:
    """Height and width that are aged: the largest multiples of the factor, from the upper left."""
    if source.field_order in ("tff", "bff"):
        todo = "Deinterlace it first: fields would be mixed."
        raise SourceError("The clip is interlaced.", str(source.path), todo)
    height, width = (side // shrink * shrink for side in (source.height, source.width))
    if min(height, width) // shrink < _LEAST:
        what = f"The clip is too small to shrink: {source.width}x{source.height}."
        raise SourceError(what, str(source.path), "Use a smaller --shrink.")
    return height, width


def _look(source: Source, folder: Path, tell: Tell) -> tuple[FrameTable, list[Span]]:
    """The clip's frames as they decode and its shots, long ones cut evenly."""
    count = len(source.frames)
    found = survey(
        source, folder / "thumbnails", tell=lambda done: tell("looking for shots", done, count)
    )
    if found.damage:
        raise SourceError("The clip is damaged.", found.damage[0], "Age one that is whole.")
    return found.frames, [part for shot in found.shots for part in cut_evenly(shot.span, LONGEST)]


def _has_color(shot: ShotAgeing) -> bool:
    return shot.amounts.color or shot.amounts.tint != (0, 0)


def _formats(
    order: AgeRequest, source: Source, frames: FrameTable, size: tuple[int, int], colored: bool
) -> dict[str, VideoFormat]:
    """How each film is coded. Lossless ones are full range: code values are those of the ageing."""

    def coded(path: Path, codec: Codec, color: bool, shrink: int) -> VideoFormat:
        height, width = size[0] // shrink, size[1] // shrink
        pixels = pixel_format("yuv420p" if color else "gray")
        odd = bool(height % 2 or width % 2)
        return VideoFormat(
            codec=codec,
            pixel_format=output_pixel_format(codec, pixels, color, odd),
            width=width,
            height=height,
            rate=frames.rate,
            sar=source.sar,
            color=ColorSpec("bt709", "full" if codec == "ffv1" else "limited", "center"),
            crf=None,
            preset=None,
        )

    formats: dict[str, VideoFormat] = {}
    for name, path in order.films.items():
        codec: Codec = order.codec or ("ffv1" if path.suffix.lower() == ".mkv" else "h264")
        if name == "masks":
            formats[name] = coded(path, "ffv1", False, order.shrink)
        else:
            formats[name] = coded(path, codec, colored, order.shrink if name == "aged" else 1)
    return formats


@dataclass(frozen=True)
class _Reel:
    """A film being written."""

    film: Path
    encoder: PartEncoder
    pixels: PixelFormat
    video: VideoFormat

    def write(self, picture: FilmPlanes) -> None:
        """Some frames more."""
        chroma = picture.chroma
        size = self.pixels.chroma_size(self.video.width, self.video.height)
        if chroma is not None and size is not None:
            chroma = resize(chroma, (size[1], size[0]), "area")
        clip = Clip(picture.luma, chroma, 0, self.video.color)
        with _told_as(self.film):
            for planes in from_clip(clip, self.pixels, self.video.color, dither=False):
                self.encoder.write(planes)

    def finish(self) -> None:
        """All frames are written."""
        with _told_as(self.film):
            self.encoder.finish()


def _age_all(
    order: AgeRequest,
    source: Source,
    frames: FrameTable,
    shots: Sequence[ShotAgeing],
    formats: Mapping[str, VideoFormat],
    parts: Mapping[str, Path],
    tell: Tell,
) -> None:
    """Every frame, in order, into the parts."""
    pictures = read_frames(source, frames, Span(0, len(frames)))
    sharp = source.height * source.width
    longest_run = _fitting(_RUN_FRAMES, _RUN_BYTES, 3 * sharp // order.shrink**2)
    longest_piece = _fitting(_PIECE_FRAMES, _PIECE_BYTES, 4 * _WORKING_PLANES * sharp)
    with ExitStack() as stack, torch.inference_mode():
        reels = {
            name: _Reel(
                order.films[name],
                stack.enter_context(PartEncoder(video, parts[name])),
                pixel_format(video.pixel_format),
                video,
            )
            for name, video in formats.items()
        }
        waiting: list[Decoded] = []
        for shot, run in [
            (each, run) for each in shots for run in cut_evenly(each.span, longest_run)
        ]:
            done: list[FilmPlanes] = []
            for own in cut_evenly(run, longest_piece):
                _fetch(waiting, pictures, min(own.stop + 1, shot.span.stop))
                aged = _piece(waiting, source, own, shot, order)
                del waiting[: len(own)]
                _write_beside(reels, aged, len(own))
                done.append(_coded(aged, len(own)))
                tell("ageing", own.stop, len(frames))
            reels["aged"].write(in_files(_whole(done), shot.amounts))
        for reel in reels.values():
            reel.finish()


def _fitting(span: tuple[int, int], memory: int, frame: int) -> int:
    return min(span[1], max(span[0], memory // frame))


def _fetch(waiting: list[Decoded], pictures: Iterator[Decoded], stop: int) -> None:
    """Decode up to the frame before `stop`."""
    while not waiting or waiting[-1].index < stop - 1:
        waiting.append(next(pictures))


def _piece(
    waiting: Sequence[Decoded], source: Source, own: Span, shot: ShotAgeing, order: AgeRequest
) -> AgedShot:
    """The frames `own` aged but for the codecs, and the next one, from which fields may come."""
    rgb = to_rgb(to_clip(waiting, source.format, source.color))
    height, width = _sharp_size(source, order.shrink)
    bare = shot.amounts.model_copy(update={"codec": "none", "codec_before": "none"})
    luck = seeded(order.seed, "shot", shot.number)
    first = own.start - shot.span.start
    return age(rgb[..., :height, :width], bare, order.shrink, luck, first)


def _write_beside(reels: Mapping[str, _Reel], aged: AgedShot, count: int) -> None:
    """The truth and the masks of the first `count` frames."""
    if "truth" in reels:
        chroma = None if aged.true_chroma is None else aged.true_chroma[:count]
        reels["truth"].write(FilmPlanes(aged.truth[:count], chroma))
    if "masks" in reels:
        changed = torch.stack(list(aged.masks.values())).any(0)
        reels["masks"].write(FilmPlanes(changed[:count].float()))


def _coded(aged: AgedShot, count: int) -> FilmPlanes:
    """The first `count` frames in code values: they wait for the codecs in a quarter of the memory."""
    chroma = aged.chroma
    luma = to_codes(aged.aged[:count])
    return FilmPlanes(luma, None if chroma is None else to_codes(chroma[:count] + _NEUTRAL))


def _whole(done: Sequence[FilmPlanes]) -> FilmPlanes:
    """Pieces in code values as one picture in nominal units."""
    luma = torch.cat([piece.luma for piece in done]).float() / 255
    chroma = [piece.chroma for piece in done if piece.chroma is not None]
    return FilmPlanes(luma, torch.cat(chroma).float() / 255 - _NEUTRAL if chroma else None)


def _joined(
    order: AgeRequest, source: Source, frames: FrameTable, parts: Mapping[str, Path], tell: Tell
) -> dict[Path, Path]:
    """The parts under the clip's time stamps, with its sound: by their final names."""
    tags = {"comment": f"aged with restore {__version__}"}
    joined: dict[Path, Path] = {}
    for name, path in order.films.items():
        tell("joining", len(frames), len(frames))
        joined[path] = parts[name].with_name(f"{name}-joined{path.suffix}")
        with _told_as(path):
            join([parts[name]], frames, source, joined[path], tags)
    return joined


def _record(order: AgeRequest, size: tuple[int, int], shots: Sequence[ShotAgeing]) -> bytes:
    record: dict[str, Any] = {
        "schema_version": SCHEMA,
        "restore": __version__,
        "clip": order.clip.name or order.clip.resolve().name,
        "seed": order.seed,
        "shrink": order.shrink,
        "width": size[1] // order.shrink,
        "height": size[0] // order.shrink,
        "shots": [
            {
                "first": shot.span.start,
                "frames": len(shot.span),
                "amounts": shot.amounts.model_dump(mode="json"),
            }
            for shot in shots
        ],
    }
    return json.dumps(record, indent=1).encode() + b"\n"
