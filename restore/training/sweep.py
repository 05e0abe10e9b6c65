"""A search for better settings: trials drawn by Optuna, stopped early below the median, kept in SQLite."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore.errors import TrainingError, UsageError
from restore.store import digest_bytes, make_folder
from restore.training.settings import (
    SearchChoices,
    SearchRange,
    SweepSettings,
    TrainSettings,
    checked,
)
from restore.training.training_events import Listener, TrainingEvent, TrainingNote, Validated
from restore.training.training_log import LOG, read_log

Values = dict[str, int | float | str]

Attempt = Callable[[TrainSettings, Path, Listener], None]
"""Train with these settings in that folder; the listener gets the validations, and may raise."""


@dataclass(frozen=True)
class BestTrial:
    """The best trial so far: its values and last validation loss; the number of trials done."""

    values: Values
    loss: float
    trials: int


class _Pruned(Exception):
    """The trial is worse than the median."""


class _Abandoned(Exception):
    """The trial cannot be trained, or the monitor stopped it; the message has the reason."""


_DEFINES_LOSS = frozenset({"task", "bins", "validation"})
"""Settings that change what the validation loss means."""

_NO_INFLUENCE = frozenset(
    {"data", "init_share", "checkpoint_every", "monitor", "sweep", "card"},
)
"""Settings that do not change a trial's losses."""

_SPACE = "the sweep's space"


def sweep(
    settings: TrainSettings, space: SweepSettings, folder: Path, attempt: Attempt, listen: Listener
) -> BestTrial:
    """Run the trials that are still missing in `folder/sweep.db`, and return the best one.

    A trial that was killed is repeated first: it resumes from its own checkpoint. Trials of other
    settings or of another space do not count: they belong to another search. Raises UsageError if
    optuna is missing, nothing validates, or a key of the space does not exist.
    """
    optuna = _optuna()
    if not settings.validation.every:
        what = "A sweep compares trials by their validation loss."
        raise UsageError(what, "validation.every", "Set it above 0.", code="no-validation")
    settings = settings.model_copy(update={"steps": space.steps or settings.steps})
    _check_keys(space)
    varied(settings, _example(space))  # wrong keys are found before the first trial
    key = _key(settings, space)
    study = optuna.create_study(
        study_name=f"sweep-{key}",
        storage=_storage(optuna, make_folder(folder) / "sweep.db"),
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=space.startup_trials),
    )
    states = optuna.trial.TrialState
    for killed in study.get_trials(states=(states.RUNNING,)):
        study.tell(killed.number, state=states.FAIL)
        study.enqueue_trial(killed.params)
    while (done := len(study.get_trials(states=(states.COMPLETE, states.PRUNED)))) < space.trials:
        # a separate seed for every trial, so that a sweep that resumes draws no value twice
        study.sampler = optuna.samplers.TPESampler(seed=settings.seed + len(study.trials))
        trial = study.ask()
        values = {name: _suggested(trial, name, one) for name, one in space.space.items()}
        listen(TrainingNote(f"Trial {done + 1} of {space.trials}: {as_toml(values)}"))
        place = make_folder(
            folder / "trials" / digest_bytes(repr((key, sorted(values.items()))).encode())[:12]
        )
        try:
            loss = _trained(trial, varied(settings, values), place, attempt)
        except _Pruned:
            study.tell(trial, state=states.PRUNED)
            listen(TrainingNote("Stopped early: worse than the median."))
        except _Abandoned as reason:
            study.tell(trial, state=states.PRUNED)
            listen(TrainingNote(f"Abandoned: {reason}"))
        else:
            study.tell(trial, loss)
            listen(TrainingNote(f"Validation loss {loss:.5g}."))
    if not study.get_trials(states=(states.COMPLETE,)):
        what = "No trial was completed."
        todo = "Narrow the space to values that can be trained, or allow more trials."
        raise UsageError(what, str(folder), todo, code="sweep-incomplete")
    return BestTrial(dict(study.best_params), study.best_value, done)


