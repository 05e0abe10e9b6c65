"""Restores frames in memory like a film: with the same plan and treatments, without files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain as chained
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import torch

from restore.clip import Clip, ColorSpec
from restore.errors import UsageError
from restore.filters.rematrix import rematrixed
from restore.filters.resample import resample_chroma
from restore.jobs.prepare import cards_for
from restore.media.color.convert import from_clip, to_clip
from restore.media.color.pixels import DecodedFrame, PixelFormat, pixel_format
from restore.media.ffmpeg.reduced import reduced_size
from restore.media.source import Source
from restore.plan import Plan, make_plan
from restore.recipe import load_recipe
from restore.run.chain import Chain, load_chain, restored
from restore.run.engine import resolve_engine
from restore.survey.findings import Figures, Shot, Survey
from restore.survey.kinds import EXAMINED, Sample, classify_shot
from restore.survey.survey import WIDTH
from restore.timing import FrameTable, Span
from restore.treatments.colorize import ColorizeOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frames = NDArray[Any]

RgbMatrix = Literal["bt601", "bt709", "bt2020"]
"""How luma is made of red, green and blue."""

_NOT_MEASURED = Figures(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

KEPT_CHAINS = 4
"""Number of frame sizes for which the networks stay loaded."""


class Restorer:
    """Restores frames in memory: enlarges, cleans and colors them, as `restore.film` does with a film.

    The networks are loaded with the first frames and stay loaded. The frames of one call are one shot:
    whether they are colored is decided once, and the color is consistent over all of them, so pass the frames
    between two cuts (`restore.inspect` finds the cuts). Scratches, flicker and weave are not removed.

    Options have the names and values of a recipe: `upscale` (2 or 4), `colorize`, `recolor`, `clean`
    (0 to 1), `model`, `color_model`, `device`, `precision`. Without any the frames are unchanged.
    `matrix` is the matrix for R'G'B' arrays: `bt709`, `bt601` (standard definition) or `bt2020`.

    Raises UsageError for wrong options (all of them at once) and for models that do not exist.
    """

    def __init__(
        self,
        *,
        upscale: Literal[2, 4] | None = None,
        colorize: bool = False,
        recolor: bool = False,
        clean: float | None = None,
        model: str | Path | None = None,
        color_model: str | Path | None = None,
        device: str = "auto",
        precision: str = "auto",
        matrix: RgbMatrix = "bt709",
    ) -> None:
        options = {
            "upscale": upscale,
            "colorize": colorize,
            "recolor": recolor,
            "clean": clean,
            "model": None if model is None else str(model),
            "color_model": None if color_model is None else str(color_model),
            "device": device,
            "precision": precision,
        }
        # lossless, so that the plan has no notes and limits of an encoder
        self._recipe = load_recipe(None, {**options, "codec": "ffv1"}, keywords=True)
        if matrix not in ("bt601", "bt709", "bt2020"):
            raise UsageError(
                f"Unknown matrix {matrix!r}.",
                "matrix",
                "Choose bt601, bt709 or bt2020.",
                code="invalid-option",
            )
        self._matrix: RgbMatrix = matrix
        self._engine = resolve_engine(self._recipe)
        self._chains: dict[bytes, Chain] = {}
        cards_for(_source(64, 64, 1, _spec(matrix)), self._recipe)  # wrong models are detected here

    @overload
    def __call__(self, frames: Frames) -> Frames: ...

    @overload
    def __call__(self, frames: Clip) -> Clip: ...

    def __call__(self, frames: Frames | Clip) -> Frames | Clip:
        """The frames restored, in the same form.

        `frames` is an array of uint8 or uint16, R'G'B' [T, H, W, 3] or gray [T, H, W], full range (0 is
        black, 255 or 65535 white), or a `Clip`. The result has the same type and number of frames, and the
        requested size; with `colorize` gray frames become R'G'B', also title cards. Raises UsageError for
        arrays of another type or shape, OutOfMemory if even the smallest tiles do not fit.
        """
        if isinstance(frames, Clip):
            return self._clip(frames)
        form = _form_of(frames)
        clips = self._restored(_ArrayFrames(frames, form, self._matrix))
        first = next(clips, None)
        colored = form.family == "gray" and self._recipe.of(ColorizeOptions).colors
        if first is None:  # nothing to do: no value changes
            return np.repeat(frames[..., None], 3, axis=3) if colored else frames.copy()
        return _arrays(
            chained((first,), clips), len(frames), _rgb_of_depth(form) if colored else form
        )

    def _clip(self, frames: Clip) -> Clip:
        clips = list(self._restored(_ClipFrames(frames)))
        if not clips:
            return frames
        chroma = [clip.chroma for clip in clips if clip.chroma is not None]
        return replace(
            clips[0],
            luma=torch.cat([clip.luma for clip in clips]),
            chroma=torch.cat(chroma) if chroma else None,
            index=frames.index,
        )

    def _restored(self, frames: _ArrayFrames | _ClipFrames) -> Iterator[Clip]:
        """The frames through the plan's treatments, a few at a time; none if there is no treatment."""
        whole = Span(0, len(frames))
        probe = frames.part(Span(0, 1))
        height, width = probe.luma.shape[-2:]
        source = _source(width, height, len(frames), probe.color, probe.sample_aspect)
        survey = Survey(source.frames, (self._shot(frames),), (), "")
        plan = make_plan(
            source, survey, self._recipe, cards_for(source, self._recipe), self._engine, ""
        )
        chain = self._chain(plan, width * height)
        if not chain.links:
            return
        for start in range(0, whole.stop, chain.chunk):
            own = Span(start, min(whole.stop, start + chain.chunk))
            clip = frames.part(own.widened(chain.radius, whole))
            yield from restored(chain, clip, own, plan.shots[0])

    def _chain(self, plan: Plan, pixels: int) -> Chain:
        """The plan's treatments with their networks, loaded once for each size of frames."""
        key = repr((plan.treatments, pixels)).encode()
        if key not in self._chains:
            if len(self._chains) >= KEPT_CHAINS:
                self._chains.pop(next(iter(self._chains)))
            self._chains[key] = load_chain(plan, pixels)
        return self._chains[key]

    def _shot(self, frames: _ArrayFrames | _ClipFrames) -> Shot:
        """The kind of the frames, classified like a shot in the survey, if a treatment depends on it."""
        count = len(frames)
        if not self._recipe.of(ColorizeOptions).colors:
            return Shot(Span(0, count), "scene", "mono", None, _NOT_MEASURED)
        chosen = {round(k * (count - 1) / max(1, EXAMINED - 1)) for k in range(EXAMINED)}
        samples = [_sample(frames.part(Span(index, index + 1))) for index in sorted(chosen)]
        return classify_shot(Span(0, count), samples)


