"""The search for settings: trials are drawn, stopped early, and resumed."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from restore.errors import TrainingError, UsageError
from restore.training.settings import SweepSettings, TrainSettings
from restore.training.sweep import Attempt, BestTrial, as_toml, sweep, varied
from restore.training.training_events import (
    Listener,
    StepDone,
    TrainingStarted,
    Validated,
)
from restore.training.training_log import LOG, training_log
from tests.training.made import CollectedEvents, run_settings

pytest.importorskip("optuna")

SPACE = {
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "arguments.depth": {"low": 1, "high": 3},
    "architecture": {"choices": ["FilmNet"]},
}


def space(trials: int, **changes: object) -> SweepSettings:
    """A sweep over a learning rate, a depth and a name."""
    return SweepSettings.model_validate({"trials": trials, "space": SPACE, **changes})


def pretend(loss: Callable[[TrainSettings], float], ran: list[TrainSettings]) -> Attempt:
    """Instead of training: four validations, of which the last has the loss of these settings."""

    def attempt(settings: TrainSettings, place: Path, listen: Listener) -> None:
        ran.append(settings)
        with training_log(place / LOG) as log:
            log(TrainingStarted(0, settings.steps))
            for step in range(1, settings.steps + 1):
                event = Validated(step, loss(settings) / step, 0, "PSNR dB", torch.zeros(3, 1, 1))
                log(StepDone(step, 1.0, 1.0, 0.1))
                log(event)
                listen(event)

    return attempt


def run(folder: Path, trials: int, ran: list[TrainSettings], **changes: object) -> BestTrial:
    """A sweep in which a lower learning rate is better."""
    attempt = pretend(lambda settings: settings.learning_rate, ran)
    return sweep(run_settings(4), space(trials, **changes), folder, attempt, CollectedEvents())


def test_the_better_of_two_trials_is_found(tmp_path: Path) -> None:
    """Each trial has values from the space; the best is returned with its loss."""
    ran: list[TrainSettings] = []
    best = run(tmp_path, 2, ran)

    rates = [settings.learning_rate for settings in ran]
    assert len(set(rates)) == best.trials == 2
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)
    assert {settings.arguments["depth"] for settings in ran} <= {1, 2, 3}
    assert best.values["learning_rate"] == min(rates)
    assert best.loss == pytest.approx(min(rates) / 4)


def test_a_search_resumes(tmp_path: Path) -> None:
    """Three trials at once, or two and later three: the same values, and none is repeated."""
    at_once: list[TrainSettings] = []
    bit_by_bit: list[TrainSettings] = []
    run(tmp_path / "a", 3, at_once)
    run(tmp_path / "b", 2, bit_by_bit)
    run(tmp_path / "b", 3, bit_by_bit)
    finished = len(bit_by_bit)
    run(tmp_path / "b", 3, bit_by_bit)

    assert [one.learning_rate for one in at_once] == [one.learning_rate for one in bit_by_bit]
    assert len(bit_by_bit) == finished == 3


def test_a_killed_trial_is_repeated_in_its_own_folder(tmp_path: Path) -> None:
    """Its values are the first, in the folder that has its checkpoint."""
    places: list[Path] = []

    def killed(settings: TrainSettings, place: Path, listen: Listener) -> None:
        places.append(place)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(run_settings(4), space(2), tmp_path, killed, CollectedEvents())
    ran: list[TrainSettings] = []
    attempt = pretend(lambda settings: settings.learning_rate, ran)

    def noted(settings: TrainSettings, place: Path, listen: Listener) -> None:
        places.append(place)
        attempt(settings, place, listen)

    best = sweep(run_settings(4), space(2), tmp_path, noted, CollectedEvents())

    assert best.trials == 2
    assert places[0] == places[1] != places[2]


def test_trials_worse_than_the_median_are_stopped_early(tmp_path: Path) -> None:
    """Each trial is worse than all before it: after two complete ones, the others end early."""
    ran: list[TrainSettings] = []
    attempt = pretend(lambda settings: float(len(ran)), ran)
    collected = CollectedEvents()
    best = sweep(run_settings(4), space(5, startup_trials=2), tmp_path, attempt, collected)

    assert collected.notes.count("Stopped early: worse than the median.") == 3
    assert best.loss == pytest.approx(1 / 4)


def test_a_sweep_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong keys, no validation, no optuna: each is a usage error before the first trial."""
    ran: list[TrainSettings] = []
    wrong = SweepSettings.model_validate({"space": {"ageing.grian": {"low": 0.0, "high": 1.0}}})
    attempt = pretend(lambda settings: 1.0, ran)
    with pytest.raises(UsageError, match="grian"):
        sweep(run_settings(4), wrong, tmp_path, attempt, CollectedEvents())
    with pytest.raises(UsageError, match="validation"):
        sweep(
            run_settings(4, validation={"every": 0}), space(1), tmp_path, attempt, CollectedEvents()
        )
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match="optuna"):
        sweep(run_settings(4), space(1), tmp_path, attempt, CollectedEvents())
    assert ran == []


