"""ForeignNet: a network built by another library, with the attributes of restore's networks."""

from collections.abc import Callable

from torch import Tensor, nn


class ForeignNet(nn.Module):
    """Applies `call`, which runs `net` and pads pictures of sizes that it does not support.

    The receptive radius of such a network is not known (many use the whole picture), so
    `receptive_radius` is a margin that usually makes tiles invisible but without a guarantee.
    """

    frames = 1
    receptive_radius = 64
    bf16 = False

    def __init__(
        self, net: nn.Module, call: Callable[[Tensor], Tensor], scale: int, size_multiple: int
    ) -> None:
        super().__init__()
        self.net = net
        self.call = call
        self.scale = scale
        self.size_multiple = size_multiple

    def forward(self, picture: Tensor) -> Tensor:
        """[N, C, H, W], 0..1 -> [N, C, H*scale, W*scale], in the range that `call` gives."""
        return self.call(picture)
