"""What a training run tells while it goes on; a listener logs it, draws it, or reads it in a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Prepared:
    """So many of this process's aged shots are there, before the loop begins."""

    done: int
    count: int


@dataclass(frozen=True, slots=True)
class Began:
    """The loop begins behind `step` steps (0, or a checkpoint's) of `steps`."""

    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Stepped:
    """Step number `step` is done: loss of the whole batch, norm of the gradient before clipping."""

    step: int
    loss: float
    norm: float
    rate: float


@dataclass(frozen=True, slots=True)
class Validated:
    """The running average after `step` steps, tried on what is kept aside."""

    step: int
    loss: float
    score: float
    name: str
    """of the score, with its unit: "PSNR dB" (more is better), "chroma RMSE" (less is better)"""
    pictures: Tensor = field(compare=False)
    """R'G'B' [3, H, W], 0..1: rows of input, output, truth"""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the run is not as declared, and where."""

    step: int
    layer: str
    """the layer's name in the network; "input", "truth" or "loss" where it is none of its layers"""
    kind: str
    what: str

    def __str__(self) -> str:
        """One line for people."""
        return f"step {self.step}: {self.layer}: {self.kind}: {self.what}"


@dataclass(frozen=True, slots=True)
class Told:
    """A remark for the user."""

    line: str


Event = Prepared | Began | Stepped | Validated | Fault | Told

Listen = Callable[[Event], None]


def heard_by(*listeners: Listen) -> Listen:
    """A listener that hands every event to all of these, in order."""

    def listen(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return listen


def nobody(event: Event) -> None:
    """Listen to nothing."""
