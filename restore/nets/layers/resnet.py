"""The first three stages of ResNet50 v2: features of a picture at strides 4, 8 and 16."""

from typing import NamedTuple, cast

from torch import Tensor, nn
from torch.nn import functional

from restore.nets.layers.imagenet import as_imagenet

STAGES = ((3, 64, 256, 1), (4, 128, 512, 2), (6, 256, 1024, 2))
"""Blocks, inner channels, output channels, stride of each stage."""


class Stages(NamedTuple):
    """Normalized features after each stage: [N, 256, h/4, w/4], [N, 512, h/8, w/8], [N, 1024, h/16, w/16]."""

    quarter: Tensor
    eighth: Tensor
    sixteenth: Tensor


class ResNetStages(nn.Module):
    """ResNet50 v2 (He et al. 2016, "Identity Mappings in Deep Residual Networks") without its last stage.

    The parameter names are those of MXNet Gluon's `resnet50_v2` in PyTorch's spelling, so that published
    weights can be used. Batch norms always use their stored statistics.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _Stem()
        self.layer1, self.layer2, self.layer3 = _stages()
        self.norm3 = nn.BatchNorm2d(1024)

    def train(self, mode: bool = True) -> "ResNetStages":
        """Batch norms use their stored statistics in training as well."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def forward(self, gray: Tensor) -> Stages:
        """Gray [N, 1, h, w], 0..1, h and w multiples of 16."""
        first = self.layer1(self.stem(as_imagenet(gray)))
        second = self.layer2(first)
        third = self.layer3(second)
        # the output of a stage is a sum without normalization: the next stage's norm has the statistics
        return Stages(
            functional.relu(cast(_Bottleneck, self.layer2[0]).bn1(first)),
            functional.relu(cast(_Bottleneck, self.layer3[0]).bn1(second)),
            functional.relu(self.norm3(third)),
        )


class _Stem(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(3)
        self.conv = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)

    def forward(self, picture: Tensor) -> Tensor:
        features = functional.relu(self.bn1(self.conv(self.bn0(picture))))
        return functional.max_pool2d(features, 3, 2, 1)


class _Bottleneck(nn.Module):
    """A pre-activation bottleneck: the norm and the ReLU come before each convolution."""

    def __init__(self, inputs: int, inner: int, outputs: int, stride: int, first: bool) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, bias=False)
        self.bn3, self.conv3 = nn.BatchNorm2d(inner), nn.Conv2d(inner, outputs, 1, bias=False)
        self.downsample = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if first else None

    def forward(self, features: Tensor) -> Tensor:
        active = functional.relu(self.bn1(features))
        kept = features if self.downsample is None else self.downsample(active)
        inner = functional.relu(self.bn2(self.conv1(active)))
        return kept + self.conv3(functional.relu(self.bn3(self.conv2(inner))))


def _stages() -> list[nn.Sequential]:
    stages: list[nn.Sequential] = []
    inputs = 64
    for blocks, inner, outputs, stride in STAGES:
        stage = [_Bottleneck(inputs, inner, outputs, stride, first=True)]
        stage += [_Bottleneck(outputs, inner, outputs, 1, first=False) for _ in range(blocks - 1)]
        stages.append(nn.Sequential(*stage))
        inputs = outputs
    return stages
