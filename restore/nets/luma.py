"""LumaOfRgb: adapts a network for RGB pictures to windows of luma."""

from typing import cast

from torch import Tensor, nn

_LUMA = (0.2126, 0.7152, 0.0722)


class LumaOfRgb(nn.Module):
    """The input is luma as a gray picture (R' = G' = B' = Y'), the result the luma of the output.

    Color that the network adds is removed with the weights of BT.709 (of a gray output any weights give
    the same luma). Scale, window, receptive radius and the multiple at which tiles start are those of the
    inner network.

    `bf16` False: published weights need more accuracy. On frames of silent film bf16 changes the result of
    realesr-general-x4v3 by up to 14 8-bit code values (0.5 on average), fp16 by up to 2 (0.08); that of
    FilmNet, which was trained in bf16, changes by up to 3.
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
