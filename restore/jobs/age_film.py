"""Age a film file: decoded once, shot by shot, a few frames at a time, with its PTS."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from restore import __version__
from restore.ageing.aged_planes import FilmPlanes
from restore.ageing.amounts import Ageing
from restore.ageing.chosen_look import ChooseAmounts, look_for_shots
from restore.ageing.random_streams import seeded
from restore.ageing.shot import AgedShot, age, in_files
from restore.ageing.shrink import resize
from restore.ageing.storage import to_codes
from restore.clip import Clip, ColorSpec
from restore.errors import OutputError, SourceError, UsageError
from restore.filters.rgb import to_rgb
from restore.jobs.prepare import check_writable
from restore.jobs.record_files import film_name
from restore.media.codecs import FILM_CODECS, FilmCodec, is_film_codec
from restore.media.color.convert import from_clip, to_clip
from restore.media.color.pixels import DecodedFrame as Decoded
from restore.media.color.pixels import PixelFormat, pixel_format
from restore.media.container.formats import check_container
from restore.media.container.join import check_frame_times, join
from restore.media.container.muxers import muxer_for
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import PartEncoder, VideoFormat, output_pixel_format
from restore.media.source import Source
from restore.store import publish_all, writing_failed
from restore.survey.survey import survey
from restore.timing import FrameTable, Span, cut_evenly

SCHEMA = 1

LONGEST = 1500
"""Longer shots are divided: lasting damage is computed from the start of a shot."""

_RUN_FRAMES, _RUN_BYTES = (12, 96), 1 << 27
"""Frames that are compressed together (minimum, maximum), and memory for their code values."""

_PIECE_FRAMES, _PIECE_BYTES = (2, 32), 1 << 29
"""Frames that are aged together (minimum, maximum), and memory for intermediate results."""

_WORKING_PLANES = 16
"""Approximate maximum of float planes in the sharp size for ageing a frame."""

_MIN_SIDE = 16
"""Smallest height and width of an aged frame: one block of the codecs."""

_NEUTRAL = 128 / 255
"""Neutral chroma, in code values divided by 255."""

AgeProgress = Callable[[str, int, int], None]
"""(what is being done, frames done, number of frames)"""


@dataclass(frozen=True)
class AgeRequest:
    """A clip to age, and the paths of the results; `truth` and `masks` only if requested.

    `codec` is that of the aged film and the ground truth (None: lossless in Matroska, else H.264);
    masks are always lossless. `shrink`: how many times smaller the aged frames are.
    """

    clip: Path
    aged: Path
    truth: Path | None
    masks: Path | None
    choose: ChooseAmounts
    seed: int
    shrink: int
    codec: FilmCodec | None
    overwrite: bool

    @property
    def record(self) -> Path:
        """The file with the amounts."""
        return self.aged.with_name(f"{self.aged.name}.age.json")

    @property
    def films(self) -> dict[str, Path]:
        """The films that are requested, by their content."""
        named = {"aged": self.aged, "truth": self.truth, "masks": self.masks}
        return {name: path for name, path in named.items() if path is not None}

    @property
    def name(self) -> str:
        """The clip's name; of the current folder, the folder's."""
        return self.clip.name or self.clip.resolve().name


def age_request(
    clip: Path,
    output: Path | None,
    *,
    look: str = "silent",
    changes: Mapping[str, Any] = MappingProxyType({}),
    seed: int = 1,
    shrink: int = 1,
    truth: Path | None = None,
    masks: Path | None = None,
    codec: str | None = None,
    overwrite: bool = False,
) -> AgeRequest:
    """A request with the amounts of a look and changes to them; the default output is CLIP.aged.mkv.

    Raises UsageError for unknown looks, codecs and amounts, and for a `shrink` other than 1, 2 and 4.
    """
    if shrink not in (1, 2, 4):
        what = "Frames can be made 1, 2 or 4 times smaller."
        raise UsageError(what, f"--shrink {shrink}", code="shrink-invalid")
    if codec is not None and not is_film_codec(codec):
        todo = f"Choose one of {', '.join(FILM_CODECS)}."
        raise UsageError(f"Unknown codec {codec!r}.", "--codec", todo, code="unknown-codec")
    folder, name = film_name(clip)
    return AgeRequest(
        clip=clip,
        aged=output or folder / f"{name}.aged.mkv",
        truth=truth,
        masks=masks,
        choose=look_for_shots(look, changes, seed),
        seed=seed,
        shrink=shrink,
        codec=codec,
        overwrite=overwrite,
    )


@dataclass(frozen=True)
class ShotAgeing:
    """A shot and its amounts."""

    number: int
    span: Span
    amounts: Ageing


def age_film(request: AgeRequest, progress: AgeProgress) -> tuple[ShotAgeing, ...]:
    """Age a clip; writes the films and the amounts, which it returns.

    Every frame of the clip is in the result with its PTS; sound and all other streams are copied. Either all
    results get their names, the record last, or none. Shot n depends only on the clip, the amounts, the seed
    and n. Raises SourceError for a clip that is damaged, interlaced or too small, UsageError and OutputError
    for names that cannot be used.
    """
    _check_names(request)
    source = probe(request.clip)
    size = _sharp_size(source, request.shrink)
    try:
        with ExitStack() as stack:
            folders = {name: _folder_for(path, stack) for name, path in request.films.items()}
            frames, spans = _survey(source, folders["aged"], progress)
            lines = size[0] // request.shrink
            shots = tuple(
                ShotAgeing(number, span, request.choose(number, lines))
                for number, span in enumerate(spans)
            )
            formats = _formats(request, source, frames, size, any(_has_color(s) for s in shots))
            for name, path in request.films.items():
                check_container(source, formats[name], path.suffix, ("data",))
                check_frame_times(path, frames)
            parts = {name: folders[name] / f"{name}.mkv" for name in formats}
            _age_all(request, source, frames, shots, formats, parts, progress)
            ready = _joined(request, source, frames, parts, progress)
            ready[request.record] = folders["aged"] / "record.json"
            with _reported_as(request.record):
                ready[request.record].write_bytes(_record(request, size, shots))
            publish_all(ready, replace=request.overwrite)
    except OSError as error:
        raise writing_failed(request.aged, error) from error
    return shots


def _folder_for(path: Path, stack: ExitStack) -> Path:
    """A temporary folder next to a result, so on the same disk; removed when the stack closes."""
    with _reported_as(path):
        folder = tempfile.TemporaryDirectory(dir=path.parent, prefix=".restore-age-")
        return Path(stack.enter_context(folder))


@contextmanager
def _reported_as(path: Path) -> Generator[None]:
    """Write errors in this block have the path of the result, not of temporary files."""
    try:
        yield
    except OSError as error:
        raise writing_failed(path, error) from error
    except OutputError as error:
        raise OutputError(error.what, str(path), error.what_to_do, code=error.code) from error


def _check_names(request: AgeRequest) -> None:
    names = [*request.films.values(), request.record]
    if len({path.absolute() for path in names}) < len(names):
        what, todo = "Two results have the same name.", "Choose different names."
        raise UsageError(what, str(request.aged), todo, code="same-names")
    for path in request.films.values():
        muxer_for(path)
        check_writable(path)
    for path in names:
        if not path.exists():
            continue
        if request.clip.exists() and path.samefile(request.clip):
            what, todo = "The result would replace the source clip.", "Choose another name."
            raise UsageError(what, str(path), todo, code="output-is-source")
        if not request.overwrite:
            todo = "Choose another name, or replace it with --overwrite."
            what = "A file with the result's name already exists."
            raise OutputError(what, str(path), todo, code="output-exists")


def _sharp_size(source: Source, shrink: int) -> tuple[int, int]:
    """Height and width of the part that is aged: multiples of `shrink`, from the upper left corner."""
    if source.field_order in ("tff", "bff"):
        what, todo = "The clip is interlaced.", "Deinterlace it first: fields would be mixed."
        raise SourceError(what, str(source.path), todo, code="interlaced")
    height, width = (side // shrink * shrink for side in (source.height, source.width))
    if min(height, width) // shrink < _MIN_SIDE:
        what = f"The clip is too small to shrink: {source.width}x{source.height}."
        todo = "Use a smaller --shrink."
        raise SourceError(what, str(source.path), todo, code="picture-too-small")
    return height, width


def _survey(source: Source, folder: Path, progress: AgeProgress) -> tuple[FrameTable, list[Span]]:
    """The clip's frames as they are decoded, and its shots, long ones divided evenly."""
    count = len(source.frames)
    found = survey(
        source,
        folder / "thumbnails",
        progress=lambda done: progress("detecting shots", done, count),
    )
    if found.damage:
        what, todo = "The clip is damaged.", "Use an undamaged copy."
        raise SourceError(what, found.damage[0], todo, code="clip-damaged")
    return found.frames, [part for shot in found.shots for part in cut_evenly(shot.span, LONGEST)]