def test_trials_of_other_settings_are_another_search(tmp_path: Path) -> None:
    """With another space, length or settings, no loss is compared with earlier ones."""
    ran: list[TrainSettings] = []
    attempt = pretend(lambda settings: settings.learning_rate, ran)
    one, other = ({"batch_size": {"choices": choices}} for choices in ([1, 2], [1, 2, 3]))
    for settings, changes in (
        (run_settings(4), {}),
        (run_settings(4), {"steps": 3}),
        (run_settings(4, patch_size=16), {}),
        (run_settings(4), {"space": one}),
        (run_settings(4), {"space": other}),
        (run_settings(4), {"space": {"batch_size": {"low": 1, "high": 3}}}),
    ):
        before = len(ran)
        assert (
            sweep(settings, space(1, **changes), tmp_path, attempt, CollectedEvents()).trials == 1
        )
        assert len(ran) == before + 1
    sweep(
        run_settings(4, monitor={"on_fault": "stop"}),
        space(1),
        tmp_path,
        attempt,
        CollectedEvents(),
    )
    assert len(ran) == 6


def test_a_trial_that_the_monitor_stops_is_abandoned(tmp_path: Path) -> None:
    """The search continues with the next one."""
    ran: list[TrainSettings] = []
    sound = pretend(lambda settings: settings.learning_rate, ran)

    def attempt(settings: TrainSettings, place: Path, listen: Listener) -> None:
        if not ran:
            ran.append(settings)
            raise TrainingError("Training stopped because of a fault: step 3.")
        sound(settings, place, listen)

    collected = CollectedEvents()
    best = sweep(run_settings(4), space(2), tmp_path, attempt, collected)
    assert best.trials == 2
    assert best.values["learning_rate"] == ran[1].learning_rate
    assert "Abandoned: Training stopped because of a fault: step 3." in collected.notes


def test_a_trial_that_cannot_be_trained_is_abandoned(tmp_path: Path) -> None:
    """For instance a patch that does not fit: it is reported, counted, and not repeated next time."""
    ran: list[TrainSettings] = []
    sound = pretend(lambda settings: settings.learning_rate, ran)

    def attempt(settings: TrainSettings, place: Path, listen: Listener) -> None:
        if settings.patch_size == 500:
            raise UsageError("A patch of 500 does not fit.", "patch_size", "Choose a smaller one.")
        sound(settings, place, listen)

    collected = CollectedEvents()
    patches = {"patch_size": {"choices": [500, 8]}, **SPACE}
    best = sweep(run_settings(4), space(6, space=patches), tmp_path, attempt, collected)
    assert 0 < collected.notes.count("Abandoned: A patch of 500 does not fit.") == 6 - len(ran) < 6
    assert (best.trials, best.values["patch_size"]) == (6, 8)

    none = {"patch_size": {"choices": [500]}}
    with pytest.raises(UsageError, match="No trial was completed"):
        sweep(run_settings(4), space(2, space=none), tmp_path, attempt, collected)


@pytest.mark.parametrize("key", ["bins.spacing", "validation.count", "task"])
def test_settings_that_define_the_loss_are_not_searched(key: str, tmp_path: Path) -> None:
    """The losses of such trials cannot be compared."""
    ran: list[TrainSettings] = []
    with pytest.raises(UsageError, match=f"different {key} cannot be compared"):
        sweep(
            run_settings(4),
            space(1, space={key: {"choices": ["a"]}}),
            tmp_path,
            pretend(lambda settings: 1.0, ran),
            CollectedEvents(),
        )
    assert ran == []


def test_a_work_folder_may_have_any_name(tmp_path: Path) -> None:
    """The database is in it, also where a URL with ? and # would point elsewhere."""
    ran: list[TrainSettings] = []
    folder = tmp_path / "w?x=1#y%20"
    run(folder, 1, ran)
    run(folder, 2, ran)
    assert len(ran) == 2
    assert (folder / "sweep.db").stat().st_size > 0
    assert list(tmp_path.iterdir()) == [folder]


def test_a_trial_without_validation_is_refused(tmp_path: Path) -> None:
    """With one film nothing is held out: there is nothing to compare."""
    with pytest.raises(UsageError, match="no data are held out"):
        sweep(
            run_settings(4), space(1), tmp_path, lambda run, place, listen: None, CollectedEvents()
        )


def test_a_key_inside_a_value_is_refused() -> None:
    """`steps` is a number: there is no `steps.x`."""
    with pytest.raises(UsageError, match=r"no setting steps\.x"):
        varied(run_settings(4), {"steps.x": 1})


def test_values_replace_what_the_file_says() -> None:
    """Dots in keys separate tables; other settings stay as they are."""
    settings = varied(
        run_settings(4, batch_size=7), {"arguments.depth": 2, "ageing.grain_chance": 0.3}
    )

    assert settings.arguments == {"scale": 2, "frames": 1, "channels": 8, "depth": 2}
    assert (settings.batch_size, settings.ageing.grain_chance) == (7, 0.3)
    assert as_toml({"learning_rate": 0.00123, "architecture": "FilmNet"}) == (
        'learning_rate = 0.00123, architecture = "FilmNet"'
    )
    exact = as_toml({"seed": 51571932, "learning_rate": 1.2345678901e-05})
    assert tomllib.loads(exact.replace(", ", "\n")) == {
        "seed": 51571932,
        "learning_rate": 1.2345678901e-05,
    }
