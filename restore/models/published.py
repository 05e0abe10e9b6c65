"""Published checkpoints: one file of weights, understood by its keys and shapes, never run as code."""

from __future__ import annotations

import codecs
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from restore.errors import UsageError
from restore.models import zoo
from restore.models.card import Card
from restore.store import digest_file

if TYPE_CHECKING:
    from torch import Tensor, nn

SUFFIXES = (".pth", ".pt", ".ckpt", ".safetensors")
"""How the names of checkpoints end."""

_WRAPPINGS = ("params_ema", "params", "state_dict", "model_state_dict", "model", "net")
"""Under which key training programs keep the weights, in the order in which they are wanted."""

_PREFIXES = ("module.", "netG.")
"""What wrappers for several GPUs put before every key."""

_AGAIN = "Fetch the file again, or choose another model."

HEAD = 512
"""First bytes that suffice to see what is no model."""

_PACKED = re.compile(r"torch\.(u?int[1-7]|bits\w+|float4\w+)")
"""Types of numbers that torch keeps, but does not compute with."""


def read_card(path: Path) -> Card:
    """A card for a checkpoint file: what its weights tell, and the file's hash.

    Raises UsageError for a file that cannot be read and for a network that is not known.
    """
    import torch

    from restore.nets import catalog

    state = read_state(path)
    if (found := catalog.recognise(state)) is not None:
        architecture, arguments = found.architecture, found.arguments
        with torch.device("meta"):
            net = catalog.for_luma(architecture, catalog.build(architecture, arguments))
    else:
        architecture, net = zoo.foreign(state, path, _unknown(state))
        arguments = dict[str, int]()
    return Card(
        name=path.stem,
        version=1,
        task="upscale",
        architecture=architecture,
        arguments=arguments,
        scale=cast(int, net.scale),
        frames=cast(int, net.frames),
        sha256=digest_file(path),
        licence="not stated in the file",
        range=None,
        folder=path.parent,
        file=path,
    )


def load(path: Path) -> nn.Module:
    """The network of a checkpoint in fp32 on the CPU, for windows of luma [N, 1, H, W]."""
    from restore.nets import catalog

    state = read_state(path)
    if (found := catalog.recognise(state)) is None:
        return zoo.foreign(state, path, _unknown(state))[1]
    net = catalog.build(found.architecture, found.arguments)
    net.load_state_dict(found.state, strict=True)
    return catalog.for_luma(found.architecture, net)


def read_state(path: Path) -> dict[str, Tensor]:
    """The weights in a checkpoint by their names, out of whatever wrapping, on the CPU.

    Raises UsageError for files that are missing, no checkpoints, damaged, or that would run code.
    """
    check_head(path)
    values = read_safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    for key in _WRAPPINGS:
        if isinstance(values, Mapping) and isinstance(values.get(key), Mapping):
            values = values[key]
            break
    for prefix in _PREFIXES:
        if isinstance(values, Mapping) and values and all(_begins(key, prefix) for key in values):
            values = {str(key).removeprefix(prefix): value for key, value in values.items()}
    return _tensors(values, path)


def check_head(path: Path) -> None:
    """Raise UsageError for what is no model by its first bytes: nothing, a pointer, a web page."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        todo = "restore models list shows the models that are there by name."
        what = f"Cannot read the model: {error.strerror}."
        raise UsageError(what, str(path), todo) from error
    if (instead := no_model(head)) is not None:
        raise UsageError(instead[0], str(path), instead[1])


def no_model(head: bytes) -> tuple[str, str] | None:
    """What a file is in a model's place, by its first bytes, and what to do. None: it may be a model."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if not head:
        return "The model's file is empty.", _AGAIN
    if start.startswith(b"version https://git-lfs"):
        todo = "Run git lfs pull where it comes from, or download the file itself."
        return "This is a Git LFS pointer, not the model.", todo
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--")):
        todo = "Its address led to a page with a link on it: download what the link names."
        return "This is a web page, not the model.", todo
    return None


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The weights in a .safetensors file, on the CPU; UsageError if it is damaged.

    The library gets the bytes, not the name: it opens no file whose name is not UTF-8.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(path.read_bytes())
    except SafetensorError as error:
        raise UsageError(f"The weights are damaged: {error}.", str(path), _AGAIN) from error
    except KeyError as error:  # a type of numbers that the library does not know
        raise _no_plain_numbers(f"of type {error}", path) from error


def _pickled(path: Path) -> Any:
    import torch

    with path.open("rb") as file:
        head = file.read(4)
    if not head.startswith((b"PK\x03\x04", b"\x80")):
        todo = "A checkpoint of PyTorch (.pth) or a .safetensors file is wanted."
        raise UsageError("This is no checkpoint.", str(path), todo)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can fail in any way
        text = str(error)
        if isinstance(error, pickle.UnpicklingError) and "global" in text.lower():
            todo = "Ask for its state dict, or a .safetensors file: those are numbers alone."
            what = "The checkpoint holds more than weights, and reading it would run code."
        elif "TorchScript" in text:
            todo = "Its state dict (.pth or .safetensors) is wanted."
            what = "This is a TorchScript program, not weights alone."
        elif isinstance(error, pickle.UnpicklingError):
            what, todo = "The checkpoint is damaged, or holds more than weights.", _AGAIN
        else:
            what, todo = "The checkpoint is damaged or cut off.", _AGAIN
        raise UsageError(what, str(path), todo) from error


def _begins(key: object, prefix: str) -> bool:
    return str(key).startswith(prefix)


def _tensors(values: Any, path: Path) -> dict[str, Tensor]:
    """The state dict, if it is one."""
    from torch import Tensor

    state = values if isinstance(values, Mapping) else {}
    if not state or not all(isinstance(value, Tensor) for value in state.values()):
        found = ", ".join(str(key) for key in list(state)[:4]) or type(values).__name__
        raise UsageError(
            f"The checkpoint holds no state dict (found: {found}).",
            str(path),
            f"Weights by their names are wanted, bare or under {', '.join(_WRAPPINGS[:3])}.",
        )
    for key, value in state.items():
        if kind := _odd(value):
            raise _no_plain_numbers(f"{kind} ({key})", path)
    return {str(key): value for key, value in state.items()}


def _no_plain_numbers(kind: str, path: Path) -> UsageError:
    """The refusal of weights that are there, but of a kind for which there is no arithmetic here."""
    what = f"The checkpoint's weights are {kind}: restore does not compute with those."
    todo = "The same weights as plain numbers (fp32, fp16 or bf16) are wanted."
    return UsageError(what, str(path), todo)


def _odd(value: Tensor) -> str:
    """What keeps a weight from being plain numbers, one beside the other; empty: nothing."""
    import torch

    kinds = {
        "names without their numbers": value.is_meta,
        "quantized": value.is_quantized,
        "sparse or nested": value.is_nested or value.layout != torch.strided,
        "complex numbers": value.is_complex(),
        "packed bits": _PACKED.fullmatch(str(value.dtype)) is not None,
    }
    return next((kind for kind, is_so in kinds.items() if is_so), "")


def _unknown(state: Mapping[str, Tensor]) -> str:
    """What to say of a state dict that fits none of our networks."""
    from restore.nets import catalog

    known = ", ".join(name for name, _ in catalog.PUBLISHED)
    found = f"{len(state)} weights: {', '.join(list(state)[:3])}, ..."
    return f"The network of this checkpoint is none of {known} ({found})."
