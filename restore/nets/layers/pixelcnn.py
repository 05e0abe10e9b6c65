"""PixelCNN: the distribution of quantized planes, one value after the other."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.nets.layers.ordered_scores import OrderedScores, cosine_basis

_WAVES = 8
"""Cosines that embeddings of ordered levels start with."""


class PixelCNN(nn.Module):
    """The distribution of planes of levels, by the chain rule in raster order (van den Oord et al. 2016).

    Each value depends on all pixels above and to the left of it, and on the channels before it in its own
    pixel. A vertical stack sees the rows above, a horizontal one the pixels to the left, so that nothing in
    between is missed ("Conditional Image Generation with PixelCNN Decoders", section 2.2). Neither of them
    sees the own pixel: its channels enter in the heads, one for each channel. So a pixel is computed once,
    not once for each channel.

    Levels are embedded, not scaled: neighbors in value may be far apart in meaning, such as hues.

    channels   values of a pixel
    levels     possible values, 0 to levels - 1
    width      channels of both stacks
    layers     gated layers; each sees `kernel` // 2 more rows above, and columns on both sides
    condition  channels of features that every layer sees, all of them at every pixel (0: none)
    cosines    levels are ordered: logits are a peak and so many cosines (0: a weight for each level)
    """

    def __init__(
        self,
        channels: int,
        levels: int,
        width: int = 64,
        layers: int = 10,
        kernel: int = 3,
        condition: int = 0,
        embedding: int = 16,
        cosines: int = 0,
    ) -> None:
        super().__init__()
        self.levels = levels
        self.embed = nn.ModuleList(nn.Embedding(levels, embedding) for _ in range(channels))
        inputs = [channels * embedding, *[width] * (layers - 1)]
        self.layers = nn.ModuleList(
            GatedLayer(each, width, kernel, condition, residual=number > 0)
            for number, each in enumerate(inputs)
        )
        self.heads = nn.ModuleList(
            Head(width, levels, before, cosines) for before in range(channels)
        )
        if cosines:
            order_levels(self)

    def forward(self, values: Tensor, features: Tensor | None = None) -> Tensor:
        """Values [N, C, H, W] (int64) -> logits [N, C, levels, H, W]; features [N, condition, H, W]."""
        pixels, own = self.pixels(values, features).movedim(1, -1), values.movedim(1, -1)
        return self.scores(pixels, own).movedim((-2, -1), (1, 2))

    def scores(self, pixels: Tensor, values: Tensor) -> Tensor:
        """Features of pixels [..., width] and their values [..., C] -> logits [..., C, levels]."""
        logits = [head(pixels, values[..., :number]) for number, head in enumerate(self.heads)]
        return torch.stack(logits, -2)

    def pixels(self, values: Tensor, features: Tensor | None = None) -> Tensor:
        """Values [N, C, H, W] -> what is known of each pixel from those before it [N, width, H, W]."""
        embedded = self.embedded(values.movedim(1, -1)).movedim(-1, 1)
        vertical = functional.pad(embedded, (0, 0, 1, 0))[:, :, :-1]
        horizontal = functional.pad(embedded, (1, 0))[..., :-1]
        for layer in self.gated:
            vertical, horizontal = layer(vertical, horizontal, features)
        return horizontal

    def embedded(self, values: Tensor) -> Tensor:
        """Values [..., C] -> what the layers see of them [..., C * embedding]."""
        return torch.cat([embed(values[..., n]) for n, embed in enumerate(self.embed)], -1)

    @property
    def gated(self) -> Sequence["GatedLayer"]:
        """The layers in order."""
        return cast(Sequence[GatedLayer], self.layers)


class GatedLayer(nn.Module):
    """One layer of both stacks: convolutions that see no future, and gates tanh(a) * sigmoid(b).

    Both stacks are residual: gates shrink what passes, and ten of them would let nothing of the first rows
    through. Its planes for the gates have 2 * width channels, first a, then b.
    """

    def __init__(
        self, inputs: int, width: int, kernel: int, condition: int, residual: bool
    ) -> None:
        super().__init__()
        self.inputs, self.residual = inputs, residual
        self.side, self.reach = kernel // 2, kernel // 2
        self.down = nn.Conv2d(inputs, 2 * width, (self.reach + 1, kernel))
        self.right = nn.Conv2d(inputs, 2 * width, (1, self.reach + 1))
        self.link = nn.Conv2d(2 * width, 2 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        self.condition = nn.Conv2d(condition, 4 * width, 1, bias=False) if condition else None

    def forward(
        self, vertical: Tensor, horizontal: Tensor, features: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Both stacks [N, inputs, H, W] -> [N, width, H, W]."""
        above = self.above(functional.pad(vertical, (0, 0, self.reach, 0)))
        left = self.right(functional.pad(horizontal, (self.reach, 0))) + self.link(above)
        if self.condition is not None and features is not None:
            for_vertical, for_horizontal = self.condition(features).chunk(2, 1)
            above, left = above + for_vertical, left + for_horizontal
        below, mixed = gate(above), self.out(gate(left))
        return (vertical + below, horizontal + mixed) if self.residual else (below, mixed)

    def above(self, rows: Tensor) -> Tensor:
        """The vertical stack's planes for the gates [N, 2 * width, h, W] of `reach` + h rows of its input."""
        return self.down(functional.pad(rows, (self.side, self.side)))


class Head(nn.Module):
    """The logits of one channel, which depend on the channels before it in the same pixel."""

    def __init__(self, width: int, levels: int, before: int, cosines: int = 0) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, 2 * width)
        self.own = nn.ModuleList(nn.Embedding(levels, 2 * width) for _ in range(before))
        self.scores = (
            OrderedScores(2 * width, levels, cosines, levels / 4)
            if cosines
            else nn.Linear(2 * width, levels)
        )

    def forward(self, pixels: Tensor, before: Tensor) -> Tensor:
        """Features [..., width] and the channels before [..., before] -> logits [..., levels]."""
        hidden = self.hidden(functional.relu(pixels))
        for number, own in enumerate(self.own):
            hidden = hidden + own(before[..., number])
        return self.scores(functional.relu(hidden))


def order_levels(net: nn.Module) -> None:
    """Start the embeddings of a network as smooth functions of the level: sums of its first cosines."""
    for embedding in net.modules():
        if isinstance(embedding, nn.Embedding):
            waves = cosine_basis(embedding.num_embeddings, _WAVES)[:_WAVES]
            mix = (
                torch.randn(_WAVES, embedding.embedding_dim) / torch.arange(1, _WAVES + 1)[:, None]
            )
            with torch.no_grad():
                embedding.weight.copy_(waves.T @ mix)


def gate(planes: Tensor, dim: int = 1) -> Tensor:
    """Tanh(a) * sigmoid(b) of the two halves of the channels."""
    wave, share = planes.chunk(2, dim)
    return wave.tanh() * share.sigmoid()


def log_likelihood(logits: Tensor, values: Tensor) -> Tensor:
    """The log probability [N], in nats, of values [N, C, H, W] by logits [N, C, levels, H, W]."""
    found = logits.log_softmax(2).gather(2, values[:, :, None])
    return found.flatten(1).sum(1)
