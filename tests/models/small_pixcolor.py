"""A small PixColor with its color network, for tests: seeded weights that have learned nothing."""

from pathlib import Path

import torch

from restore.models.color_sampler import PixColorSampler
from restore.nets.color_resnet import ColorResNet
from restore.nets.pixcolor import PixColor
from restore.training.model_export import export_model
from tests.training.test_tasks import coloring

COLOR = {"bins": 4, "width": 16, "context": 8}
DRAWING = {"eighth": 16, "quarter": 8, "width": 8, "layers": 2}


def small_sampler() -> PixColorSampler:
    """The networks, always the same."""
    torch.manual_seed(4)
    return PixColorSampler(ColorResNet(**COLOR).eval(), PixColor(**DRAWING).eval())


def exported(
    folder: Path, name: str, net: torch.nn.Module, arguments: dict[str, int], **more: str
) -> Path:
    """The folder of a model with this network; `more` are settings of its run."""
    place = folder / f"{name}-v1"
    place.mkdir(parents=True)
    settings = coloring().model_copy(update={"architecture": type(net).__name__, **more})
    export_model(place, net.state_dict(), settings, arguments)
    return place


def exported_sampler(folder: Path) -> Path:
    """The folder of a PixColor whose card names a color model next to it."""
    sampler = small_sampler()
    color = exported(folder, "tint", sampler.color, COLOR)
    return exported(
        folder, "draws", sampler.pixcolor, DRAWING, task="pixcolor", conditioning=str(color)
    )