def _key(settings: TrainSettings, space: SweepSettings) -> str:
    """Identifies searches whose losses can be compared."""
    run = settings.model_dump_json(exclude=set(_NO_INFLUENCE))
    among = space.model_dump_json(include={"space"})
    return digest_bytes(f"{run}{among}".encode())[:12]


def varied(settings: TrainSettings, values: Mapping[str, Any]) -> TrainSettings:
    """The settings with other values; dots in keys separate tables. UsageError for wrong ones."""
    table = settings.model_dump(exclude_unset=True)
    for key, value in values.items():
        *tables, last = key.split(".")
        inner: Any = table
        for name in tables:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                what, todo = f"There is no setting {key}.", f"{name} is a value, not a table."
                raise UsageError(what, _SPACE, todo, code="settings-invalid")
        inner[last] = value
    return checked(TrainSettings, table, _SPACE)


def as_toml(values: Mapping[str, Any]) -> str:
    """Values as assignments of TOML, in one line."""
    return ", ".join(f"{key} = {_toml_value(value)}" for key, value in values.items())


def _toml_value(value: object) -> str:
    """As TOML writes it: integers as integers, other numbers with all their digits."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _trained(trial: Any, settings: TrainSettings, place: Path, attempt: Attempt) -> float:
    """The last validation loss of one trial; raises _Pruned if it is worse than the median."""
    reported: set[int] = set()

    def report(step: int, loss: float | None) -> None:
        if step not in reported:
            reported.add(step)
            trial.report(math.inf if loss is None else loss, step)

    def listen(event: TrainingEvent) -> None:
        if isinstance(event, Validated):
            report(event.step, event.loss if math.isfinite(event.loss) else None)
            if event.step < settings.steps and trial.should_prune():
                raise _Pruned

    for line in _validations(place):
        report(line["step"], line["validation_loss"])
    try:
        attempt(settings, place, listen)
    except (TrainingError, UsageError) as error:
        raise _Abandoned(error.what) from error
    found = _validations(place)
    if not found:
        what = "A sweep compares trials by their validation loss, and no data are held out."
        todo = "Put more films or photographs into the data folder."
        raise UsageError(what, "", todo, code="no-validation")
    last = found[-1]["validation_loss"]
    return math.inf if last is None else last


def _check_keys(space: SweepSettings) -> None:
    """UsageError for keys whose values give losses that cannot be compared."""
    for key in space.space:
        if key.partition(".")[0] in _DEFINES_LOSS:
            what = f"Trials with different {key} cannot be compared."
            todo = "Remove it: it decides what is measured."
            raise UsageError(what, _SPACE, todo, code="settings-invalid")


def _storage(optuna: Any, path: Path) -> Any:
    """Optuna's storage in an SQLite file of any name: in a URL, ? and % would have a meaning."""
    place = str(path.resolve())
    opened = {"creator": lambda: sqlite3.connect(place, check_same_thread=False)}
    return optuna.storages.RDBStorage("sqlite://", engine_kwargs=opened)


def _validations(place: Path) -> list[dict[str, Any]]:
    return [line for line in read_log(place / LOG) if "validation_loss" in line]


def _suggested(trial: Any, key: str, one: SearchRange | SearchChoices) -> int | float | str:
    if isinstance(one, SearchChoices):
        return trial.suggest_categorical(key, one.choices)
    is_integer = isinstance(one.low, int) and isinstance(one.high, int)
    suggest = trial.suggest_int if is_integer else trial.suggest_float
    return suggest(key, one.low, one.high, log=one.log)


def _example(space: SweepSettings) -> Values:
    """Some values from the space."""
    return {
        key: one.choices[0] if isinstance(one, SearchChoices) else one.low
        for key, one in space.space.items()
    }


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        todo = "Install it: pip install 'restore-film[train]'"
        what = "A sweep needs optuna."
        raise UsageError(what, "--sweep", todo, code="optuna-missing") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