class _ClipFrames:
    """The frames of a clip, numbered from 0."""

    def __init__(self, clip: Clip) -> None:
        if not len(clip):
            raise _not_frames("a clip without frames")
        planes = (clip.luma,) if clip.chroma is None else (clip.luma, clip.chroma)
        for plane in planes:
            floating = isinstance(plane, torch.Tensor) and plane.is_floating_point()  # pyright: ignore[reportUnnecessaryIsInstance]
            if not floating:
                raise _not_frames(f"a clip of {type(plane).__name__} {plane.dtype}")
        self._clip = replace(clip, index=0)

    def __len__(self) -> int:
        return len(self._clip)

    def part(self, span: Span) -> Clip:
        """The frames of a span."""
        return self._clip.part(span.start, span.stop)


class _ArrayFrames:
    """The frames of an array, as clips of the parts that are needed."""

    def __init__(self, frames: Frames, form: PixelFormat, matrix: RgbMatrix) -> None:
        self._frames = frames
        self._form = form
        self._matrix: RgbMatrix = matrix

    def __len__(self) -> int:
        return len(self._frames)

    def part(self, span: Span) -> Clip:
        """The frames of a span."""
        color = _spec("bt709")  # in which R'G'B' is converted to luma and chroma
        pictures = [
            DecodedFrame(index, _planes(self._frames[index], self._form))
            for index in range(span.start, span.stop)
        ]
        clip = to_clip(pictures, self._form, color)
        return rematrixed(clip, self._matrix)


