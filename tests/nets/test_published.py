"""Published architectures against spandrel's own classes (slow: importing them all takes a while)."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch

from restore import models
from restore.errors import UsageError
from restore.nets import catalog


@pytest.fixture(scope="module")
def spandrel() -> Any:
    """spandrel; with a replacement for three modules of torchvision, if that is missing or fits no torch."""
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError):
        for name in [each for each in sys.modules if each.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
            sys.modules[name] = types.ModuleType(name)
        functional: Any = sys.modules["torchvision.transforms.functional"]
        functional.InterpolationMode = functional.rotate = functional.normalize = None
    return pytest.importorskip("spandrel")


NETS: list[tuple[str, str, dict[str, Any]]] = [
    ("Compact", "Compact", {"num_feat": 8, "num_conv": 3, "upscale": 4}),
    ("Compact", "Compact", {"num_feat": 8, "num_conv": 2, "upscale": 2}),
    ("ESRGAN", "ESRGAN", {"num_filters": 8, "num_blocks": 2, "scale": 4}),
    ("ESRGAN", "ESRGAN", {"num_filters": 8, "num_blocks": 2, "scale": 2}),
    (
        "ESRGAN",
        "ESRGAN",
        {"in_nc": 12, "num_filters": 8, "num_blocks": 2, "scale": 4, "shuffle_factor": 2},
    ),
    ("SPAN", "SPAN", {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 8, "upscale": 4}),
    (
        "SPAN",
        "SPAN",
        {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 8, "upscale": 2, "norm": False},
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name", "arguments"), NETS)
def test_a_seeded_state_dict_gives_spandrels_picture(
    spandrel: Any, module: str, name: str, arguments: dict[str, Any]
) -> None:
    """What spandrel's class saves is recognized, and our class gives its output (fp32 rounding)."""
    theirs = getattr(importlib.import_module(f"spandrel.architectures.{module}"), name)
    torch.manual_seed(5)
    net = theirs(**arguments).eval()
    found = catalog.recognize(net.state_dict())
    assert found is not None
    ours = catalog.build(found.architecture, found.arguments).eval()
    ours.load_state_dict(found.state)
    picture = torch.rand(1, 3, 13, 18)
    with torch.inference_mode():
        expected, result = net(picture), ours(picture)
    assert expected.std() > 0.01
    assert (result - expected).abs().max() <= 1e-5 * max(1.0, float(expected.abs().max()))


@pytest.mark.slow
def test_the_zoo_loads_other_networks(spandrel: Any, tmp_path: Path) -> None:
    """A network that only spandrel knows loads, takes luma of any size, and gives its own output."""
    theirs = importlib.import_module("spandrel.architectures.SwinIR").SwinIR
    torch.manual_seed(6)
    small = {"depths": [2], "embed_dim": 12, "num_heads": [2], "window_size": 8, "upscale": 2}
    net = theirs(**small, upsampler="pixelshuffledirect", img_size=64).eval()
    path = tmp_path / "swin.pth"
    torch.save({"params": net.state_dict()}, path)
    card = models.find(str(path))
    assert (card.architecture, card.scale) == ("SwinIR", 2)
    luma = torch.rand(1, 1, 21, 30)
    with torch.inference_mode():
        result = models.load(card)(luma)
    assert result.shape == (1, 1, 42, 60)
    assert bool(result.isfinite().all())


@pytest.mark.slow
def test_networks_that_spandrel_does_not_know_are_refused(spandrel: Any, tmp_path: Path) -> None:
    """The error names what the file contains."""
    path = tmp_path / "odd.pth"
    torch.save({"strange.weight": torch.zeros(3)}, path)
    with pytest.raises(UsageError, match=r"strange\.weight"):
        models.find(str(path))
