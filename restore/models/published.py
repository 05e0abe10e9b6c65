"""Published checkpoints: one file of weights, identified by keys and shapes, never run as code."""

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
"""Suffixes of checkpoints."""

_WRAPPINGS = ("params_ema", "params", "state_dict", "model_state_dict", "model", "net")
"""Keys under which training programs store the weights, in order of preference."""

_PREFIXES = ("module.", "netG.")
"""Prefixes that wrappers for several GPUs add to every key."""

_FETCH_AGAIN = "Fetch the file again, or choose another model."

HEAD = 512
"""Number of bytes that are enough to recognize files that are not models."""

_PACKED = re.compile(r"torch\.(u?int[1-7]|bits\w+|float4\w+)")
"""Data types that torch stores but does not compute with."""


def read_card(path: Path) -> Card:
    """A card for a checkpoint file, from its weights and its hash.

    Raises UsageError for a file that cannot be read and for an unknown network.
    """
    import torch

    from restore.nets import catalog

    state = read_state(path)
    if (found := catalog.recognize(state)) is not None:
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
    if (found := catalog.recognize(state)) is None:
        return zoo.foreign(state, path, _unknown(state))[1]
    net = catalog.build(found.architecture, found.arguments)
    net.load_state_dict(found.state, strict=True)
    return catalog.for_luma(found.architecture, net)


def read_state(path: Path) -> dict[str, Tensor]:
    """The state dict of a checkpoint, on the CPU, without wrapping keys and prefixes.

    Raises UsageError for files that are missing, damaged, not checkpoints, or that would run code.
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
    """UsageError for a file whose first bytes show that it is not a model: empty, a pointer, a web page."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        todo = "restore models list shows the models that are available by name."
        what = f"Cannot read the model: {error.strerror}."
        raise UsageError(what, str(path), todo, code="checkpoint-unreadable") from error
    if (problem := not_a_model(head)) is not None:
        raise UsageError(problem[0], str(path), problem[1], code="not-a-checkpoint")


def not_a_model(head: bytes) -> tuple[str, str] | None:
    """What a file is instead of a model, by its first bytes, and what to do. None: it may be a model."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if not head:
        return "The model's file is empty.", _FETCH_AGAIN
    if start.startswith(b"version https://git-lfs"):
        todo = "Run git lfs pull at its source, or download the file itself."
        return "This is a Git LFS pointer, not the model.", todo
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--")):
        todo = "Its address is a page with a link to the file: download that."
        return "This is a web page, not the model.", todo
    return None


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The weights in a .safetensors file, on the CPU; UsageError if it is damaged.

    The library gets the bytes, not the name: it cannot open a file whose name is not UTF-8.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(path.read_bytes())
    except SafetensorError as error:
        what = f"The weights are damaged: {error}."
        raise UsageError(what, str(path), _FETCH_AGAIN, code="weights-damaged") from error
    except KeyError as error:  # a data type that the library does not know
        raise _unsupported_type(f"of type {error}", path) from error


def _pickled(path: Path) -> Any:
    import torch

    with path.open("rb") as file:
        head = file.read(4)
    if not head.startswith((b"PK\x03\x04", b"\x80")):
        todo = "Use a checkpoint of PyTorch (.pth) or a .safetensors file."
        raise UsageError("This is not a checkpoint.", str(path), todo, code="not-a-checkpoint")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can fail in any way
        text = str(error)
        if isinstance(error, pickle.UnpicklingError) and "global" in text.lower():
            todo = "Use its state dict or a .safetensors file: they contain only numbers."
            what = "The checkpoint contains more than weights, and reading it would run code."
        elif "TorchScript" in text:
            todo = "Use its state dict (.pth or .safetensors)."
            what = "This is a TorchScript program, not only weights."
        elif isinstance(error, pickle.UnpicklingError):
            what, todo = "The checkpoint is damaged, or contains more than weights.", _FETCH_AGAIN
        else:
            what, todo = "The checkpoint is damaged or truncated.", _FETCH_AGAIN
        raise UsageError(what, str(path), todo, code="not-a-checkpoint") from error


def _begins(key: object, prefix: str) -> bool:
    return str(key).startswith(prefix)


def _tensors(values: Any, path: Path) -> dict[str, Tensor]:
    """The state dict; UsageError if it is not one."""
    from torch import Tensor

    state = values if isinstance(values, Mapping) else {}
    if not state or not all(isinstance(value, Tensor) for value in state.values()):
        found = ", ".join(str(key) for key in list(state)[:4]) or type(values).__name__
        raise UsageError(
            f"The checkpoint contains no state dict (found: {found}).",
            str(path),
            f"It must have weights by names, at the top or under {', '.join(_WRAPPINGS[:3])}.",
            code="not-a-checkpoint",
        )
    for key, value in state.items():
        if kind := _unsupported(value):
            raise _unsupported_type(f"{kind} ({key})", path)
    return {str(key): value for key, value in state.items()}


def _unsupported_type(kind: str, path: Path) -> UsageError:
    """The error for weights of a type that restore does not compute with."""
    what = f"The checkpoint's weights are {kind}: restore does not compute with those."
    todo = "Use the same weights as fp32, fp16 or bf16."
    return UsageError(what, str(path), todo, code="weights-type-unsupported")


def _unsupported(value: Tensor) -> str:
    """Why a weight is not a dense tensor of numbers; empty if it is one."""
    import torch

    kinds = {
        "names without values": value.is_meta,
        "quantized": value.is_quantized,
        "sparse or nested": value.is_nested or value.layout != torch.strided,
        "complex numbers": value.is_complex(),
        "packed bits": _PACKED.fullmatch(str(value.dtype)) is not None,
    }
    return next((kind for kind, is_so in kinds.items() if is_so), "")


def _unknown(state: Mapping[str, Tensor]) -> str:
    """The message about a state dict that fits none of our networks."""
    from restore.nets import catalog

    known = ", ".join(name for name, _ in catalog.PUBLISHED)
    found = f"{len(state)} weights: {', '.join(list(state)[:3])}, ..."
    return f"The network of this checkpoint is not one of {known} ({found})."
