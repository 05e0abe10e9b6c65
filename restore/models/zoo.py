"""Checkpoints of other networks: the extra `zoo` loads them with spandrel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor, nn

INSTALL = "pip install 'restore-film[zoo]' adds about forty more networks."


def foreign(state: dict[str, Tensor], path: Path, unknown: str) -> tuple[str, nn.Module]:
    """Name and network (luma windows in, scaled luma out) of a state dict that spandrel supports.

    Raises UsageError with the message `unknown` if spandrel is missing or does not support it either, and
    for networks that do anything but enlarge or clean an image.
    """
    try:
        import spandrel  # pyright: ignore[reportMissingImports] - an extra
    except ImportError as error:
        raise UsageError(unknown, str(path), INSTALL, code="network-unknown") from error
    except RuntimeError as error:  # a torchvision that was built for another torch
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"The library of other networks (spandrel) cannot be loaded: {reason}",
            str(path),
            "Install the torchvision that belongs to this torch: pip install --force-reinstall torchvision",
            code="library-broken",
        ) from error
    from restore.nets.foreign import ForeignNet
    from restore.nets.luma import LumaOfRgb

    try:
        found = spandrel.ModelLoader(device="cpu").load_from_state_dict(state)
    except spandrel.UnsupportedModelError as error:
        todo = "spandrel does not support it either."
        raise UsageError(unknown, str(path), todo, code="network-unknown") from error
    except Exception as error:  # an architecture guessed wrongly fails in any way
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        what = f"The checkpoint fits no network: {reason}"
        raise UsageError(what, str(path), code="network-unknown") from error
    channels = (found.input_channels, found.output_channels)
    if not isinstance(found, spandrel.ImageModelDescriptor) or channels not in ((1, 1), (3, 3)):
        raise UsageError(
            f"This kind of network cannot be used: {found.architecture.name}, {found.purpose}.",
            str(path),
            "Use an upscaler or restorer of gray or RGB images.",
            code="network-unsuitable",
        )
    multiple = found.size_requirements.multiple_of
    net = ForeignNet(found.model, found, found.scale, multiple)
    return found.architecture.name, net if channels == (1, 1) else LumaOfRgb(net)
