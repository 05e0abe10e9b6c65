"""LumaOfRgb: a network made for RGB pictures as one for luma windows."""

from typing import cast

from torch import Tensor, nn

_LUMA = (0.2126, 0.7152, 0.0722)


class LumaOfRgb(nn.Module):
    """Luma goes in as a grey picture, and the luma of what comes out is the result.

    A grey picture is R' = G' = B' = Y'; what the net adds in color is dropped with the weights of
    BT.709 (for a result as grey as its source any weights give the same). Scale, window, receptive
    radius and the multiple at which tiles begin are the inner net's.

    `bf16` False: the published weights were made for finer numbers. On frames of silent film bf16 moves
    realesr-general-x4v3's result by up to 14 code values of 255 (0.5 in the mean), fp16 by up to 2 (0.08);
    FilmNet's, whose training ran in bf16, moves by up to 3.
    """

    bf16 = False

    def __init__(self, rgb: nn.Module) -> None:
        super().__init__()
        self.rgb = rgb
        self.scale = cast(int, rgb.scale)
        self.frames = cast(int, rgb.frames)
        self.receptive_radius = cast(int, rgb.receptive_radius)
        self.size_multiple = cast(int, getattr(rgb, "size_multiple", 1))

    def forward(self, window: Tensor) -> Tensor:
        """Window [N, 1, H, W], nominal 0..1 -> [N, 1, H*scale, W*scale], unclipped."""
        picture = cast(Tensor, self.rgb(window.expand(-1, 3, -1, -1)))
        red, green, blue = picture.split(1, dim=1)
        return _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue
