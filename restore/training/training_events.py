"""Events of a training run; listeners log them, draw them, print them, or collect them in a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True, slots=True)
class ShotsPrepared:
    """`done` of this process's `count` aged shots exist; before the loop starts."""

    done: int
    count: int


@dataclass(frozen=True, slots=True)
class TrainingStarted:
    """The loop starts after `step` of `steps` steps: after 0, or after those of a checkpoint."""

    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """Step number `step` is done: loss of the whole batch, gradient norm before clipping."""

    step: int
    loss: float
    gradient_norm: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Validated:
    """The averaged weights after `step` steps were validated on held-out data."""

    step: int
    loss: float
    score: float
    metric: str
    """name and unit of the score: "PSNR dB" (higher is better) or "chroma RMSE" (lower is better)"""
    pictures: Tensor = field(compare=False)
    """R'G'B' [3, H, W], 0..1: rows of input, output, ground truth"""


@dataclass(frozen=True, slots=True)
class Fault:
    """The monitor found a value out of bounds."""

    step: int
    layer: str
    """name of the layer in the network, or one of `input`, `truth`, `loss`"""
    kind: str
    message: str

    def __str__(self) -> str:
        """One line for people."""
        return f"step {self.step}: {self.layer}: {self.kind}: {self.message}"


@dataclass(frozen=True, slots=True)
class TrainingNote:
    """A remark for the user."""

    text: str


@dataclass(frozen=True, slots=True)
class TrainingWarning:
    """Something that works now but needs a change by the user: a key of train.toml by its old name."""

    text: str

    def __str__(self) -> str:
        """One line for people."""
        return self.text


TrainingEvent = (
    ShotsPrepared | TrainingStarted | StepDone | Validated | Fault | TrainingNote | TrainingWarning
)

Listener = Callable[[TrainingEvent], None]


def to_all(*listeners: Listener) -> Listener:
    """A listener that passes every event to all of these, in order."""

    def listen(event: TrainingEvent) -> None:
        for listener in listeners:
            listener(event)

    return listen


def ignore_events(event: TrainingEvent) -> None:
    """Do nothing."""
