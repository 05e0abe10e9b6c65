"""One step of a decoder that returns to the resolution of its input."""

from torch import Tensor, nn
from torch.nn import functional


class Climb(nn.Module):
    """Enlarge, add the trunk's features of that size, mix."""

    def __init__(self, width: int, skip: int) -> None:
        super().__init__()
        self.skip = nn.Conv2d(skip, width, 1)
        self.mix = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Coarse [N, width, h, w] and skip [N, skip, H, W] -> [N, width, H, W]."""
        up = functional.interpolate(
            coarse, size=skip.shape[-2:], mode="bilinear", align_corners=False
        )
        mixed = functional.relu(up + self.skip(skip))
        return functional.relu(mixed + self.mix(mixed))