def _has_color(shot: ShotAgeing) -> bool:
    return shot.amounts.color or shot.amounts.tint != (0, 0)


def _formats(
    request: AgeRequest, source: Source, frames: FrameTable, size: tuple[int, int], colored: bool
) -> dict[str, VideoFormat]:
    """The format of each film. Lossless ones are full range: their code values are those of the ageing."""

    def coded(path: Path, codec: FilmCodec, color: bool, shrink: int) -> VideoFormat:
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
    for name, path in request.films.items():
        codec: FilmCodec = request.codec or ("ffv1" if path.suffix.lower() == ".mkv" else "h264")
        if name == "masks":
            formats[name] = coded(path, "ffv1", False, request.shrink)
        else:
            formats[name] = coded(path, codec, colored, request.shrink if name == "aged" else 1)
    return formats


@dataclass(frozen=True)
class _FilmWriter:
    """A film that is being written."""

    film: Path
    encoder: PartEncoder
    pixels: PixelFormat
    video: VideoFormat

    def write(self, picture: FilmPlanes) -> None:
        """Write some more frames."""
        chroma = picture.chroma
        size = self.pixels.chroma_size(self.video.width, self.video.height)
        if chroma is not None and size is not None:
            chroma = resize(chroma, (size[1], size[0]), "area")
        clip = Clip(picture.luma, chroma, 0, self.video.color)
        with _reported_as(self.film):
            for planes in from_clip(clip, self.pixels, self.video.color, dither=False):
                self.encoder.write(planes)

    def finish(self) -> None:
        """Finish: all frames are written."""
        with _reported_as(self.film):
            self.encoder.finish()


