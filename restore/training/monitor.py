"""Checks during training: bounds of a healthy run, and the layer where they are exceeded.

The loss and the norm of the whole gradient are checked in every step. Every `every` steps the monitor
checks the layers: their activations (hooks for that one forward pass), their gradients, and the path of
their weights during the next `WINDOW` steps. It changes no number of the run.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from restore.errors import TrainingError
from restore.training.activations import Activations, recorded
from restore.training.settings import LayerBounds, MonitorSettings
from restore.training.training_events import Fault, Listener

WINDOW = 16
"""Steps over which the path of the weights is followed.

Over 16 steps of AdamW (momentum 0.9) the weights of healthy runs covered a distance of 0.37 to 1.0 of
their path's length, in runs led by noise as well as by slope; with a learning rate that made them
oscillate it was 0.05 to 0.15.
"""

_MAX_LOSSES, _MIN_LOSSES = 64, 32
"""How many previous losses a new one is compared with."""
_MIN_DEVIATION = 0.1
"""Smallest deviation of the losses' logarithm: even a very steady run may double its loss once."""
_MIN_LEARNING_RATE = 1e-6
"""Learning rate below which updates disappear in the rounding of fp32."""
_FROM_ZERO = 1e-2
"""Weights whose norm was below this share of their later norm count as started at zero."""
_REPEAT = 20
"""Checks after which a fault that persists is reported again."""


