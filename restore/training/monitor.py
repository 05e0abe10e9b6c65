"""Assertions during training: what a sound run looks like, and which layer is to blame when one is not.

The loss and the whole gradient are looked at in every step. Every `every` steps the monitor looks into
the layers: their activations (hooks for that one forward pass), their gradients, and the way their
weights go during the next `WINDOW` steps. Nothing that it does changes a number of the run.
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
from restore.training.run_events import Fault, Listen
from restore.training.settings import LayerBounds, MonitorSettings

WINDOW = 16
"""Steps over which the way of the weights is followed.

Over 16 steps of AdamW (momentum 0.9) sound runs got 0.37 to 1.0 of their way's length forward, whether
noise or slope led them; runs whose rate made them swing got 0.05 to 0.15.
"""

_LOSSES, _ENOUGH = 64, 32
"""How many losses a new one is compared with, at most and at least."""
_CALMEST = 0.1
"""Least deviation of the losses' logarithm: a very even run may still double its loss once."""
_SLIGHTEST = 1e-6
"""Rate below which steps drown in the rounding of fp32."""
_NOTHING = 1e-2
"""Share of their later norm up to which weights count as begun at zero."""
_AGAIN = 20
"""Looks after which a fault that stays is told again."""


class Monitor:
    """Watches one run; `listen` hears every fault, and TrainingError is raised where that is wanted."""

    def __init__(self, net: nn.Module, settings: MonitorSettings, listen: Listen) -> None:
        self._net = net
        self._settings = settings
        self._listen = listen
        self._layers = _parameters_by_layer(net)
        self._losses: deque[float] = deque(maxlen=_LOSSES)
        self._seen: Activations = {}
        self._constant: dict[str, Tensor] = {}
        self._still: set[str] = set()
        self._swinging: set[str] = set()
        self._way: _Way | None = None
        self._told: dict[tuple[str, str], int] = {}

    @contextmanager
    def looking(self, step: int) -> Generator[None]:
        """Record the activations of the forward pass in the block, if it is time to look."""
        if self._settings.on_fault == "ignore" or step % self._settings.every:
            yield
            return
        with recorded(self._net) as self._seen:
            yield

    def before_update(self, step: int, loss: float, rates: dict[Tensor, float]) -> None:
        """Look at a finite loss and, after a recorded pass, at activations and gradients.

        `rates` are the parameters' rates in this step; gradients are those before clipping.
        """
        if self._settings.on_fault == "ignore":
            return
        faults = self._spike(step, loss)
        self._losses.append(loss)
        if self._seen:
            faults += [*self._activations(step), *self._dead(step), *self._gradients(step, rates)]
            self._seen = {}
            self._way = _Way(self._layers, rates)
        self._report(faults)

    def after_update(self, step: int) -> None:
        """Follow the weights, and judge their way when its window is over."""
        if self._way is None:
            return
        self._way.follow()
        if self._way.steps == WINDOW:
            way, self._way = self._way, None
            self._report([*self._updates(step, way), *self._swings(step, way)])

    def not_finite(
        self, step: int, given: Tensor, truth: Tensor, forward: Callable[[], object]
    ) -> None:
        """Say where numbers stop being numbers; `forward` runs the step's pass again."""
        if self._settings.on_fault == "ignore":
            return
        self._seen, self._way = {}, None
        for name, value in (("input", given), ("truth", truth)):
            if not bool(value.isfinite().all()):
                what = f"{int((~value.isfinite()).sum())} of {value.numel()} values"
                self._report([Fault(step, name, "not finite", f"{what}; the batch was left out")])
                return
        with torch.no_grad(), recorded(self._net) as seen:
            forward()
        broken = [name for name, layer in seen.items() if not math.isfinite(layer.variance)]
        layer = broken[0] if broken else self._steepest()
        what = "its activations" if broken else "its gradient"
        self._report([Fault(step, layer, "not finite", f"{what}; the batch was left out")])

    def _spike(self, step: int, loss: float) -> list[Fault]:
        if len(self._losses) < _ENOUGH or loss <= 0 or min(self._losses) <= 0:
            return []
        logs = [math.log(one) for one in self._losses]
        middle = statistics.median(logs)
        spread = 1.4826 * statistics.median(abs(one - middle) for one in logs)
        if math.log(loss) - middle <= self._settings.spike * max(spread, _CALMEST):
            return []
        what = f"{loss:.4g} after losses around {math.exp(middle):.4g}; steepest gradient here"
        return [Fault(step, self._steepest(), "loss spike", what)]

    def _steepest(self) -> str:
        """The layer with the greatest gradient (one that is not finite before all others)."""
        norms = {name: _norm(_gradients_of(ps)) for name, ps in self._layers.items()}
        return max(norms, key=lambda name: norms[name] if math.isfinite(norms[name]) else math.inf)

    def _activations(self, step: int) -> list[Fault]:
        """The first layer whose activations leave their bounds: those behind it only follow."""
        for name, seen in self._seen.items():
            bounds = self._bounds(name)
            for kind, value, (least, greatest) in (
                ("mean of activations", seen.mean, bounds.mean),
                ("variance of activations", seen.variance, bounds.variance),
            ):
                if not least <= value <= greatest:
                    return [Fault(step, name, kind, _outside(value, least, greatest))]
        return []

    def _bounds(self, name: str) -> LayerBounds:
        fitting = [prefix for prefix in self._settings.layers if name.startswith(prefix)]
        if fitting:
            return self._settings.layers[max(fitting, key=len)]
        return LayerBounds(mean=self._settings.mean, variance=self._settings.variance)

    def _dead(self, step: int) -> list[Fault]:
        """The first layer with too many channels that were constant in this look and the last."""
        before, self._constant = self._constant, {n: s.constant for n, s in self._seen.items()}
        for name, constant in self._constant.items():
            if name not in before or before[name].shape != constant.shape:
                continue
            dead, count = int((constant & before[name]).sum()), constant.numel()
            if dead > self._settings.dead * count:
                what = f"{dead} of {count} channels give one value whatever comes in"
                return [Fault(step, name, "dead channels", what)]
        return []

    def _gradients(self, step: int, rates: dict[Tensor, float]) -> list[Fault]:
        """Layers that no gradient reaches for the second time, and the one with too steep a one."""
        norms = {name: _norm(_gradients_of(ps)) for name, ps in self._layers.items()}
        before, self._still = self._still, {n for n, norm in norms.items() if norm == 0}
        faults = [
            Fault(step, name, "frozen", "no gradient reaches its weights")
            for name in self._layers
            if name in self._still & before and _learns(self._layers[name], rates)
        ]
        name = max(norms, key=lambda name: norms[name])
        if norms[name] > self._settings.gradient:
            what = _outside(norms[name], 0, self._settings.gradient)
            faults.append(Fault(step, name, "norm of gradient", what))
        return faults

    def _updates(self, step: int, way: _Way) -> list[Fault]:
        """Layers whose weights stand still, and those that a step turns over."""
        least, greatest = self._settings.update
        faults: list[Fault] = []
        for name, rate in way.rates.items():
            change = way.change(name)
            if rate > _SLIGHTEST and change < least * rate and name not in self._still:
                what = (
                    f"a step changes its weights by {change:.2g} of their norm, at rate {rate:.2g}"
                )
                faults.append(Fault(step, name, "frozen", what))
            elif change > greatest:
                what = _outside(change, 0, greatest)
                faults.append(Fault(step, name, "update by weight", what))
        return faults

    def _swings(self, step: int, way: _Way) -> list[Fault]:
        """The layer that goes to and fro the most, if it did so in the last window too."""
        shares = {name: way.forward(name) for name in way.rates}
        swinging = {n for n, share in shares.items() if share < self._settings.progress}
        both = swinging & self._swinging
        self._swinging = swinging
        if not both:
            return []
        name = min(both, key=lambda name: shares[name])
        others = f" ({len(both) - 1} layers more)" if len(both) > 1 else ""
        what = f"its weights got {shares[name]:.2f} of their way forward{others}: lower the rate"
        return [Fault(step, name, "oscillation", what)]

    def _report(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            last = self._told.get((fault.kind, fault.layer))
            if last is None or fault.step - last >= _AGAIN * self._settings.every:
                self._told[(fault.kind, fault.layer)] = fault.step
                self._listen(fault)
        if faults and self._settings.on_fault == "stop":
            todo = "docs/train.md says what each fault means, and how to go on."
            raise TrainingError(f"The run is not sound: {faults[0]}.", "", todo)


class _Way:
    """How far the weights of each layer get in some steps, and how long their way is."""

    def __init__(self, layers: dict[str, list[nn.Parameter]], rates: dict[Tensor, float]) -> None:
        self._layers = {name: ps for name, ps in layers.items() if _learns(ps, rates)}
        self.rates = {name: max(rates.get(p, 0) for p in ps) for name, ps in self._layers.items()}
        self.steps = 0
        self._start = {name: _copied(ps) for name, ps in self._layers.items()}
        self._last = self._start
        self._length = dict.fromkeys(self._layers, 0.0)

    def follow(self) -> None:
        """Take the next step's weights."""
        now = {name: _copied(ps) for name, ps in self._layers.items()}
        for name in now:
            self._length[name] += _distance(now[name], self._last[name])
        self._last = now
        self.steps += 1

    def change(self, name: str) -> float:
        """The mean length of a step by the norm of the weights before (behind, if they began at zero)."""
        before, behind = _norm(self._start[name]), _norm(self._last[name])
        norm = before if before > _NOTHING * behind else behind
        return self._length[name] / self.steps / norm if norm > 0 else 0.0

    def forward(self, name: str) -> float:
        """The distance from where the way began by its length; 1 for no way at all."""
        length = self._length[name]
        return _distance(self._last[name], self._start[name]) / length if length > 0 else 1.0


def _parameters_by_layer(net: nn.Module) -> dict[str, list[nn.Parameter]]:
    layers: dict[str, list[nn.Parameter]] = {}
    for name, parameter in net.named_parameters():
        layers.setdefault(name.rpartition(".")[0] or name, []).append(parameter)
    return layers


def _learns(parameters: Sequence[nn.Parameter], rates: dict[Tensor, float]) -> bool:
    """Whether the settings give any of these parameters a rate (a factor of 0 is no accident)."""
    return any(rates.get(parameter, 0.0) > 0 for parameter in parameters)


def _gradients_of(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _copied(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in parameters]


def _distance(these: Sequence[Tensor], those: Sequence[Tensor]) -> float:
    return _norm([a - b for a, b in zip(these, those, strict=True)])


def _norm(tensors: Sequence[Tensor]) -> float:
    return float(nn.utils.get_total_norm(tensors)) if tensors else 0.0


def _outside(value: float, least: float, greatest: float) -> str:
    return f"{value:.4g} is not within {least:.4g} to {greatest:.4g}"
