"""Luma through a network: the whole frame, or tiles if memory is short; the output is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from restore.clip import Clip
from restore.errors import OutOfMemory, RestoreError, is_out_of_memory, requested_memory
from restore.timing import Span
from restore.treatments.network import load_network, number_format
from restore.treatments.treatment import Engine

if TYPE_CHECKING:
    import torch

LARGEST_WHOLE = 3_000_000
"""Samples of a frame that the network processes whole (a little over 1080p); larger ones go in tiles.

A compact network keeps a few maps of 48 half-precision channels: about 300 bytes a sample, 1 GB here.
"""

FIRST_TILE = 1024
"""Samples on a side of such a tile: the margins cost 7 % at a receptive radius of 16."""

SMALLEST_TILE = 64
"""Below this many samples a side a tile is mostly margin: out of memory is then reported as such."""


def enlarger(
    model: str, factor: int, radius: int, tile: int | None, engine: Engine
) -> Callable[[Clip, Span], torch.Tensor]:
    """The network as a function from a clip's frames to enlarged luma [T, 1, H * factor, W * factor].

    Its input has `radius` frames on both sides of each; `tile` is the side of its tiles (None: chosen by
    memory). UsageError for weights that are missing or damaged.
    """
    import torch

    from restore.filters.tiling import run_tiled
    from restore.filters.windows import frame_windows

    net = load_network(model, engine)
    kind = number_format(net, engine)
    margin = cast(int, net.receptive_radius)
    multiple = cast(int, getattr(net, "size_multiple", 1))

    def one(clip: Clip, row: int) -> torch.Tensor:
        nonlocal tile
        window = frame_windows(clip.luma, row, row + 1, radius)
        window = window.to(engine.device, kind).contiguous(memory_format=torch.channels_last)
        while True:
            try:
                side = _tile(tile, window)
                result = run_tiled(net, window, factor, margin, side, multiple)
                return _finite(result.float().cpu(), clip.index + row)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                tile = _smaller(_tile(tile, window), window)
                if tile < SMALLEST_TILE:
                    raise _out_of_memory(model, factor, window, engine, error) from error
                engine.say(f"out of memory: continuing with tiles of {tile} x {tile} pixels")

    def enlarge(clip: Clip, span: Span) -> torch.Tensor:
        with torch.inference_mode():
            rows = range(span.start - clip.index, span.stop - clip.index)
            return torch.cat([one(clip, row) for row in rows])

    return enlarge


def _tile(chosen: int | None, window: torch.Tensor) -> int | None:
    """The side of a tile: the one chosen, or one for frames that are too large to process whole."""
    large = window.shape[-2] * window.shape[-1] > LARGEST_WHOLE
    return chosen or (FIRST_TILE if large else None)


def _finite(luma: torch.Tensor, frame: int) -> torch.Tensor:
    """The network's luma, if all of it is finite: half precision on some devices gives NaN (black)."""
    if not bool(luma.isfinite().all()):
        raise RestoreError(
            "The network gave values that are not finite.",
            f"frame {frame}",
            "Try --precision fp32, or --device cpu.",
            code="network-not-finite",
        )
    return luma


def _smaller(tile: int | None, window: torch.Tensor) -> int:
    """Half the tile, or half the frame if it was processed whole."""
    longest = max(window.shape[-2:])
    return min(tile or longest, longest) // 2


def _out_of_memory(
    model: str, factor: int, window: torch.Tensor, engine: Engine, error: RuntimeError
) -> OutOfMemory:
    """The error if even the smallest tiles do not fit, with options that need less memory."""
    height, width = window.shape[-2:]
    where = f"frames of {width} x {height}, enlarged {factor} times"
    ways = [] if engine.device == "cpu" else ["--device cpu"]
    ways += ["a smaller --upscale"] if factor > 2 else []
    fast = f"film-x{factor}-fast"
    ways += [] if fast in model else [f"--model {fast}"]
    free = "Close other programs that need memory"
    return OutOfMemory(
        f"{engine.device} is out of memory for {model}, even in the smallest tiles.",
        ": ".join(filter(None, (where, requested_memory(error)))),
        f"{free}, or use {' or '.join(ways)}; finished parts are kept." if ways else f"{free}.",
        code="out-of-memory",
    )