class Monitor:
    """Checks one run; `listen` gets every fault, and TrainingError is raised with `on_fault = "stop"`."""

    def __init__(self, net: nn.Module, settings: MonitorSettings, listen: Listener) -> None:
        self._net = net
        self._settings = settings
        self._listen = listen
        self._layers = _parameters_by_layer(net)
        self._losses: deque[float] = deque(maxlen=_MAX_LOSSES)
        self._recorded: Activations = {}
        self._constant: dict[str, Tensor] = {}
        self._without_gradient: set[str] = set()
        self._oscillating: set[str] = set()
        self._path: _WeightPath | None = None
        self._reported: dict[tuple[str, str], int] = {}

    @contextmanager
    def recording(self, step: int) -> Generator[None]:
        """Record the activations of the forward pass in the block, if a check is due."""
        if self._settings.on_fault == "ignore" or step % self._settings.every:
            yield
            return
        with recorded(self._net) as self._recorded:
            yield

    def before_update(self, step: int, loss: float, learning_rates: dict[Tensor, float]) -> None:
        """Check a finite loss and, after a recorded pass, activations and gradients.

        `learning_rates` are those of the parameters in this step; gradients are those before clipping.
        """
        if self._settings.on_fault == "ignore":
            return
        faults = self._loss_spike(step, loss)
        self._losses.append(loss)
        if self._recorded:
            faults += self._activations(step)
            faults += self._dead_channels(step)
            faults += self._gradients(step, learning_rates)
            self._recorded = {}
            self._path = _WeightPath(self._layers, learning_rates)
        self._report(faults)

    def after_update(self, step: int) -> None:
        """Follow the weights, and check their path at the end of its window."""
        if self._path is None:
            return
        self._path.follow()
        if self._path.steps == WINDOW:
            path, self._path = self._path, None
            self._report([*self._updates(step, path), *self._oscillation(step, path)])

    def not_finite(
        self, step: int, inputs: Tensor, truth: Tensor, forward: Callable[[], object]
    ) -> None:
        """Report where values are not finite; `forward` runs the step's forward pass again."""
        if self._settings.on_fault == "ignore":
            return
        self._recorded, self._path = {}, None
        for name, value in (("input", inputs), ("truth", truth)):
            if not bool(value.isfinite().all()):
                what = f"{int((~value.isfinite()).sum())} of {value.numel()} values"
                self._report([Fault(step, name, "not finite", f"{what}; the batch was skipped")])
                return
        with torch.no_grad(), recorded(self._net) as activations:
            forward()
        broken = [n for n, layer in activations.items() if not math.isfinite(layer.variance)]
        layer = broken[0] if broken else self._steepest()
        what = "its activations" if broken else "its gradient"
        self._report([Fault(step, layer, "not finite", f"{what}; the batch was skipped")])

    def _loss_spike(self, step: int, loss: float) -> list[Fault]:
        if len(self._losses) < _MIN_LOSSES or loss <= 0 or min(self._losses) <= 0:
            return []
        logs = [math.log(one) for one in self._losses]
        median = statistics.median(logs)
        deviation = 1.4826 * statistics.median(abs(one - median) for one in logs)
        limit = self._settings.max_loss_deviation * max(deviation, _MIN_DEVIATION)
        if math.log(loss) - median <= limit:
            return []
        what = f"{loss:.4g} after losses around {math.exp(median):.4g}; largest gradient here"
        return [Fault(step, self._steepest(), "loss spike", what)]

    def _steepest(self) -> str:
        """The layer with the largest gradient (one that is not finite before all others)."""
        norms = {name: _norm(_gradients_of(ps)) for name, ps in self._layers.items()}
        return max(norms, key=lambda name: norms[name] if math.isfinite(norms[name]) else math.inf)

    def _activations(self, step: int) -> list[Fault]:
        """The first layer whose activations exceed their bounds: those after it only follow."""
        for name, layer in self._recorded.items():
            bounds = self._bounds(name)
            for kind, value, (low, high) in (
                ("activation mean", layer.mean, bounds.mean),
                ("activation variance", layer.variance, bounds.variance),
            ):
                if not low <= value <= high:
                    return [Fault(step, name, kind, _out_of_bounds(value, low, high))]
        return []

    def _bounds(self, name: str) -> LayerBounds:
        settings = self._settings
        fitting = [prefix for prefix in settings.layers if name.startswith(prefix)]
        if fitting:
            return settings.layers[max(fitting, key=len)]
        return LayerBounds(mean=settings.activation_mean, variance=settings.activation_variance)

    def _dead_channels(self, step: int) -> list[Fault]:
        """The first layer with too many channels that were constant in this check and the last."""
        before = self._constant
        self._constant = {name: layer.constant for name, layer in self._recorded.items()}
        for name, constant in self._constant.items():
            if name not in before or before[name].shape != constant.shape:
                continue
            dead, count = int((constant & before[name]).sum()), constant.numel()
            if dead > self._settings.max_dead_share * count:
                what = f"{dead} of {count} channels are constant for every input"
                return [Fault(step, name, "dead channels", what)]
        return []

    def _gradients(self, step: int, learning_rates: dict[Tensor, float]) -> list[Fault]:
        """Layers without a gradient for the second time, and the one with too large a gradient."""
        norms = {name: _norm(_gradients_of(ps)) for name, ps in self._layers.items()}
        before = self._without_gradient
        self._without_gradient = {name for name, norm in norms.items() if norm == 0}
        faults = [
            Fault(step, name, "frozen", "its weights get no gradient")
            for name in self._layers
            if name in self._without_gradient & before
            and _is_trained(self._layers[name], learning_rates)
        ]
        name = max(norms, key=lambda name: norms[name])
        if norms[name] > self._settings.max_gradient_norm:
            what = _out_of_bounds(norms[name], 0, self._settings.max_gradient_norm)
            faults.append(Fault(step, name, "gradient norm", what))
        return faults

    def _updates(self, step: int, path: _WeightPath) -> list[Fault]:
        """Layers whose weights do not change, and those that change too much in a step."""
        low, high = self._settings.update_ratio
        faults: list[Fault] = []
        for name, learning_rate in path.learning_rates.items():
            ratio = path.update_ratio(name)
            too_small = learning_rate > _MIN_LEARNING_RATE and ratio < low * learning_rate
            if too_small and name not in self._without_gradient:
                what = (
                    f"a step changes its weights by {ratio:.2g} of their norm, "
                    f"at learning rate {learning_rate:.2g}"
                )
                faults.append(Fault(step, name, "frozen", what))
            elif ratio > high:
                what = _out_of_bounds(ratio, 0, high)
                faults.append(Fault(step, name, "update ratio", what))
        return faults

    def _oscillation(self, step: int, path: _WeightPath) -> list[Fault]:
        """The layer that oscillates the most, if it did so in the last window too."""
        progress = {name: path.progress(name) for name in path.learning_rates}
        oscillating = {n for n, one in progress.items() if one < self._settings.min_progress}
        both = oscillating & self._oscillating
        self._oscillating = oscillating
        if not both:
            return []
        name = min(both, key=lambda name: progress[name])
        others = f" ({len(both) - 1} more layers)" if len(both) > 1 else ""
        what = (
            f"the distance that its weights covered is {progress[name]:.2f} of the length "
            f"of their path{others}: lower the learning rate"
        )
        return [Fault(step, name, "oscillation", what)]

    def _report(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            last = self._reported.get((fault.kind, fault.layer))
            if last is None or fault.step - last >= _REPEAT * self._settings.every:
                self._reported[(fault.kind, fault.layer)] = fault.step
                self._listen(fault)
        if faults and self._settings.on_fault == "stop":
            todo = "docs/train.md explains each fault, and how to go on."
            what = f"Training stopped because of a fault: {faults[0]}."
            raise TrainingError(what, "", todo, code="training-fault")


class _WeightPath:
    """The path of each layer's weights over some steps: its length, and the distance that it covers."""

    def __init__(
        self, layers: dict[str, list[nn.Parameter]], learning_rates: dict[Tensor, float]
    ) -> None:
        self._layers = {n: ps for n, ps in layers.items() if _is_trained(ps, learning_rates)}
        self.learning_rates = {
            name: max(learning_rates.get(p, 0) for p in ps) for name, ps in self._layers.items()
        }
        self.steps = 0
        self._start = {name: _copied(ps) for name, ps in self._layers.items()}
        self._last = self._start
        self._length = dict.fromkeys(self._layers, 0.0)

    def follow(self) -> None:
        """Take the weights after the next step."""
        now = {name: _copied(ps) for name, ps in self._layers.items()}
        for name in now:
            self._length[name] += _distance(now[name], self._last[name])
        self._last = now
        self.steps += 1

    def update_ratio(self, name: str) -> float:
        """The mean length of a step divided by the norm of the weights before.

        For weights that started at zero, by the norm after.
        """
        before, after = _norm(self._start[name]), _norm(self._last[name])
        norm = before if before > _FROM_ZERO * after else after
        return self._length[name] / self.steps / norm if norm > 0 else 0.0

    def progress(self, name: str) -> float:
        """The distance from the start divided by the length of the path; 1 for a path of no length."""
        length = self._length[name]
        return _distance(self._last[name], self._start[name]) / length if length > 0 else 1.0


def _parameters_by_layer(net: nn.Module) -> dict[str, list[nn.Parameter]]:
    layers: dict[str, list[nn.Parameter]] = {}
    for name, parameter in net.named_parameters():
        layers.setdefault(name.rpartition(".")[0] or name, []).append(parameter)
    return layers


def _is_trained(parameters: Sequence[nn.Parameter], learning_rates: dict[Tensor, float]) -> bool:
    """Whether any of these parameters is trained at a learning rate above 0 (others are meant to stay)."""
    return any(p.requires_grad and learning_rates.get(p, 0.0) > 0 for p in parameters)


def _gradients_of(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _copied(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in parameters]


def _distance(these: Sequence[Tensor], those: Sequence[Tensor]) -> float:
    return _norm([a - b for a, b in zip(these, those, strict=True)])


def _norm(tensors: Sequence[Tensor]) -> float:
    return float(nn.utils.get_total_norm(tensors)) if tensors else 0.0


def _out_of_bounds(value: float, low: float, high: float) -> str:
    return f"{value:.4g} is not between {low:.4g} and {high:.4g}"
