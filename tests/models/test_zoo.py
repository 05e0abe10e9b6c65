"""Checkpoints that only the extra `zoo` knows, with a stand-in for its library."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from restore.errors import UsageError
from restore.models import zoo
from restore.nets.foreign import ForeignNet
from restore.nets.luma import LumaOfRgb

STATE = {"weight": torch.zeros(1)}
FILE = Path("net.pth")


class Unsupported(Exception):
    """What the library raises for a state dict that it does not know."""


@dataclass
class Found:
    """A network as the library describes it: doubles a picture."""

    input_channels: int = 3
    output_channels: int = 3
    scale: int = 2
    purpose: str = "SR"
    architecture: Any = field(default_factory=lambda: SimpleNamespace(name="Doubler"))
    size_requirements: Any = field(default_factory=lambda: SimpleNamespace(multiple_of=8))
    model: nn.Module = field(default_factory=nn.Identity)

    def __call__(self, picture: Tensor) -> Tensor:
        """Enlarge."""
        return picture.repeat_interleave(2, -1).repeat_interleave(2, -2)


@dataclass
class OtherKind(Found):
    """A network of a kind that does not give one picture for one picture."""


Library = Callable[[Any], None]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """Installs a stand-in for the library that finds this network, or raises this error."""

    def install(found: Any) -> None:
        class Loader:
            """Loads a state dict."""

            def __init__(self, device: str) -> None:
                assert device == "cpu"

            def load_from_state_dict(self, state: dict[str, Tensor]) -> Any:
                """Give the network or raise the error."""
                assert state is STATE
                if isinstance(found, Exception):
                    raise found
                return found

        module: Any = ModuleType("spandrel")
        module.ModelLoader, module.UnsupportedModelError = Loader, Unsupported
        module.ImageModelDescriptor = Found if not isinstance(found, OtherKind) else SimpleNamespace
        monkeypatch.setitem(sys.modules, "spandrel", module)

    return install


def refused() -> UsageError:
    """The error for the state dict."""
    with pytest.raises(UsageError) as caught:
        zoo.foreign(STATE, FILE, "Unknown network.")
    assert caught.value.where == str(FILE)
    return caught.value


def test_a_network_for_rgb_takes_luma(library: Library) -> None:
    """Gray goes in as three equal planes, luma of twice the size comes out."""
    library(Found())
    name, net = zoo.foreign(STATE, FILE, "")
    assert name == "Doubler"
    assert isinstance(net, LumaOfRgb)
    assert (net.scale, net.frames, net.size_multiple) == (2, 1, 8)
    luma = torch.rand(1, 1, 5, 7)
    torch.testing.assert_close(net(luma), Found()(luma), atol=1e-6, rtol=0)


def test_a_network_for_gray_takes_luma_as_it_is(library: Library) -> None:
    """One channel in, one out: no adapter."""
    library(Found(1, 1))
    _, net = zoo.foreign(STATE, FILE, "")
    assert isinstance(net, ForeignNet)
    luma = torch.rand(1, 1, 5, 7)
    assert torch.equal(net(luma), Found()(luma))


@pytest.mark.parametrize("channels", [(4, 4), (3, 1), (1, 3)])
def test_networks_with_other_channels_are_refused(
    library: Library, channels: tuple[int, int]
) -> None:
    """Neither gray nor RGB, or not the same out as in: not a network for luma."""
    library(Found(*channels))
    assert refused().code == "network-unsuitable"


def test_networks_that_give_something_else_are_refused(library: Library) -> None:
    """A network that needs a mask, for instance: the error names its architecture and purpose."""
    library(OtherKind(purpose="Inpainting"))
    error = refused()
    assert error.code == "network-unsuitable"
    assert "Doubler" in error.what
    assert "Inpainting" in error.what


@pytest.mark.parametrize(
    "error", [Unsupported("no"), RuntimeError(), KeyError("layers"), ValueError("one\ntwo")]
)
def test_what_the_library_cannot_load_is_refused(library: Library, error: Exception) -> None:
    """It does not know the network, or takes it for another one: one code, one line, no traceback."""
    library(error)
    found = refused()
    assert found.code == "network-unknown"
    assert "\n" not in found.what


def test_without_the_library_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message about the state dict, and the command."""
    monkeypatch.setitem(sys.modules, "spandrel", None)
    error = refused()
    assert error.code == "network-unknown"
    assert error.what == "Unknown network."
    assert error.what_to_do == zoo.INSTALL


def test_a_library_that_fails_to_load_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Torchvision 0.28.0 of another build than torch raises RuntimeError when spandrel imports it."""
    (tmp_path / "spandrel.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "spandrel", raising=False)
    with pytest.raises(UsageError) as caught:
        zoo.foreign(STATE, FILE, "unknown")
    assert caught.value.code == "library-broken"
    assert "torchvision::nms" in caught.value.what
