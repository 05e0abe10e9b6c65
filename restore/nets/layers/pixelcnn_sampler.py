"""Samples of a PixelCNN: each value is drawn once, from what was computed for the values before it.

A row of the vertical stack needs only the rows above, so it is computed as a whole, from a buffer of each
layer's last rows. A pixel of the horizontal stack needs a few columns to the left, which are kept for each
layer. So a pixel costs one pixel of work, not a whole picture ("Fast Generation for Convolutional
Autoregressive Models", Ramachandran et al. 2017).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from restore.nets.layers.pixelcnn import GatedLayer, PixelCNN, gate


@dataclass(frozen=True)
class Draw:
    """How values are drawn.

    Logits are divided by `temperature`. Only the most likely levels whose probabilities add up to `top_p` are
    possible (nucleus sampling, Holtzman et al. 2020).
    """

    temperature: float = 1.0
    top_p: float = 1.0

    def __call__(self, logits: Tensor, uniforms: Tensor) -> Tensor:
        """The levels [N] of logits [N, levels] at random numbers [N], 0 <= u < 1, by the inverse CDF."""
        shares = (logits.double() / self.temperature).softmax(-1)
        if self.top_p < 1:
            ordered, places = shares.sort(stable=True, dim=-1, descending=True)
            unlikely = ordered.cumsum(-1) - ordered >= self.top_p
            shares = shares.scatter(-1, places, ordered.masked_fill(unlikely, 0))
        sums = shares.cumsum(-1)
        target = uniforms.double()[:, None] * sums[:, -1:]
        return (sums <= target).sum(-1).clamp(max=logits.shape[-1] - 1)


DRAW = Draw()
"""Draws from the distribution as it is."""


@torch.inference_mode()
def sample(
    net: PixelCNN,
    uniforms: Tensor,
    features: Tensor | None = None,
    draw: Draw = DRAW,
    added_logits: Tensor | None = None,
) -> Tensor:
    """Values [N, C, H, W] (int64) for random numbers [N, C, H, W], 0 <= u < 1.

    `features` [N, condition, H, W] are those of the network; `added_logits` [N, C, levels, H, W] are added to
    its own. Each sample depends on its own numbers, features and logits only, apart from rounding.
    """
    stacks = [_Stack(layer, uniforms.shape, features) for layer in net.gated]
    values = torch.zeros(uniforms.shape, dtype=torch.int64, device=uniforms.device)
    none = net.embedded(values[:, :, 0].movedim(1, -1)).zero_()  # [N, W, C * embedding]
    row = none
    for y in range(uniforms.shape[2]):
        above = row.movedim(-1, 1)[:, :, None]
        for stack in stacks:
            above = stack.next_row(above, y)
        for x in range(uniforms.shape[3]):
            pixel = none[:, 0] if x == 0 else net.embedded(values[:, :, y, x - 1])
            for stack in stacks:
                pixel = stack.next_pixel(pixel, x)
            for channel, head in enumerate(net.heads):
                logits = head(pixel, values[:, :channel, y, x])
                if added_logits is not None:
                    logits = logits + added_logits[:, channel, :, y, x]
                values[:, channel, y, x] = draw(logits, uniforms[:, channel, y, x])
        row = net.embedded(values[:, :, y].movedim(1, -1))
    return values


class _Stack:
    """One layer with the rows and columns of its inputs that the next values need."""

    def __init__(self, layer: GatedLayer, shape: torch.Size, features: Tensor | None) -> None:
        number, _, _, width = shape
        weight = layer.right.weight
        self.layer = layer
        self.rows = weight.new_zeros(number, layer.inputs, layer.reach, width)
        self.right = weight[:, :, 0].permute(2, 1, 0).flatten(0, 1)  # [taps * inputs, 2 * width]
        self.out = layer.out.weight[:, :, 0, 0]
        planes = layer.condition(features) if layer.condition is not None else None
        self.condition = planes.chunk(2, 1) if planes is not None else None
        self.columns = self.base = weight.new_zeros(0)

    def next_row(self, row: Tensor, y: int) -> Tensor:
        """The vertical stack's next row [N, width, 1, W] after [N, inputs, 1, W]; starts the row's pixels."""
        rows = torch.cat([self.rows, row], 2)
        self.rows = rows[:, :, 1:]
        above = self.layer.above(rows)
        base = self.layer.link(above)
        if self.condition is not None:
            for_vertical, for_horizontal = (planes[:, :, y : y + 1] for planes in self.condition)
            above, base = above + for_vertical, base + for_horizontal
        bias = self.layer.right.bias
        assert bias is not None
        self.base = base[:, :, 0].permute(2, 0, 1) + bias
        self.columns = row.new_zeros(len(row), self.layer.reach * self.layer.inputs)
        return row + gate(above) if self.layer.residual else gate(above)

    def next_pixel(self, pixel: Tensor, x: int) -> Tensor:
        """The horizontal stack's next pixel [N, width] after [N, inputs]."""
        columns = torch.cat([self.columns, pixel], 1)
        self.columns = columns[:, self.layer.inputs :]
        gated = gate(torch.addmm(self.base[x], columns, self.right))
        mixed = functional.linear(gated, self.out, self.layer.out.bias)
        return pixel + mixed if self.layer.residual else mixed


@torch.inference_mode()
def sample_naive(
    net: PixelCNN,
    uniforms: Tensor,
    features: Tensor | None = None,
    draw: Draw = DRAW,
    added_logits: Tensor | None = None,
) -> Tensor:
    """The same samples as `sample`, from the whole network for every value: for comparison."""
    values = torch.zeros(uniforms.shape, dtype=torch.int64, device=uniforms.device)
    _, channels, height, width = uniforms.shape
    for y in range(height):
        for x in range(width):
            for channel in range(channels):
                logits = net(values, features)[:, channel, :, y, x]
                if added_logits is not None:
                    logits = logits + added_logits[:, channel, :, y, x]
                values[:, channel, y, x] = draw(logits, uniforms[:, channel, y, x])
    return values
