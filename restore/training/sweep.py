"""A search for better settings: trials drawn by Optuna, cut short behind the median, kept in SQLite."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore.errors import TrainingError, UsageError
from restore.store import digest_bytes, make_folder
from restore.training.losslog import LOG, read_log
from restore.training.run_events import Event, Listen, Told, Validated
from restore.training.settings import Choices, Reach, SweepSettings, TrainSettings, checked

Values = dict[str, int | float | str]

Try = Callable[[TrainSettings, Path, Listen], None]
"""Train with these settings in that folder; the listener hears the validations, and may raise."""


@dataclass(frozen=True)
class BestTrial:
    """The best trial so far: its settings and its last validation loss; how many were done."""

    values: Values
    loss: float
    trials: int


class _CutShort(Exception):
    """The trial lies behind the median."""


class _GivenUp(Exception):
    """The trial cannot be trained, or was stopped by the monitor; the words say why."""


_NO_COMPARISON = frozenset({"task", "bins", "validation"})
"""Settings that change what the validation loss means."""

_NO_MATTER = frozenset({"data", "keep", "checkpoint_every", "monitor", "sweep", "card"})
"""Settings that do not change a trial's losses."""


def sweep(
    settings: TrainSettings, space: SweepSettings, folder: Path, attempt: Try, listen: Listen
) -> BestTrial:
    """Run the trials that `folder/sweep.db` still lacks, and return the best one.

    A trial that was killed is tried again first: it goes on from its own checkpoint. Trials of other
    settings or of another space do not count: they were another search. Raises UsageError where optuna
    is missing, nothing validates, or a key of the space is none.
    """
    optuna = _optuna()
    if not settings.validation.every:
        raise UsageError("A sweep compares by validation.", "validation.every", "Set it above 0.")
    settings = settings.model_copy(update={"steps": space.steps or settings.steps})
    _check_keys(space)
    varied(settings, _middle(space))  # wrong keys are found before the first trial, not in it
    key = _key(settings, space)
    study = optuna.create_study(
        study_name=f"sweep-{key}",
        storage=_storage(optuna, make_folder(folder) / "sweep.db"),
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=space.settled),
    )
    states = optuna.trial.TrialState
    for killed in study.get_trials(states=(states.RUNNING,)):
        study.tell(killed.number, state=states.FAIL)
        study.enqueue_trial(killed.params)
    while (done := len(study.get_trials(states=(states.COMPLETE, states.PRUNED)))) < space.trials:
        # a seed of its own for every trial, so that a sweep that goes on draws no value twice
        study.sampler = optuna.samplers.TPESampler(seed=settings.seed + len(study.trials))
        trial = study.ask()
        values = {key: _drawn(trial, key, one) for key, one in space.space.items()}
        listen(Told(f"Trial {done + 1} of {space.trials}: {worded(values)}"))
        place = make_folder(
            folder / "trials" / digest_bytes(repr((key, sorted(values.items()))).encode())[:12]
        )
        try:
            loss = _tried(trial, varied(settings, values), place, attempt)
        except _CutShort:
            study.tell(trial, state=states.PRUNED)
            listen(Told("Cut short: behind the median."))
        except _GivenUp as reason:
            study.tell(trial, state=states.PRUNED)
            listen(Told(f"Given up: {reason}"))
        else:
            study.tell(trial, loss)
            listen(Told(f"Validation loss {loss:.5g}."))
    if not study.get_trials(states=(states.COMPLETE,)):
        todo = "Narrow the space to what can be trained, or allow more trials."
        raise UsageError("No trial reached its end.", str(folder), todo)
    return BestTrial(dict(study.best_params), study.best_value, done)


def _key(settings: TrainSettings, space: SweepSettings) -> str:
    """Tells searches apart whose losses cannot be compared."""
    run = settings.model_dump_json(exclude=set(_NO_MATTER))
    among = space.model_dump_json(include={"space"})
    return digest_bytes(f"{run}{among}".encode())[:12]


def varied(settings: TrainSettings, values: Mapping[str, Any]) -> TrainSettings:
    """The settings with other values; keys name tables by points. UsageError for wrong ones."""
    table = settings.model_dump(exclude_unset=True)
    for key, value in values.items():
        *tables, last = key.split(".")
        inner: Any = table
        for name in tables:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                todo = f"{name} is a value, no table: nothing lies in it."
                raise UsageError(f"There is no setting {key}.", "the sweep's space", todo)
        inner[last] = value
    return checked(TrainSettings, table, "the sweep's space")


def worded(values: Mapping[str, Any]) -> str:
    """Values as lines of train.toml say them, in one line."""
    return ", ".join(f"{key} = {_value(value)}" for key, value in values.items())


def _value(value: object) -> str:
    """As TOML has it: whole numbers whole, others as exactly as they are."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _tried(trial: Any, settings: TrainSettings, place: Path, attempt: Try) -> float:
    """The last validation loss of one trial; raises _CutShort if it lies behind the others."""
    reported: set[int] = set()

    def report(step: int, loss: float | None) -> None:
        if step not in reported:
            reported.add(step)
            trial.report(math.inf if loss is None else loss, step)

    def listen(event: Event) -> None:
        if isinstance(event, Validated):
            report(event.step, event.loss if math.isfinite(event.loss) else None)
            if event.step < settings.steps and trial.should_prune():
                raise _CutShort

    for line in _validations(place):
        report(line["step"], line["validation"])
    try:
        attempt(settings, place, listen)
    except (TrainingError, UsageError) as error:
        raise _GivenUp(error.what) from error
    found = _validations(place)
    if not found:
        todo = "Put more films or photographs into the data folder."
        raise UsageError("A sweep compares by validation, and nothing is kept aside.", "", todo)
    last = found[-1]["validation"]
    return math.inf if last is None else last


def _check_keys(space: SweepSettings) -> None:
    """UsageError for keys whose values give losses that say nothing of each other."""
    for key in space.space:
        if key.partition(".")[0] in _NO_COMPARISON:
            what = f"Trials with another {key} cannot be compared."
            raise UsageError(what, "the sweep's space", "Take it out: it decides what is measured.")


def _storage(optuna: Any, path: Path) -> Any:
    """Optuna's storage in an SQLite file of any name: in an address, ? and % would mean something."""
    place = str(path.resolve())
    opened = {"creator": lambda: sqlite3.connect(place, check_same_thread=False)}
    return optuna.storages.RDBStorage("sqlite://", engine_kwargs=opened)


def _validations(place: Path) -> list[dict[str, Any]]:
    return [line for line in read_log(place / LOG) if "validation" in line]


def _drawn(trial: Any, key: str, one: Reach | Choices) -> int | float | str:
    if isinstance(one, Choices):
        return trial.suggest_categorical(key, one.choices)
    whole = isinstance(one.low, int) and isinstance(one.high, int)
    suggest = trial.suggest_int if whole else trial.suggest_float
    return suggest(key, one.low, one.high, log=one.log)


def _middle(space: SweepSettings) -> Values:
    """Some values out of the space."""
    return {
        k: one.choices[0] if isinstance(one, Choices) else one.low for k, one in space.space.items()
    }


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        todo = "Install it: pip install 'restore-film[train]'"
        raise UsageError("A sweep needs optuna.", "--sweep", todo) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
