"""Networks made for tests of evaluations."""

from __future__ import annotations

from pathlib import Path

import torch

from restore.nets.srvgg import SRVGGNetCompact


def checkpoint(path: Path) -> Path:
    """A published network of our own making: enlarges twice, and has learned nothing."""
    path.parent.mkdir(exist_ok=True)
    torch.manual_seed(1)
    torch.save({"params": SRVGGNetCompact(2, channels=4, depth=1).state_dict()}, path)
    return path