def _age_all(
    request: AgeRequest,
    source: Source,
    frames: FrameTable,
    shots: Sequence[ShotAgeing],
    formats: Mapping[str, VideoFormat],
    parts: Mapping[str, Path],
    progress: AgeProgress,
) -> None:
    """Age every frame, in order, and write the parts."""
    pictures = read_frames(source, frames, Span(0, len(frames)))
    sharp = source.height * source.width
    longest_run = _fitting(_RUN_FRAMES, _RUN_BYTES, 3 * sharp // request.shrink**2)
    longest_piece = _fitting(_PIECE_FRAMES, _PIECE_BYTES, 4 * _WORKING_PLANES * sharp)
    with ExitStack() as stack, torch.inference_mode():
        writers = {
            name: _FilmWriter(
                request.films[name],
                stack.enter_context(PartEncoder(video, parts[name])),
                pixel_format(video.pixel_format),
                video,
            )
            for name, video in formats.items()
        }
        pending: list[Decoded] = []
        for shot, run in [
            (each, run) for each in shots for run in cut_evenly(each.span, longest_run)
        ]:
            done: list[FilmPlanes] = []
            for own in cut_evenly(run, longest_piece):
                _fetch(pending, pictures, min(own.stop + 1, shot.span.stop))
                aged = _piece(pending, source, own, shot, request)
                del pending[: len(own)]
                _write_others(writers, aged, len(own))
                done.append(_coded(aged, len(own)))
                progress("ageing", own.stop, len(frames))
            writers["aged"].write(in_files(_whole(done), shot.amounts))
        for writer in writers.values():
            writer.finish()


def _fitting(span: tuple[int, int], memory: int, frame: int) -> int:
    return min(span[1], max(span[0], memory // frame))


def _fetch(pending: list[Decoded], pictures: Iterator[Decoded], stop: int) -> None:
    """Decode up to the frame before `stop`."""
    while not pending or pending[-1].index < stop - 1:
        pending.append(next(pictures))


def _piece(
    pending: Sequence[Decoded], source: Source, own: Span, shot: ShotAgeing, request: AgeRequest
) -> AgedShot:
    """The frames `own` aged without codecs, and the next one, whose fields may be needed."""
    rgb = to_rgb(to_clip(pending, source.format, source.color))
    height, width = _sharp_size(source, request.shrink)
    bare = shot.amounts.model_copy(update={"codec": "none", "codec_before": "none"})
    generator = seeded(request.seed, "shot", shot.number)
    first = own.start - shot.span.start
    return age(rgb[..., :height, :width], bare, request.shrink, generator, first)


def _write_others(writers: Mapping[str, _FilmWriter], aged: AgedShot, count: int) -> None:
    """Write the ground truth and the masks of the first `count` frames."""
    if "truth" in writers:
        chroma = None if aged.true_chroma is None else aged.true_chroma[:count]
        writers["truth"].write(FilmPlanes(aged.truth[:count], chroma))
    if "masks" in writers:
        changed = torch.stack(list(aged.masks.values())).any(0)
        writers["masks"].write(FilmPlanes(changed[:count].float()))


def _coded(aged: AgedShot, count: int) -> FilmPlanes:
    """The first `count` frames in code values, which need a quarter of the memory."""
    chroma = aged.chroma
    luma = to_codes(aged.aged[:count])
    return FilmPlanes(luma, None if chroma is None else to_codes(chroma[:count] + _NEUTRAL))


def _whole(done: Sequence[FilmPlanes]) -> FilmPlanes:
    """Pieces in code values as one clip in nominal units."""
    luma = torch.cat([piece.luma for piece in done]).float() / 255
    chroma = [piece.chroma for piece in done if piece.chroma is not None]
    return FilmPlanes(luma, torch.cat(chroma).float() / 255 - _NEUTRAL if chroma else None)


def _joined(
    request: AgeRequest,
    source: Source,
    frames: FrameTable,
    parts: Mapping[str, Path],
    progress: AgeProgress,
) -> dict[Path, Path]:
    """The parts with the clip's PTS and sound, by their final names."""
    tags = {"comment": f"aged with restore {__version__}"}
    joined: dict[Path, Path] = {}
    for name, path in request.films.items():
        progress("joining", len(frames), len(frames))
        joined[path] = parts[name].with_name(f"{name}-joined{path.suffix}")
        with _reported_as(path):
            join([parts[name]], frames, source, joined[path], tags)
    return joined


def _record(request: AgeRequest, size: tuple[int, int], shots: Sequence[ShotAgeing]) -> bytes:
    record: dict[str, Any] = {
        "schema_version": SCHEMA,
        "restore": __version__,
        "clip": request.name,
        "seed": request.seed,
        "shrink": request.shrink,
        "width": size[1] // request.shrink,
        "height": size[0] // request.shrink,
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
