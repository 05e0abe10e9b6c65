"""Upscale: luma cleaned and enlarged by a network, chroma resampled beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ConfigDict

from restore.clip import Clip, ColorSpec
from restore.errors import OutOfMemory, RestoreError, is_out_of_memory, requested_memory
from restore.timing import Span
from restore.treatments.network import load_network, number_format
from restore.treatments.treatment import Decisions, Engine, Treat, Treatment

if TYPE_CHECKING:
    import torch

LARGEST_WHOLE = 3_000_000
"""Samples of a picture that goes through the net at once (a little over 1080p); larger ones go in tiles.

A compact net keeps a few maps of 48 half-precision channels: about 300 bytes a sample, 1 GB here.
"""

FIRST_TILE = 1024
"""Samples on a side of such a tile: the margins cost 7 % at a receptive radius of 16."""

SMALLEST_TILE = 64
"""Below this many samples a side a tile is mostly margin: out of memory is then reported as such."""


class UpscaleSettings(BaseModel):
    """How luma grows: the net's name or folder (None: resampling alone) and the size that comes out.

    `factor` is the net's own; a `width` x `height` other than factor times the source's is resampled
    from the net's result. `None` sizes mean exactly factor times the source's. `clean` is the share of
    what the net takes away (grain, dust, wear) that stays away: 1 all, 0 nothing.
    """

    model_config = ConfigDict(frozen=True)

    model: str | None = "film-x2"
    factor: int = 2
    radius: int = 2
    width: int | None = None
    height: int | None = None
    clean: float = 1.0
    tile: int | None = None


def load(settings: UpscaleSettings, engine: Engine) -> Treat:
    """The upscaling treatment; UsageError for weights that are missing or damaged."""
    from restore.filters.resample import put_back

    enlarge = _network(settings, engine) if settings.model else None

    def treat(clip: Clip, span: Span, decisions: Decisions) -> Clip:
        own = clip.part(span.start, span.stop)
        height, width = own.luma.shape[-2:]
        factor = settings.factor
        size = (settings.width or width * factor, settings.height or height * factor)
        luma = own.luma if enlarge is None else enlarge(clip, span)
        if enlarge is not None and settings.clean < 1:
            luma = put_back(luma, own.luma, 1 - settings.clean)
        placed = {"luma": _fitted(luma, size), "chroma": _chroma(own, size)}
        aspect = own.sample_aspect * Fraction(width, size[0]) * Fraction(size[1], height)
        return replace(own, **placed, color=_color(own, size), sample_aspect=aspect)

    return treat


def _network(settings: UpscaleSettings, engine: Engine) -> Callable[[Clip, Span], torch.Tensor]:
    """The net as a function from a clip's frames to enlarged luma [T, 1, H * factor, W * factor]."""
    import torch

    from restore.filters.tiling import run_tiled
    from restore.filters.windows import frame_windows

    assert settings.model is not None
    net = load_network(settings.model, engine)
    kind = number_format(net, engine)
    margin = cast(int, net.receptive_radius)
    multiple = cast(int, getattr(net, "size_multiple", 1))
    tile = settings.tile

    def one(clip: Clip, row: int) -> torch.Tensor:
        nonlocal tile
        window = frame_windows(clip.luma, row, row + 1, settings.radius)
        window = window.to(engine.device, kind).contiguous(memory_format=torch.channels_last)
        while True:
            try:
                side = _tile(tile, window)
                result = run_tiled(net, window, settings.factor, margin, side, multiple)
                return _sound(result.float().cpu(), clip.index + row)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                tile = _smaller(_tile(tile, window), window)
                if tile < SMALLEST_TILE:
                    raise _too_little(settings, window, engine, error) from error
                engine.say(f"out of memory: going on with tiles of {tile} x {tile} pixels")

    def enlarge(clip: Clip, span: Span) -> torch.Tensor:
        with torch.inference_mode():
            rows = range(span.start - clip.index, span.stop - clip.index)
            return torch.cat([one(clip, row) for row in rows])

    return enlarge


def _tile(chosen: int | None, window: torch.Tensor) -> int | None:
    """The side of a tile: the one chosen, or one for pictures that are too large to go whole."""
    large = window.shape[-2] * window.shape[-1] > LARGEST_WHOLE
    return chosen or (FIRST_TILE if large else None)


def _sound(luma: torch.Tensor, frame: int) -> torch.Tensor:
    """The net's luma, if all of it is numbers: half precision on some devices gives NaN (black)."""
    if not bool(luma.isfinite().all()):
        raise RestoreError(
            "The network gave no numbers for a frame.",
            f"frame {frame}",
            "Try --precision fp32, or --device cpu.",
        )
    return luma


def _smaller(tile: int | None, window: torch.Tensor) -> int:
    """Half the tile, or half the picture where it went whole."""
    longest = max(window.shape[-2:])
    return min(tile or longest, longest) // 2


def _too_little(
    settings: UpscaleSettings, window: torch.Tensor, engine: Engine, error: RuntimeError
) -> OutOfMemory:
    """What needed how much where even the smallest tiles did not fit, and what needs less."""
    height, width = window.shape[-2:]
    where = f"pictures of {width} x {height}, enlarged {settings.factor} times"
    ways = [] if engine.device == "cpu" else ["--device cpu"]
    ways += ["a smaller --upscale"] if settings.factor > 2 else []
    fast = f"film-x{settings.factor}-fast"
    ways += [] if fast in (settings.model or "") else [f"--model {fast}"]
    free = "Close what else needs memory"
    return OutOfMemory(
        f"The memory of {engine.device} does not suffice for {settings.model}, even in the smallest tiles.",
        ": ".join(filter(None, (where, requested_memory(error)))),
        f"{free}, or use {' or '.join(ways)}; finished parts are kept." if ways else f"{free}.",
    )


def _fitted(luma: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Luma at exactly `size` (width, height)."""
    from restore.filters.resample import luma_axis, resample

    height, width = luma.shape[-2:]
    return resample(
        luma, (luma_axis(width), luma_axis(height)), (luma_axis(size[0]), luma_axis(size[1]))
    )


def _chroma(own: Clip, size: tuple[int, int]) -> torch.Tensor | None:
    """The clip's chroma on the same kind of grid in a picture of `size`."""
    from restore.filters.resample import resample_chroma, subsampling

    return None if own.chroma is None else resample_chroma(own, size, *subsampling(own))


def _color(own: Clip, size: tuple[int, int]) -> ColorSpec:
    """The clip's color description; a picture of another height has no fields any more."""
    same = size[1] == own.luma.shape[-2]
    return own.color if same else replace(own.color, fields=None)


UPSCALE = Treatment(
    name="upscale",
    settings=UpscaleSettings,
    radius=lambda settings: settings.radius if settings.model else 0,
    load=load,
    neutral=(UpscaleSettings(model=None, factor=1), {}),
)
