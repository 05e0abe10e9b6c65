"""Checkpoints: every wrapping is read, everything else is refused, nothing is run as code."""

from __future__ import annotations

import os
import pickle
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from restore import models
from restore.errors import UsageError
from restore.filters.tiling import run_tiled
from restore.nets.srvgg import SRVGGNetCompact
from restore.store import digest_file
from restore.treatments.treatment import Engine

WEIGHTS = Path(__file__).parents[3] / "shared" / "data" / "weights"

STATE = SRVGGNetCompact(2, 4, 2).state_dict()


@pytest.mark.parametrize(
    "wrapped",
    [
        STATE,
        {"params": STATE},
        {"params_ema": STATE, "params": {key: value + 1 for key, value in STATE.items()}},
        {"state_dict": {f"module.{key}": value for key, value in STATE.items()}, "epoch": 3},
        {"params": {key: value.half() for key, value in STATE.items()}},
    ],
    ids=["bare", "params", "ema-first", "module", "half"],
)
def test_every_wrapping_gives_the_same_net(tmp_path: Path, wrapped: dict[str, Any]) -> None:
    """Bare, under a key, averaged, from several GPUs or halved: the same network in fp32."""
    path = tmp_path / "net.pth"
    torch.save(wrapped, path)
    card = models.find(str(path))
    assert (card.full_name, card.architecture, card.scale, card.frames) == (
        "net",
        "SRVGGNetCompact",
        2,
        1,
    )
    assert card.sha256 == digest_file(path)
    for key, value in models.load(card).state_dict().items():
        expected = STATE[key.removeprefix("rgb.")]
        assert value.dtype == torch.float32
        assert (value - expected).abs().max() < 1e-3


