"""Colors that a person chose for a shot: what was asked for, and the chroma of its anchors in the plan."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.colorize.predicted import chroma_size
from restore.treatments.treatment import STRICT

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

STEP = 8
"""Frames from one anchor to the next: the context on each side that a frame needs."""

CELL = 4
"""Samples of the reduced picture in a row or column of an anchor's cell."""

_LEVELS = 254
"""Steps of chroma from -0.5 to 0.5 in an anchor: as many as in 8-bit video."""


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class AnchorColors:
    """The chroma of a shot's anchors: every STEP frames from its first one on, and its last frame.

    span           the shot's frames, of the result
    height, width  of an anchor in cells
    anchors        chroma (Cb, Cr of BT.709) of each: differences of 8-bit values, zlib, base64
    """

    span: Span
    height: int
    width: int
    anchors: tuple[str, ...]

    @property
    def size(self) -> int:
        """Characters of all anchors."""
        return sum(map(len, self.anchors))

    def neighbors(self, frame: int) -> tuple[int, int]:
        """The frames with an anchor at or before, and at or after a frame of the shot."""
        before = frame - (frame - self.span.start) % STEP
        if frame in (before, self.span.stop - 1):
            return frame, frame
        return before, min(before + STEP, self.span.stop - 1)

    def at(self, frame: int) -> torch.Tensor:
        """The chroma [2, h, w] of the anchor at this frame."""
        import torch

        text = self.anchors[self.number(frame)]
        return torch.from_numpy(unpacked(text, self.height, self.width))

    def number(self, frame: int) -> int:
        """The number of the anchor at this frame, from 0."""
        last = frame == self.span.stop - 1
        return len(self.anchors) - 1 if last else (frame - self.span.start) // STEP


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ColorChoice:
    """The choice for a shot: what was asked for, and what it led to.

    variant     number of the sampled coloring
    references  names of the files whose colors the shot takes
    files       their names without folders, each with its SHA-256
    model       name and SHA-256 of the network that sampled
    alike       the shot that looks alike, whose colors it takes: `shot 3`, or one of a color bible
    keys        frames of the result whose colors were chosen; all others follow from them
    how         `aligned` (a still of the shot), `palette` (another picture's colors), or empty
    sha256      of the anchors
    colors      the chroma of the anchors; records have none
    """

    variant: int | None = None
    references: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    model: tuple[str, str] | None = None
    alike: str = ""
    keys: tuple[int, ...] = ()
    how: str = ""
    sha256: str = ""
    colors: AnchorColors | None = None

    @property
    def asked(self) -> ColorChoice:
        """The same before it was made."""
        return ColorChoice(self.variant, self.references)

    @property
    def recorded(self) -> ColorChoice:
        """The same without the anchors, which are large."""
        return replace(self, colors=None)

    @property
    def text(self) -> str:
        """For people: `variant 3`, `colors of still.png`."""
        said = f"variant {self.variant}" if self.variant is not None else ""
        if self.references:
            said = f"colors of {', '.join(name for name, _ in self.files) or 'a reference'}"
            said += " (palette only)" if self.how == "palette" else ""
        return f"{said}, as {self.alike}".removeprefix(", ") if self.alike else said


def anchor_frames(span: Span) -> list[int]:
    """The frames of a shot that have an anchor."""
    frames = list(range(span.start, span.stop, STEP))
    return frames if frames[-1] == span.stop - 1 else [*frames, span.stop - 1]


def nearest_anchor(span: Span, frame: int) -> int:
    """The frame with an anchor that is nearest to a frame; both count from the shot's first one."""
    return min(anchor_frames(span), key=lambda stop: abs(stop - span.start - frame)) - span.start


def packed(chroma: NDArray[np.float32]) -> str:
    """An anchor [2, h, w] as text."""
    import numpy as np

    codes = np.rint(np.clip(chroma, -0.5, 0.5) * _LEVELS).astype(np.int16)
    steps = np.diff(codes, axis=-1, prepend=np.int16(0)).astype(np.int8)
    return base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()


def unpacked(text: str, height: int, width: int) -> NDArray[np.float32]:
    """The anchor [2, h, w] that `packed` wrote."""
    import numpy as np

    steps = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.int8)
    codes = np.cumsum(steps.reshape(2, height, width).astype(np.int16), axis=-1)
    # a difference of two codes may exceed 8 bit: sums are exact modulo 256
    codes = (codes + 128) % 256 - 128
    return (codes / _LEVELS).astype(np.float32)


def chosen_colors(clip: Clip, span: Span, colors: AnchorColors, saturation: float) -> torch.Tensor:
    """Chroma [T, 2, h, w] of the frames of `span`, in the clip's own matrix: anchors joined with luma.

    The anchors' chroma is multiplied by `saturation`.
    """
    import torch
    from torch.nn import functional

    from restore.filters.between_anchors import chroma_between
    from restore.filters.joincolor import rematrix, within_gamut
    from restore.filters.resample import luma_at_chroma

    first, stop = colors.neighbors(span.start)[0], colors.neighbors(span.stop - 1)[1] + 1
    near = clip.part(first, stop)
    ends = {end for frame in range(span.start, span.stop) for end in colors.neighbors(frame)}
    size = (CELL * colors.height, CELL * colors.width)
    gray = functional.interpolate(near.luma, size=size, mode="area")

    def near_anchors(frame: int) -> tuple[int, int]:
        before, after = colors.neighbors(frame + first)
        return before - first, after - first

    coarse = chroma_between(
        {frame - first: colors.at(frame) for frame in ends},
        gray,
        range(span.start - first, span.stop - first),
        near_anchors,
    )
    own = clip.part(span.start, span.stop)
    placed = replace(own, chroma=torch.zeros(len(own), 2, *chroma_size(own)))
    guide = luma_at_chroma(placed)
    fine = _with_edges(rematrix(saturation * coarse, clip.color.matrix), guide)
    return within_gamut(fine, guide, clip.color.matrix)


def _with_edges(coarse: torch.Tensor, guide: torch.Tensor) -> torch.Tensor:
    """Cells of chroma at the size of the guide, with its edges; the mean of each cell stays as chosen."""
    from torch.nn import functional

    from restore.filters.joincolor import guided_enlargement

    fine = guided_enlargement(coarse, guide, radius=1)
    rest = coarse - functional.interpolate(fine, coarse.shape[-2:], mode="area")
    return fine + functional.interpolate(rest, fine.shape[-2:], mode="bilinear")
