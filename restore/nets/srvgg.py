"""SRVGGNetCompact: the compact published upscaler of RGB pictures (Real-ESRGAN's small models)."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional


class SRVGGNetCompact(nn.Module):
    """3x3 convolutions at low resolution, PReLU between them, pixel shuffle, nearest-neighbor skip.

    Architecture: Wang et al. 2021 (Real-ESRGAN); parameters have the published names, `body.0` to
    `body.(2 * depth + 2)`, so that published state dicts can be loaded. An output pixel depends on
    the input within `receptive_radius` pixels, the number of convolutions.
    """

    frames = 1

    def __init__(self, scale: int = 4, channels: int = 64, depth: int = 32) -> None:
        super().__init__()
        self.scale = scale
        self.receptive_radius = depth + 2
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1), nn.PReLU(channels)]
        for _ in range(depth):
            layers += [nn.Conv2d(channels, channels, 3, padding=1), nn.PReLU(channels)]
        layers.append(nn.Conv2d(channels, 3 * scale * scale, 3, padding=1))
        self.body = nn.ModuleList(layers)

    def forward(self, picture: Tensor) -> Tensor:
        """RGB [N, 3, H, W], nominal 0..1 -> [N, 3, H*scale, W*scale], unclipped."""
        features = picture
        for layer in self.body:
            features = layer(features)
        base = functional.interpolate(picture, scale_factor=self.scale, mode="nearest")
        return functional.pixel_shuffle(features, self.scale) + base


def recognize(state: Mapping[str, Tensor]) -> tuple[dict[str, int], dict[str, Tensor]] | None:
    """The arguments by a state dict's shapes, and the dict under our names; None: another network."""
    depth = len(state) // 3 - 1
    last = state.get(f"body.{2 * depth + 2}.weight")
    first = state.get("body.0.weight")
    if first is None or last is None or (first.ndim, last.ndim) != (4, 4) or last.shape[0] % 3:
        return None
    scale = round((last.shape[0] // 3) ** 0.5)
    arguments = {"scale": scale, "channels": first.shape[0], "depth": depth}
    return arguments, dict(state)