def test_safetensors_and_the_old_file_format_are_read(tmp_path: Path) -> None:
    """A .safetensors state dict, and what PyTorch wrote before 2020."""
    save_file(STATE, tmp_path / "net.safetensors")
    torch.save(STATE, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    for name in ("net.safetensors", "old.pth"):
        assert models.find(str(tmp_path / name)).scale == 2


def test_luma_goes_in_and_comes_out(tmp_path: Path) -> None:
    """The net gets a gray picture; the result is the luma of what the published net gives."""
    torch.save(STATE, tmp_path / "net.pth")
    net = models.load(models.find(str(tmp_path / "net.pth")))
    rgb = SRVGGNetCompact(2, 4, 2)
    rgb.load_state_dict(STATE)
    luma = torch.rand(2, 1, 5, 6)
    red, green, blue = rgb(luma.repeat(1, 3, 1, 1)).split(1, dim=1)
    expected = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert torch.allclose(net(luma), expected, atol=1e-6)


class Trap:
    """A pickle of this makes a folder when it is read as code."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        """What an unpickler would call."""
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_code_in_a_checkpoint_is_never_run(tmp_path: Path, how: str) -> None:
    """A pickle that contains more than numbers is refused, and its code was not run."""
    path, mark = tmp_path / "net.pth", tmp_path / "mark"
    trap = {"params": Trap(str(mark))}
    if how == "torch":
        torch.save(trap, path)
    else:
        path.write_bytes(pickle.dumps(trap, protocol=2))
    with pytest.raises(UsageError, match=r"run code|more than weights"):
        models.find(str(path))
    assert not mark.exists()


def zipped(path: Path) -> None:
    """A zip archive that is not a checkpoint."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def cut(path: Path) -> None:
    """The first half of a checkpoint."""
    torch.save(STATE, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (cut, "damaged or truncated"),
        (zipped, "damaged"),
        (lambda path: path.write_bytes(b"\x80\x02" + bytes(range(200))), "damaged"),
        (lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"), "Git LFS"),
        (lambda path: path.write_text("\n <!DOCTYPE html><html>"), "web page"),
        (lambda path: path.write_text("<html>", encoding="utf-8-sig"), "web page"),
        (lambda path: path.write_text("<!-- made by hand --><html>"), "web page"),
        (lambda path: path.write_text("7767517\n"), "not a checkpoint"),
        (lambda path: torch.save([1, 2], path), "no state dict"),
        (lambda path: torch.save({"params": {"step": 3}}, path), "no state dict"),
        (lambda path: torch.save(torch.nn.Linear(1, 1), path), "run code"),
        (
            lambda path: torch.jit.script(torch.nn.Linear(1, 1)).save(str(path)),
            "TorchScript",
        ),
    ],
)
def test_what_is_no_checkpoint_is_named(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    """The error says what each kind of wrong file is, with its path and the usage exit code."""
    path = tmp_path / "net.pth"
    make(path)
    with pytest.raises(UsageError, match=words) as caught:
        models.find(str(path))
    assert caught.value.where == str(path)


def test_broken_safetensors_and_missing_files_are_refused(tmp_path: Path) -> None:
    """A truncated .safetensors file, and a file that does not exist."""
    path = tmp_path / "net.safetensors"
    save_file(STATE, path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(UsageError, match="damaged"):
        models.find(str(path))
    with pytest.raises(UsageError, match="No such file"):
        models.find(str(tmp_path / "missing.pth"))


def packed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights of which nobody but their maker knows what the bits mean."""
    return {key: torch.zeros(value.shape).byte().view(torch.bits8) for key, value in state.items()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ({key: value.to_sparse() for key, value in STATE.items()}, "sparse"),
        ({key: value.to("meta") for key, value in STATE.items()}, "names without values"),
        (
            {k: torch.quantize_per_tensor(v, 0.1, 0, torch.qint8) for k, v in STATE.items()},
            "quantized",
        ),
        ({key: value.to(torch.complex64) for key, value in STATE.items()}, "complex"),
        ({**STATE, "body.0.bias": torch.nested.nested_tensor([torch.zeros(4)])}, "nested"),
        (packed(STATE), "packed bits"),
    ],
    ids=["sparse", "meta", "quantized", "complex", "nested", "packed"],
)
def test_weights_that_are_no_plain_numbers_are_refused_on_reading(
    tmp_path: Path, state: dict[str, torch.Tensor], kind: str
) -> None:
    """Before any work begins: the kind, the first such weight, and what is wanted instead."""
    path = tmp_path / "net.pth"
    torch.save(state, path)
    with pytest.raises(UsageError, match=rf"{kind}.*body\.0\.(weight|bias)") as caught:
        models.find(str(path))
    assert caught.value.where == str(path)
    assert "fp16" in caught.value.what_to_do


def test_safetensors_of_an_unknown_type_are_refused(tmp_path: Path) -> None:
    """The format has types of numbers that the library does not give to torch."""
    path, head = (
        tmp_path / "net.safetensors",
        b'{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}',
    )
    path.write_bytes(len(head).to_bytes(8, "little") + head + b"\0")
    with pytest.raises(UsageError, match=r"F4.*does not compute"):
        models.find(str(path))


@pytest.mark.parametrize(
    "state",
    [
        {"x.sk.weight": torch.zeros(3, 3, 1, 1), "x.bias": torch.zeros(3)},
        {"conv_first.weight": torch.zeros(64, 0, 3, 3), "body.0.rdb1.conv1.weight": torch.zeros(2)},
    ],
    ids=["shortcut", "no-input"],
)
def test_names_alone_make_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: dict[str, torch.Tensor]
) -> None:
    """A checkpoint with some names of restore's networks is tried with the zoo, like other unknown ones."""
    monkeypatch.setitem(sys.modules, "spandrel", None)
    torch.save(state, tmp_path / "net.pth")
    with pytest.raises(UsageError, match="is not one of") as caught:
        models.find(str(tmp_path / "net.pth"))
    assert "restore-film[zoo]" in caught.value.what_to_do


def test_errors_for_unknown_networks_name_the_zoo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without spandrel the error names the known networks, the file's content, and what to install."""
    monkeypatch.setitem(sys.modules, "spandrel", None)
    torch.save({"layers.0.attention": torch.zeros(3)}, tmp_path / "net.pth")
    with pytest.raises(UsageError, match=r"layers\.0\.attention") as caught:
        models.find(str(tmp_path / "net.pth"))
    assert "RRDBNet" in caught.value.what
    assert "pip install 'restore-film[zoo]'" in caught.value.what_to_do


def test_a_file_that_changed_is_not_loaded(tmp_path: Path) -> None:
    """Weights that change between finding and loading are refused."""
    path = tmp_path / "net.pth"
    torch.save(STATE, path)
    card = models.find(str(path))
    torch.save({key: value + 1 for key, value in STATE.items()}, path)
    with pytest.raises(UsageError, match="SHA-256"):
        models.load(card)


@pytest.mark.parametrize(("precision", "wanted"), [("fp32", "float32"), ("bf16", "float32")])
def test_bf16_is_too_coarse_for_published_weights(
    tmp_path: Path, precision: str, wanted: str
) -> None:
    """On an engine that computes bf16 they run in fp32, ours in bf16."""
    from restore.treatments.network import load_network, number_format

    torch.save(STATE, tmp_path / "net.pth")
    engine = Engine("cpu", precision)
    net = load_network(str(tmp_path / "net.pth"), engine)
    assert {str(value.dtype) for value in net.parameters()} == {f"torch.{wanted}"}
    ours = load_network("film-x2", Engine("cpu", "bf16"))
    assert number_format(ours, Engine("cpu", "bf16")) == torch.bfloat16


REAL = ["realesr-general-x4v3.fp16-from-ncnn.pth", "span-ch28-x4-ntire2025-team46.pth"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not WEIGHTS.is_dir(), reason="needs the published weights")
@pytest.mark.parametrize("name", REAL)
def test_published_weights_tile_without_seams(name: str) -> None:
    """With the real weights tiled equals untiled at any tile: one code value of 255 at most in fp32.

    In fp64, where no rounding hides anything, nothing is left of a seam; half the margin shows.
    """
    net = models.load(models.find(str(WEIGHTS / name)))
    torch.manual_seed(1)
    rough = torch.nn.functional.interpolate(torch.rand(1, 1, 8, 14), scale_factor=7, mode="bicubic")
    picture = rough + torch.randn_like(rough) * 0.05
    radius = net.receptive_radius
    assert isinstance(radius, int)
    with torch.inference_mode():
        whole = net(picture)
        for tile in (17, 32, 50):
            tiled = run_tiled(net, picture, 4, radius, tile)
            assert (whole - tiled).abs().max() <= 1 / 255
        net, picture = net.double(), picture.double()
        whole = net(picture)
        tiled, seamed = (run_tiled(net, picture, 4, radius // part, 40) for part in (1, 2))
    assert (whole - tiled).abs().max() < 1e-12
    assert (whole - seamed).abs().max() > 1e-12


@pytest.mark.skipif(not WEIGHTS.is_dir(), reason="needs the published weights")
@pytest.mark.parametrize("path", sorted(WEIGHTS.glob("*.pth")), ids=lambda path: path.stem)
def test_published_weights_keep_the_picture(path: Path) -> None:
    """A soft picture made four times as large is nearly itself when it is made small again.

    Within 16 code values of 255: the adversarially trained ones shift tones by up to 13.
    """
    net = models.load(models.find(str(path)))
    y, x = torch.meshgrid(torch.linspace(0, 3, 24), torch.linspace(0, 4, 32), indexing="ij")
    picture = (0.5 + 0.25 * torch.sin(x) * torch.cos(y))[None, None]
    with torch.inference_mode():
        small = torch.nn.functional.avg_pool2d(net(picture), 4)
    assert (small - picture)[..., 2:-2, 2:-2].abs().max() < 16 / 255
