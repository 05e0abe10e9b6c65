"""Export: trained weights become weights in half precision and a card with their hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from restore.errors import TrainingError
from restore.models import CARD, WEIGHTS, find
from restore.store import digest_bytes, write_atomic
from restore.training.settings import TrainSettings


def export_model(
    folder: Path, state: Mapping[str, Tensor], settings: TrainSettings, arguments: dict[str, int]
) -> None:
    """Write weights.safetensors and model.toml into a folder called NAME-vN."""
    weights = save({name: stored(value) for name, value in state.items()})
    write_atomic(folder / WEIGHTS, weights)
    card = card_text(folder.name, settings, arguments, digest_bytes(weights))
    write_atomic(folder / CARD, card.encode())


def stored(value: Tensor) -> Tensor:
    """Kernels and matrices in fp16; vectors (biases, norms) stay in fp32, they are small."""
    is_vector = not value.is_floating_point() or value.ndim < 2
    small = value.detach().clone() if is_vector else value.detach().to(torch.float16)
    if not bool(torch.isfinite(small.float()).all()):
        what = "A weight is not finite in half precision."
        todo = (
            "Train again with a lower learning rate; docs/train.md explains the monitor's faults."
        )
        raise TrainingError(what, "", todo, code="weights-not-finite")
    return small.contiguous()


def card_text(
    folder_name: str, settings: TrainSettings, arguments: Mapping[str, int], sha256: str
) -> str:
    """The content of model.toml, from the data of the run."""
    name, _, version = folder_name.rpartition("-v")
    card = settings.card
    written = ", ".join(f"{key} = {value}" for key, value in arguments.items())
    lines = [
        f"name = {_quoted(name)}",
        f"version = {int(version)}",
        f'task = "{settings.task}"',
        f'architecture = "{settings.architecture}"',
        f"arguments = {{ {written} }}",
        f"scale = {arguments.get('scale', 1)}",
        f"frames = {arguments.get('frames', 1)}",
        f'sha256 = "{sha256}"',
        f"licence = {_quoted(card.licence)}",
        *_conditioning(settings),
        "",
        "[range]",
        f"min_lines = {card.min_lines}",
        f"max_lines = {card.max_lines}",
    ]
    if readout := card.readout:
        lines += ["", "[readout]", *(f"{key} = {value}" for key, value in readout)]
    return "\n".join(lines) + "\n"


def _conditioning(settings: TrainSettings) -> list[str]:
    """The lines about the model whose features the network gets, if there is one."""
    if not settings.conditioning:
        return []
    sha256 = find(settings.conditioning).sha256
    name = _quoted(settings.conditioning)
    return [f"conditioning = {name}", f'conditioning_sha256 = "{sha256}"']


def _quoted(text: str) -> str:
    """A TOML string; JSON's escapes are valid in TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
