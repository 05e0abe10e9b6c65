"""ForeignNet: a network that another library built, with the attributes that ours have."""

from collections.abc import Callable

from torch import Tensor, nn


class ForeignNet(nn.Module):
    """A picture through `call`, which runs `net` and brings sizes that it cannot take up to such as it can.

    How far such a net looks is not known (many look at the whole picture), so `receptive_radius` is a
    margin that usually hides tiles and proves nothing.
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
