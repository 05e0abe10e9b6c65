"""Tiled inference: the result of a network on a whole frame, in less memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

Network = Callable[[torch.Tensor], torch.Tensor]


def run_tiled(
    network: Network,
    picture: torch.Tensor,
    scale: int,
    margin: int,
    tile: int | None,
    multiple: int = 1,
) -> torch.Tensor:
    """Run a network on a frame [N, C, H, W] -> [N, C', H * scale, W * scale].

    Tiles of `tile` x `tile` samples (None: the whole frame at once) are read with `margin` samples of
    context on every inner side. If the margin is at least the network's receptive radius, the result equals
    the untiled one up to the order of additions: outer tiles end at the edges of the frame, so the
    network's padding is applied at the same places. A network that packs `multiple` x `multiple` samples
    into one only gets patches that begin at such a multiple.
    """
    height, width = picture.shape[-2:]
    margin, tile = margin + -margin % multiple, tile and tile + -tile % multiple
    if tile is None or (tile >= height and tile >= width):
        return network(picture)
    result: torch.Tensor | None = None
    for top, bottom in _steps(height, tile):
        for left, right in _steps(width, tile):
            y0, y1 = max(0, top - margin), min(height, bottom + margin)
            x0, x1 = max(0, left - margin), min(width, right + margin)
            patch = network(picture[..., y0:y1, x0:x1])
            if result is None:
                shape = (*patch.shape[:2], height * scale, width * scale)
                result = torch.empty(shape, dtype=patch.dtype, device=patch.device)
            inner_y = slice((top - y0) * scale, (bottom - y0) * scale)
            inner_x = slice((left - x0) * scale, (right - x0) * scale)
            result[..., top * scale : bottom * scale, left * scale : right * scale] = patch[
                ..., inner_y, inner_x
            ]
    assert result is not None
    return result


def _steps(length: int, tile: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, tile):
        yield start, min(length, start + tile)
