"""The input that networks trained on ImageNet expect."""

import torch
from torch import Tensor

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def as_imagenet(gray: Tensor) -> Tensor:
    """Gray [N, 1, h, w], 0..1 -> three equal channels, each normalized like ImageNet's R, G, B."""
    mean, std = (torch.tensor(values).to(gray).view(1, 3, 1, 1) for values in (MEAN, STD))
    return (gray - mean) / std
