"""Frames as the treatments get them: planes of luma and chroma in nominal units, with their color facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # the values below are used where torch must not be loaded
    import torch

Matrix = Literal["bt601", "bt709", "bt2020", "rgb"]
"""How luma is made of red, green and blue; `rgb` marks sources whose planes are green, blue, red."""

Siting = Literal["left", "center", "topleft", "top", "bottomleft", "bottom"]
"""The position of a chroma sample relative to its luma samples (H.273 chroma sample location)."""

Range = Literal["limited", "full"]

Fields = Literal["tff", "bff"]
"""Which field of an interlaced frame is shown first: the top one (rows 0, 2, 4 ...) or the bottom one."""

LUMA_WEIGHTS: dict[str, tuple[float, float, float]] = {
    "bt601": (0.299, 0.587, 0.114),
    "bt709": (0.2126, 0.7152, 0.0722),
    "bt2020": (0.2627, 0.6780, 0.0593),
}
"""Shares of red, green and blue in luma (ITU-R BT.601, BT.709, BT.2020)."""

MATRIX_TAGS: dict[str, Matrix] = {
    "smpte170m": "bt601",
    "bt470bg": "bt601",
    "bt709": "bt709",
    "bt2020nc": "bt2020",
    "gbr": "rgb",
}
"""ffmpeg's names of the matrix coefficients (H.273) that this program computes with."""


@dataclass(frozen=True, slots=True)
class ColorSpec:
    """What the code values of a film mean.

    `primaries`, `transfer` and `matrix_tag` are ffmpeg's names, passed through unchanged (None: untagged);
    one matrix can have several tags (BT.601 has one for 525 and one for 625 lines). `assumed` names what a
    documented default decided because there was no tag (for the log). `fields` is None for progressive
    frames; in interlaced ones the rows of luma and of chroma belong to the two fields in turn.
    """

    matrix: Matrix
    range: Range
    siting: Siting = "left"
    primaries: str | None = None
    transfer: str | None = None
    assumed: tuple[str, ...] = ()
    fields: Fields | None = None
    matrix_tag: str | None = None

    def __post_init__(self) -> None:
        if self.matrix_tag is not None and MATRIX_TAGS.get(self.matrix_tag) != self.matrix:
            raise ValueError(f"{self.matrix_tag} is no tag of the matrix {self.matrix}")


@dataclass(frozen=True)
class Clip:
    """Consecutive frames.

    luma    [T, 1, H, W] float32, 0 = nominal black, 1 = nominal white; values outside survive
    chroma  [T, 2, h, w] float32, Cb and Cr centered on 0, nominally ±0.5, at their own resolution;
            None for gray
    index   number of the first frame in the film's frame table
    sample_aspect  width of a sample over its height, as the picture is shown
    """

    luma: torch.Tensor
    chroma: torch.Tensor | None
    index: int
    color: ColorSpec
    sample_aspect: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if self.luma.ndim != 4 or self.luma.shape[1] != 1:
            raise ValueError(f"luma must be [T, 1, H, W], not {tuple(self.luma.shape)}")
        if self.sample_aspect <= 0:
            raise ValueError(f"a sample aspect must be positive, not {self.sample_aspect}")
        if self.chroma is not None and (
            self.chroma.ndim != 4
            or self.chroma.shape[1] != 2
            or self.chroma.shape[0] != self.luma.shape[0]
        ):
            raise ValueError(f"chroma must be [T, 2, h, w], not {tuple(self.chroma.shape)}")

    def __len__(self) -> int:
        return int(self.luma.shape[0])

    def part(self, start: int, stop: int) -> Clip:
        """The frames `start` to `stop` (exclusive), numbered as the film numbers them."""
        rows = slice(start - self.index, stop - self.index)
        chroma = None if self.chroma is None else self.chroma[rows]
        return replace(self, luma=self.luma[rows], chroma=chroma, index=start)

    def field(self, parity: int) -> Clip:
        """One field of interlaced frames (0: top) as progressive frames of half the height."""
        chroma = None if self.chroma is None else self.chroma[..., parity::2, :]
        color = replace(self.color, fields=None)
        return replace(self, luma=self.luma[..., parity::2, :], chroma=chroma, color=color)