def _form_of(frames: Frames) -> PixelFormat:
    """The pixel format of an array; raises UsageError for one that does not contain frames."""
    kinds = {np.dtype(np.uint8): ("gray", "gbrp"), np.dtype(np.uint16): ("gray16le", "gbrp16le")}
    if not isinstance(frames, np.ndarray):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _not_frames(type(frames).__name__)
    shape = tuple(frames.shape)
    rgb = len(shape) == 4 and shape[3] == 3
    if frames.dtype not in kinds or not (rgb or len(shape) == 3) or 0 in shape:
        raise _not_frames(f"{frames.dtype} {list(shape)}")
    return pixel_format(kinds[frames.dtype][int(rgb)])


def _not_frames(what: str) -> UsageError:
    return UsageError(
        "These are not frames that can be restored.",
        what,
        "Give uint8 or uint16 arrays [T, H, W, 3] or [T, H, W], or a Clip.",
        code="not-frames",
    )


def _planes(frame: Frames, form: PixelFormat) -> tuple[Frames, ...]:
    """One frame as planes: gray, or green, blue and red."""
    if form.family == "gray":
        return (frame,)
    return frame[..., 1], frame[..., 2], frame[..., 0]


def _arrays(clips: Iterable[Clip], count: int, target: PixelFormat) -> Frames:
    """Restored clips as one array of gray or R'G'B' frames."""
    gray, made, done = target.family == "gray", np.empty(0), 0
    for clip in clips:
        if not done:
            size = (count, *(int(side) for side in clip.luma.shape[-2:]))
            made = np.empty(size if gray else (*size, 3), target.dtype)
        for planes in _codes(clip, target):
            if gray:
                made[done] = planes[0]
            else:
                made[done, ..., 1], made[done, ..., 2], made[done, ..., 0] = planes
            done += 1
    return made


def _rgb_of_depth(form: PixelFormat) -> PixelFormat:
    """The R'G'B' format with the depth of a gray one."""
    return pixel_format("gbrp" if form.depth == 8 else "gbrp16le")


def _codes(clip: Clip, target: PixelFormat) -> list[tuple[Frames, ...]]:
    """The code values of each frame, dithered as in a film's result."""
    height, width = clip.luma.shape[-2:]
    if clip.chroma is not None:
        clip = replace(clip, chroma=resample_chroma(clip, (width, height), 0, 0))
    color = replace(clip.color, range="full")
    return from_clip(clip, target, color, dither=True)


def _sample(clip: Clip) -> Sample:
    """A frame as the survey sees it: small, 8-bit code values of limited range."""
    height, width = (int(side) for side in clip.luma.shape[-2:])
    columns, rows = reduced_size(width, height, WIDTH)

    def small(plane: torch.Tensor, scale: float, offset: float) -> Any:
        mean = torch.nn.functional.interpolate(plane, size=(rows, columns), mode="area")[0, 0]
        return mean.mul(scale).add(offset).round().clamp(0, 255).byte().numpy()

    chroma = torch.zeros(1, 2, 1, 1) if clip.chroma is None else clip.chroma
    cb, cr = (small(chroma[:, plane : plane + 1], 224, 128) for plane in range(2))
    return Sample(small(clip.luma, 219, 16), cb, cr)


def _spec(matrix: RgbMatrix) -> ColorSpec:
    """Full-range values by this matrix."""
    return ColorSpec(matrix, "full", siting="center")


def _source(
    width: int, height: int, count: int, color: ColorSpec, sample_aspect: Fraction = Fraction(1)
) -> Source:
    """Frames in memory as a film for the planner, without a file and other streams."""
    form = pixel_format("yuv444p16le")
    return Source(
        path=Path(),
        size=0,
        suffix=".mkv",
        container="memory",
        video=0,
        codec="rawvideo",
        profile=None,
        width=width,
        height=height,
        stored_format=form.name,
        format=form,
        sar=sample_aspect,
        color=color,
        field_order="progressive",
        rotation=0,
        frames=FrameTable(Fraction(1, 25), tuple(range(count)), (1,) * count),
        keys=(),
        duration=None,
        streams=(),
        chapters=0,
        tags=(),
        notes=(),
    )
